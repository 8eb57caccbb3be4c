/** How a run ended, as its workflow tells it: also where it failed, was cancelled, or was ended by force. */
import { RunEnded, runResult, type StartedRun } from '#adapters/temporal/start-run.ts';
import type { RunResult } from '#contracts/run.ts';

/** Waits for the end. A run that ended before it had a plan, or was terminated, has no nodes: its reason is all there is. */
export async function runEnd(workflow: StartedRun['workflow'], pipeline = ''): Promise<RunResult> {
  try {
    return await runResult(workflow);
  } catch (error) {
    if (!(error instanceof RunEnded)) throw error;
    if (error.result) return error.result;
    return {
      runId: workflow.workflowId,
      pipeline,
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
