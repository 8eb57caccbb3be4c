/** Temporal behind the port of the loop's activities. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { RunResult } from '#contracts/run.ts';
import type { Loops, RunState } from '#ports/loops.ts';
import { loopRuns, loopStatus, tellLoop, tellWatched } from './loops.ts';
import { lookAgain, readLedger, rollback } from './models.ts';
import { RunEnded, runResult } from './start-run.ts';

export function createLoops(client: Client): Loops {
  return {
    tell: (target, { signal, value }) => tellLoop(client, target, signal, value),
    runs: (pipeline) => loopRuns(client, pipeline),
    tellWatched: (target, report) => tellWatched(client, target, report),
    mark: async (pipeline) => (await loopStatus(client, { pipeline }))?.watch ?? null,
    runState: (runId) => runState(client, runId),
    ledger: (model) => readLedger(client, { model }),
    look: (model) => lookAgain(client, { model }),
    rollBack: (target, request) => rollback(client, target, request),
  };
}

async function runState(client: Client, runId: string): Promise<RunState> {
  const handle = client.workflow.getHandle(runId);
  try {
    const { status } = await handle.describe();
    if (status.name === 'RUNNING') return { kind: 'running' };
    if (status.name === 'TERMINATED' || status.name === 'TIMED_OUT')
      return {
        kind: 'closed',
        how: 'terminated',
        result: null,
        words: `it was ${status.name.toLowerCase().replace('_', ' ')}`,
      };
    const result: RunResult = await runResult(handle);
    return { kind: 'closed', how: 'completed', result, words: result.reasons[0] ?? '' };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { kind: 'missing' };
    if (error instanceof RunEnded)
      return { kind: 'closed', how: error.status, result: error.result, words: error.message };
    throw error;
  }
}
