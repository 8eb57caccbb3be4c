/** A started run, followed to its end or to the first approval, and told in one JSON object or in words. */
import pc from 'picocolors';
import { followRun, RunEnded, runResult, type StartedRun } from '#adapters/temporal/start-run.ts';
import type { RunProgress, RunResult } from '#contracts/run.ts';
import { exitCode, exitCodeOf } from './exit-codes.ts';
import type { Output } from './output.ts';
import { resultText, runView } from './run-view.ts';
import type { Session } from './session.ts';

/** Sets the exit code. Ctrl-C leaves the run going: it is Temporal's, not this terminal's. */
export async function followToEnd(session: Session, started: StartedRun, out: Output, wait: boolean): Promise<void> {
  const { runId, already, workflow } = started;
  if (!wait) {
    out.object({ runId, already });
    out.print(`${already ? 'Was started before' : 'Started'} ${runId}\n  ratchet show ${runId}`);
    return;
  }
  out.note(pc.dim(`${already ? 'was started before' : 'started'}  ${runId}`));
  const waiting = await watch(workflow, out);
  if (waiting) {
    out.object(partial(waiting));
    for (const approval of waiting.approvals)
      out.print(`Waits for an approval: ${approval.title}\n  ratchet approve ${runId} ${approval.node}`);
    process.exitCode = exitCode.undecided;
    return;
  }
  const result = await ended(workflow, runId);
  out.object(result);
  out.print(resultText(result));
  const report = result.report && (await session.store.link(session.store.key(result.report), 3600).catch(() => null));
  if (report) out.print(pc.dim(`  report (link lives an hour)  ${report}`));
  process.exitCode = exitCodeOf(result.status);
}

/** Null when the run ended, its progress when it waits for somebody. */
async function watch(workflow: StartedRun['workflow'], out: Output): Promise<RunProgress | null> {
  const view = runView(out);
  try {
    for await (const progress of followRun(workflow)) {
      view.update(progress);
      if (progress.approvals.length > 0) return progress;
    }
    return null;
  } finally {
    view.done();
  }
}

async function ended(workflow: StartedRun['workflow'], runId: string): Promise<RunResult> {
  try {
    return await runResult(workflow);
  } catch (error) {
    if (!(error instanceof RunEnded)) throw error;
    if (error.result) return error.result;
    return {
      runId,
      pipeline: '',
      status: error.status,
      verdict: null,
      reasons: [error.message],
      modelVersion: null,
      report: null,
      nodes: [],
      output: null,
    };
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
