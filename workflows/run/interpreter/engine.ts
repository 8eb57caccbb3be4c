/** What the interpreter's parts share while one plan is executed. Parts call each other through it, so that their files form no cycle. */
import type { Json } from '#contracts/json.ts';
import type { Block, PlanNode, StepCode } from '#contracts/plan.ts';
import type { NodeRecord, RunContext, StepCall, StepOutcome } from '#contracts/run.ts';
import type { ApprovalDesk } from './approvals.ts';
import type { StageAttributes } from './attributes.ts';
import type { CommandRoom } from './command-room.ts';
import type { Kept } from './kept.ts';
import type { Reports } from './reports.ts';
import type { Scope } from './scope.ts';
import type { Value } from './templates.ts';

export interface Engine {
  readonly run: RunContext;
  readonly bundle: string;
  readonly steps: Readonly<Record<string, StepCode>>;
  readonly reports: Reports;
  readonly kept: Kept;
  /** What the cache had when the plan was made; see PlannedRun. */
  readonly served: Kept;
  /** null inside a chunk: approvals cannot be asked for there. */
  readonly approvals: ApprovalDesk | null;
  readonly attributes: StageAttributes;
  /** Ended nodes in the order in which they ended: what the record keeps. */
  readonly outcomes: NodeRecord[];
  readonly room: CommandRoom;
  /** Inside a map whose steps may go together: has a call done, alone or with others of the same `kind`, as its activity would. */
  readonly batches?: { ask(kind: string, call: StepCall): Promise<StepOutcome> };
  /** Machine for detached jobs; changes when it is gone. */
  host: string;
  /** See Placement. */
  readonly stages?: string | undefined;
  stagesApart?: boolean;
  /** URIs that this run found damaged: no step may take its result from the cache that refers to one of them. */
  readonly damaged: readonly string[];
  /**
   * true: this failure does not end the run, which executes its plan once more (the champion moved, or an artifact is to
   * be made again); so nothing is cleaned up yet and nothing catches it.
   */
  readonly willGoAgain: (error: unknown) => boolean;
  readonly runBlock: (engine: Engine, block: Block, scope: Scope) => Promise<Value>;
  readonly runNode: (engine: Engine, node: PlanNode, scope: Scope) => Promise<Value>;
}

/** A node as its executor sees it. */
export interface Instance {
  readonly engine: Engine;
  readonly node: PlanNode;
  readonly scope: Scope;
  /** Instance id, also the activity id. */
  readonly id: string;
}

/** Adds an outcome to the run's record. */
export function record(instance: Instance, outcome: Omit<NodeRecord, 'id'>): void {
  instance.engine.outcomes.push({ id: instance.id, ...outcome });
}

/**
 * Takes the outcome of an earlier run (or of this one before its champion moved) instead of doing the work;
 * undefined when there is none.
 */
export function keep(instance: Instance, step: string, input: Json): { output: Json } | undefined {
  const { engine, node, scope, id } = instance;
  const before = engine.kept.find(id, step, input);
  if (!before) return undefined;
  engine.outcomes.push(before);
  engine.reports.set(node, scope.prefix, {
    status: 'kept',
    reason: 'its input is unchanged since the run that this one takes up',
    ms: before.ms,
  });
  engine.attributes.learn(step, before.output);
  return { output: before.output };
}

/** Takes the result that the cache had when the plan was made; undefined when there is none: the step looks itself. */
export function serve(instance: Instance, step: string, input: Json): { output: Json } | undefined {
  const { engine, node, scope, id } = instance;
  const found = engine.served.find(id, step, input);
  if (!found) return undefined;
  const { output, cached, reason, ms } = found;
  engine.outcomes.push(found);
  engine.attributes.pass(step, output);
  engine.reports.set(node, scope.prefix, { cached, reason, ms });
  return { output };
}
