/** The record of a run that was ended by force: it could not write one itself. */
import type { PlannedRun } from '#contracts/activities.ts';
import type { PlanNode } from '#contracts/plan.ts';
import type { NodeRecord, NodeReport, RunRecord } from '#contracts/run.ts';
import { storyOf } from '#contracts/run-story.ts';

interface ForcedEnd {
  planned: PlannedRun;
  outcomes: NodeRecord[];
  begun: readonly string[];
  startedAt: string;
  endedAt: string;
  resumedFrom: string | null;
  reason: string;
}

/** As the run would have written it, had it failed at that moment: a retry keeps what was done. */
export function recordOfForcedEnd(end: ForcedEnd): RunRecord {
  const { planned, outcomes, begun, reason, startedAt, endedAt, resumedFrom } = end;
  const { plan, run, kept } = planned;
  const done = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  const message = `the run was ended by force: ${reason}`;
  const story = storyOf(outcomes);
  return {
    format: 1,
    run,
    plan,
    startedAt,
    endedAt,
    result: {
      ...{ runId: run.id, pipeline: plan.pipeline },
      ...{ ...story, status: 'failed', reasons: [message, ...story.reasons] },
      nodes: listed(plan.nodes).map((node) =>
        reportOf(
          node,
          done.get(node.id),
          begun.some((id) => within(id, node.id)),
        ),
      ),
      output: null,
    },
    failure: { type: 'RunFailed', message, node: null },
    // Of what it was to keep of an earlier run nothing says whether it came to it; a retry compares the inputs anyway.
    outcomes: [...kept.filter(({ id }) => !done.has(id)), ...outcomes],
    approvals: [],
    resumedFrom,
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
