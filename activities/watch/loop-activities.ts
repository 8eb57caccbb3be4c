/** Short activities of `loop`: seconds at most, and safe to repeat. */
import { UserError } from '#contracts/failures.ts';
import type { LoopActivities, RunEnd } from '#contracts/loop/activities.ts';
import type { RunRecord } from '#contracts/run.ts';
import { promote } from '#contracts/stages/promote.ts';
import { firstMemory } from '#decisions/retrain/memory.ts';
import { decideLoop } from '#decisions/retrain.ts';
import type { Loops } from '#ports/loops.ts';
import type { ObjectStore } from '#ports/store.ts';
import { lastDecision, readPolicy, writeDecisions } from '#records/decisions.ts';
import { readRecord } from '#records/runs.ts';
import { waiting } from '../waiting.ts';

export function createLoopActivities(deps: { store: ObjectStore; loops: Pick<Loops, 'runState'> }): LoopActivities {
  const { store, loops } = deps;
  return {
    // A loop that was taken down and deployed again goes on counting: its decisions and runs must not take the old ones' names.
    decide: waiting(async (request) => {
      if (request.memory) return decideLoop(request);
      const number = await lastDecision(store, request.policy.pipeline);
      return decideLoop({ ...request, memory: { ...firstMemory, number } });
    }),
    loopPolicy: waiting(({ pipeline }) => readPolicy(store, pipeline)),
    writeDecisions: waiting((page) => writeDecisions(store, page)),
    runEnd: waiting(async ({ runId }) => {
      const state = await loops.runState(runId);
      if (state.kind === 'running') return null;
      // A store that is away says nothing of the run: which version it promoted over which only its record knows.
      const record = await readRecord(store, runId).catch((error) => {
        if (error instanceof UserError && error.type === 'InvalidInput') return null;
        throw error;
      });
      if (record) return endOf(record);
      const none = { runId, verdict: null, modelVersion: null, previous: null };
      if (state.kind === 'missing')
        return { ...none, status: 'failed', reasons: ['its workflow was never started, or is deleted'] };
      const status = state.how === 'completed' ? (state.result?.status ?? 'finished') : state.how;
      return { ...none, status, reasons: [state.words] };
    }),
  };
}

function endOf({ run, result, failure, outcomes }: RunRecord): RunEnd {
  const promoted = promote.output.safeParse(outcomes.find(({ step }) => step === promote.name)?.output);
  return {
    runId: run.id,
    status: result.status,
    verdict: result.verdict,
    modelVersion: result.modelVersion,
    previous: promoted.data?.previous ?? null,
    ...(promoted.data?.outcome === 'promoted'
      ? {
          promoted: {
            version: promoted.data.champion,
            previous: promoted.data.previous,
            epoch: promoted.data.epoch,
          },
        }
      : {}),
    reasons: failure ? [failure.message] : result.reasons.slice(0, 5),
  };
}
