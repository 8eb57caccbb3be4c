/** The record of a run that ended and could not write one itself, as one that is ended by force. */
import type { PlannedRun, StartedWith } from '#contracts/activities.ts';
import type { PlanNode } from '#contracts/plan.ts';
import type { NodeRecord, NodeReport, RunRecord, RunResult } from '#contracts/run.ts';
import { storyOf } from '#contracts/run-story.ts';
import { unplannedRecord } from './unplanned-run.ts';

interface End {
  start: StartedWith;
  planned: PlannedRun | null;
  outcomes: NodeRecord[];
  begun: readonly string[];
  approvals: RunRecord['approvals'];
  endedAt: string;
  how: 'by force' | 'failed' | 'cancelled';
  reason: string;
  failure: RunRecord['failure'];
}

/**
 * As the run would have written it: a retry keeps what was done.
 * @param environment of the worker that serves it
 */
export function recordFromHistory(end: End, environment: string): RunRecord {
  const { start, planned, outcomes, begun, approvals, endedAt } = end;
  const failure = failureOf(end);
  const story = storyOf(outcomes);
  const done = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  const result: RunResult = {
    ...{ runId: start.workflowId, pipeline: start.pipeline },
    ...{ ...story, status: end.how === 'cancelled' ? 'cancelled' : 'failed' },
    reasons: [failure?.message ?? 'cancelled', ...story.reasons],
    nodes: listed(planned?.plan.nodes ?? []).map((node) =>
      reportOf(
        node,
        done.get(node.id),
        begun.some((id) => within(id, node.id)),
      ),
    ),
    output: null,
  };
  if (planned === null) return unplannedRecord(start, environment, { endedAt, result, failure });
  const { plan, run, kept } = planned;
  return {
    ...{ format: 1, run, plan, startedAt: start.startedAt, endedAt, result, failure },
    // Of what it was to keep of an earlier run nothing says whether it came to it; a retry compares the inputs anyway.
    outcomes: [...kept.filter(({ id }) => !done.has(id)), ...outcomes],
    approvals,
    resumedFrom: start.envelope.resume?.runId ?? null,
  };
}

function failureOf({ how, reason, failure }: End): RunRecord['failure'] {
  if (how === 'cancelled') return null;
  if (how === 'failed' && failure) return failure;
  return {
    type: 'RunFailed',
    message: how === 'failed' ? reason : `the run was ended by force: ${reason}`,
    node: null,
  };
}

const repeating = new Set<PlanNode['kind']>(['map', 'mapSettled', 'repeat']);

/** As a run lists them: not what a map or a repeat does again and again. */
function listed(nodes: readonly PlanNode[]): PlanNode[] {
  return nodes.flatMap((node) => [
    node,
    ...(repeating.has(node.kind) ? [] : (node.blocks ?? []).flatMap((block) => listed(block.nodes))),
  ]);
}

/** Also `fit[3]/train` within `fit`. */
const within = (id: string, node: string) => id === node || id.startsWith(`${node}[`) || id.startsWith(`${node}/`);

function reportOf(node: PlanNode, outcome: NodeRecord | undefined, begun: boolean): NodeReport {
  return {
    ...{ id: node.id, kind: node.kind, step: node.step ?? null },
    status: outcome ? 'done' : begun ? 'cancelled' : 'skipped',
    ...{ cached: outcome?.cached ?? false, reason: outcome?.reason ?? '', ms: outcome?.ms ?? null, progress: null },
  };
}
