/** `ratchet show`. */

import type { NodeReport, RunProgress, RunRecord } from '#contracts/run.ts';
import pc from '../../kit/color.ts';
import { createOutput, duration, fittedTable } from '../../kit/output.ts';
import { readRun } from '../../kit/runs/reader.ts';
import { afterFailure, coloured, resultText, standsStill } from '../../kit/runs/view.ts';
import { withSession } from '../../kit/session.ts';

const nodeRows = (nodes: NodeReport[]): string[][] =>
  nodes.map((node) => [
    node.id,
    node.status,
    duration(node.ms),
    node.progress && node.status === 'running' ? node.progress : node.reason,
  ]);

/**
 * Where the figures of a run come from. @param before the record of the run that it takes up, where there is one
 * @internal
 */
export function originOf(record: RunRecord, before: RunRecord | null): string[] {
  const { plan, startedWith } = record;
  return [
    '',
    `trigger   ${record.run.trigger.kind}: ${record.run.trigger.reason} (${record.run.trigger.who})`,
    `as of     ${record.run.asOf}`,
    `ran       ${record.startedAt} to ${record.endedAt}`,
    ...(plan
      ? [`champion  ${plan.champion ? `v${plan.champion.version}` : 'none'} when the plan was made`]
      : ['plan      none: it ended before it was made']),
    `params    ${JSON.stringify(plan?.params ?? startedWith?.params ?? {})}`,
    ...(plan ? [`code      ${plan.bundle.slice(0, 12)}`] : []),
    ...(record.resumedFrom ? [`takes up  ${record.resumedFrom}${until(before)}`] : []),
    '',
  ];
}

/** Of the run that is taken up: what is kept of it was computed by then. */
const until = (before: RunRecord | null) =>
  before ? `, which ended ${before.endedAt}: what is kept was computed by then` : '';

export async function showRun(id: string, json: boolean): Promise<void> {
  const out = createOutput(json);
  await withSession(async (session) => {
    const run = await readRun(session, id);
    if (run.kind === 'live') {
      const answered = await run.progress();
      const failing = run.failing ?? answered.failing;
      const progress = { ...answered, ...(failing ? { failing } : {}) };
      out.object(progress);
      out.print(`${coloured(progress.status)}  ${progress.runId}, as of ${new Date().toISOString()}\n`);
      if (failing) out.print(`${pc.red(standsStill(progress.runId, failing))}\n`);
      if (progress.nodes.length > 0)
        out.print(fittedTable(['node', 'status', 'time', 'why'], nodeRows(progress.nodes), [2]));
      for (const approval of progress.approvals)
        out.print(
          `\n${approval.title}: waits for ${approval.quorum} of ${approval.by.join(', ')}${escalated(approval)}\n  ratchet approve ${progress.runId} ${approval.node} --evidence ${approval.evidence}`,
        );
      return;
    }
    if (run.kind === 'unrecorded') {
      out.object(run.result);
      out.print(`${resultText(run.result)}\n`);
      if (run.result.nodes.length > 0)
        out.print(fittedTable(['node', 'status', 'time', 'why'], nodeRows(run.result.nodes), [2]));
      out.print('It left no record: what else is known of it is in the Temporal UI.');
      return;
    }
    const { record } = run;
    const before = record.resumedFrom ? await session.record(record.resumedFrom) : null;
    out.object(record);
    out.print(resultText(record.result));
    out.print(originOf(record, before).join('\n'));
    if (record.plan) out.print(fittedTable(['node', 'status', 'time', 'why'], nodeRows(record.result.nodes), [2]));
    const { failure, result } = record;
    if (failure && !result.reasons.includes(failure.message)) out.print(`\n${pc.red(failure.message)}`);
    if (failure) out.print(`\n${afterFailure(record.run.id)}`);
    const link = record.result.report && (await session.store.link(session.store.key(record.result.report), 3600));
    if (link) out.print(`\nreport (link lives an hour)  ${link}`);
  });
}

const escalated = ({ escalated }: RunProgress['approvals'][number]): string =>
  escalated ? ` (escalated to ${escalated.to.join(', ')} at ${escalated.at})` : '';
