/** A started run, followed to its end or to the first approval, and told in one JSON object or in words. */

import { failingTask } from '#adapters/temporal/failing-tasks.ts';
import { serverIsAway } from '#adapters/temporal/server-away.ts';
import { followRun, type StartedRun } from '#adapters/temporal/start-run.ts';
import { UserError } from '#contracts/failures.ts';
import type { RunProgress } from '#contracts/run.ts';
import pc from '../color.ts';
import { exitCode, exitCodeOf } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';
import type { Session } from '../session.ts';
import { runEnd } from './end.ts';
import { afterFailure, resultText, runView, standsStill } from './view.ts';

/** Sets the exit code. Ctrl-C leaves the run going: it is Temporal's, not this terminal's. */
export async function followToEnd(
  session: Pick<Session, 'store'>,
  started: StartedRun,
  out: Output,
  wait: boolean,
): Promise<void> {
  const { runId, already, workflow } = started;
  if (!wait) {
    out.object({ runId, already });
    out.print(`${already ? 'Was started before' : 'Started'} ${runId}\n  ratchet show ${runId}`);
    return;
  }
  out.note(pc.dim(`${already ? 'was started before' : 'started'}  ${runId}`));
  const end = await whileWatched(runId, async () => (await watch(workflow, out)) ?? runEnd(workflow));
  if ('approvals' in end) {
    out.object(partial(end));
    for (const approval of end.approvals)
      out.print(`Waits for an approval: ${approval.title}\n  ratchet approve ${runId} ${approval.node}`);
    process.exitCode = exitCode.undecided;
    return;
  }
  const result = end;
  out.object(result);
  out.print(resultText(result));
  if (result.status === 'failed') out.print(afterFailure(result.runId));
  const report = result.report && (await session.store.link(session.store.key(result.report), 3600).catch(() => null));
  if (report) out.print(pc.dim(`  report (link lives an hour)  ${report}`));
  process.exitCode = exitCodeOf(result.status);
}

/**
 * What becomes of a run whose watcher goes, by Ctrl-C, or whose server does: in one line, as nobody here can stop it by that.
 * @throws UserError OutsideUnreachable when Temporal answers no more
 */
async function whileWatched<T>(runId: string, work: () => Promise<T>): Promise<T> {
  const leave = () => {
    // Straight to the terminal: this process is about to end.
    process.stderr.write(printable(`\n${goesOn(runId)}\n`));
    process.removeListener('SIGINT', leave);
    process.kill(process.pid, 'SIGINT');
  };
  process.on('SIGINT', leave);
  try {
    return await work();
  } catch (error) {
    if (!serverIsAway(error)) throw error;
    throw new UserError(
      'OutsideUnreachable',
      `Temporal does not answer any more. ${runId} goes on when it is back: ratchet show ${runId}`,
    );
  } finally {
    process.removeListener('SIGINT', leave);
  }
}

const goesOn = (runId: string) =>
  `${runId} goes on without this terminal. See it: ratchet show ${runId}   Stop it: ratchet cancel ${runId}`;

/** A worker that is there answers within this; ms. */
const SILENCE_MS = 15_000;
/** Between two looks whether the run stands still; ms. */
const LOOK_MS = 10_000;

/** Null when the run ended, its progress when it waits for somebody. */
async function watch(workflow: StartedRun['workflow'], out: Output): Promise<RunProgress | null> {
  const view = runView(out);
  const noWorker = () =>
    out.note(
      pc.yellow('no worker answers yet: start one with `ratchet dev` or `ratchet worker`, for this environment'),
    );
  // Where the server itself is silent, nothing is known of workers.
  const silence = setTimeout(() => void workflow.describe().then(noWorker, () => {}), SILENCE_MS);
  let told = false;
  const stillness = setInterval(() => {
    void failingTask(workflow).then(
      (failing) => {
        if (failing && !told) out.note(pc.red(standsStill(workflow.workflowId, failing)));
        told = failing !== null;
      },
      () => {},
    );
  }, LOOK_MS);
  try {
    for await (const progress of followRun(workflow)) {
      clearTimeout(silence);
      view.update(progress);
      if (progress.approvals.length > 0) return progress;
    }
    return null;
  } finally {
    clearTimeout(silence);
    clearInterval(stillness);
    view.done();
  }
}

const partial = ({ runId, pipeline, nodes, approvals }: RunProgress) => ({
  runId,
  pipeline,
  status: 'waiting',
  verdict: null,
  reasons: approvals.map((approval) => `waits for an approval: ${approval.title}`),
  modelVersion: null,
  report: null,
  nodes,
  approvals,
});
