/** `ratchet loop status|decisions`. */

import { failingTask } from '#adapters/temporal/failing-tasks.ts';
import { loopStatus } from '#adapters/temporal/loops.ts';
import type { Decision } from '#contracts/decision.ts';
import { failingInWords } from '#contracts/failing-task.ts';
import { UserError } from '#contracts/failures.ts';
import type { LoopStatus } from '#contracts/loop/answers.ts';
import { workflowId } from '#contracts/names.ts';
import { readDecisions } from '#records/decisions.ts';
import pc from '../../kit/color.ts';
import { createOutput, fittedTable } from '../../kit/output.ts';
import { withSession } from '../../kit/session.ts';
import { deployed } from './requests.ts';

export async function printLoop(pipeline: string, options: { json?: boolean }): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withSession(async (session) => {
    await deployed(session, pipeline);
    const { client } = await session.temporal();
    const failing = await failingTask(client.workflow.getHandle(workflowId.loop(pipeline))).catch(() => null);
    if (failing)
      throw new UserError(
        'OutsideRefused',
        `The loop of "${pipeline}" stands still: ${failingInWords(failing)}. What it is told is kept. It goes on once a worker of this version, or of the one before, can do the task.`,
      );
    const status = await loopStatus(client, { pipeline });
    if (!status)
      throw new UserError('InvalidInput', `The loop of "${pipeline}" does not run: \`ratchet deploy\` starts it.`);
    out.object(status);
    out.print(loopInWords(status).join('\n'));
  });
}

/** What the loop answered, with the times that its figures are of. @internal */
export function loopInWords(status: LoopStatus): string[] {
  const { state, note, run, next, watermark, budget, lacking, provisional, decisions } = status;
  return [
    `${pc.bold(status.pipeline)} is ${pc.bold(state)}${note ? pc.dim(`: ${note}`) : ''}`,
    ...(status.clock ? [`  as of        ${status.clock}, event time of what it was told last`] : []),
    ...(run ? [`  running      ${run.runId}, since ${run.startedAt}`] : []),
    ...(next ? [`  comes next   ${next.runId}: ${next.reasons.map(({ words }) => words).join('; ')}`] : []),
    ...(next?.held ?? []).map(({ words }) => `  held back    ${words}`),
    ...(watermark ? [`  trained on   data up to ${watermark.at}, ${watermark.runId}`] : []),
    `  new since    ${status.newRows.toLocaleString('en')} rows, ${status.newPartitions.toLocaleString('en')} partitions`,
    ...(status.growing ? [`  growing      ${status.growing.files.join(', ')}: as of ${status.growing.at}`] : []),
    ...(budget ? [`  budget       ${budget.used} of ${budget.of} runs in ${budget.month || 'this month'}`] : []),
    ...(status.failures + status.refusals > 0
      ? [`  in a row     ${status.failures} failed, ${status.refusals} brought nothing better`]
      : []),
    ...provisional.map((each) => `  provisional  version ${each.version} until ${each.maturesAt}`),
    ...lacking.map((words) => `  would fire   ${words}`),
    ...(decisions.length > 0 ? ['', listed(decisions.slice(-8).reverse())] : []),
  ];
}

export async function printDecisions(pipeline: string, options: { limit: number; json?: boolean }): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withSession(async (session) => {
    const decisions = await readDecisions(session.store, pipeline, { limit: options.limit });
    // Those of a pipeline that is gone are still told; none of a mistyped name is no answer.
    if (decisions.length === 0) await deployed(session, pipeline);
    out.object(decisions);
    out.print(decisions.length > 0 ? listed(decisions) : `No decision about ${pipeline} yet.`);
  });
}

const colour: Partial<Record<Decision['outcome'], (text: string) => string>> = {
  run: pc.green,
  promoted: pc.green,
  confirmed: pc.green,
  held: pc.yellow,
  broken: pc.red,
  refused: pc.red,
  rolledBack: pc.red,
  'rollback-failed': pc.red,
  alias: pc.red,
  'no-run': pc.dim,
  not: pc.dim,
};

function listed(decisions: readonly Decision[]): string {
  return fittedTable(
    ['', 'event time (UTC)', 'decision', 'why'],
    decisions.map(({ number, at, outcome, words }) => [
      String(number),
      pc.dim(at.slice(0, 16).replace('T', ' ')),
      (colour[outcome] ?? String)(outcome),
      words,
    ]),
    [0],
  );
}
