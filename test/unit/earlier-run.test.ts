/** What a run starts from that takes up one which ended before its plan was made. */
import { expect, it } from 'vitest';
import { type PlanDeps, planRun } from '#activities/run/plan-run.ts';
import { keysOf } from '#adapters/s3/keys.ts';
import type { Json } from '#contracts/json.ts';
import { storeKey } from '#contracts/names.ts';
import type { RunEnvelope, RunRecord, RunResult } from '#contracts/run.ts';
import type { ObjectStore } from '#ports/store.ts';
import { unplannedRecord } from '#records/unplanned-run.ts';
import { registryWith } from '../fixtures/registry.ts';

const at = '2013-06-17T00:00:00.000Z';
const records = new Map<string, RunRecord>();
const deps: PlanDeps = {
  environment: 'dev',
  host: 'here',
  store: {
    uri: keysOf('bucket', '').uri,
    get: async (key) => {
      const record = [...records.values()].find(({ run }) => storeKey.record(run.id) === key);
      return record ? Buffer.from(JSON.stringify(record)) : null;
    },
  } as ObjectStore,
  tracking: registryWith(() => null),
  code: {
    compile: async ({ pipeline, params, asOf }) => ({
      graph: { pipeline, model: null, asOf, params: params as Record<string, Json>, nodes: [], result: null },
      ...{ champion: null, bundle: 'b', steps: {} },
    }),
  },
};
const plan = (workflowId: string, params: Json, envelope: RunEnvelope = {}) =>
  planRun(deps, { workflowId, pipeline: 'flights', params, envelope, startedAt: at });
const result = (runId: string): RunResult => ({
  ...{ runId, pipeline: 'flights', status: 'failed', verdict: null, reasons: [], modelVersion: null, report: null },
  ...{ nodes: [], output: null },
});
const failure = { type: 'StepHostDied', message: 'killed', node: null };

/** A run that failed after it had done `a`. */
async function planned(id: string, params: Json): Promise<void> {
  const { plan: made, run } = await plan(id, params);
  const outcome = { id: 'a', step: 'echo', input: 1, output: 2, cached: false, reason: '', key: null, ms: 1 };
  records.set(id, {
    ...{ format: 1, run, plan: made, startedAt: at, endedAt: at, result: result(id), failure },
    ...{ outcomes: [outcome], approvals: [], resumedFrom: null },
  });
}
function unplanned(id: string, params: Json, envelope: RunEnvelope = {}): void {
  const start = { workflowId: id, pipeline: 'flights', params, envelope, startedAt: at };
  records.set(id, unplannedRecord(start, 'dev', { endedAt: at, result: result(id), failure }));
}

it('plans anew with what that run was started with', async () => {
  unplanned('one', { rate: 0.3, rounds: 5 }, { asOf: '2013-05-01T00:00:00.000Z' });
  const made = await plan('two', { rounds: 7 }, { resume: { runId: 'one', mode: 'retry' } });
  expect(made.plan).toMatchObject({ params: { rate: 0.3, rounds: 7 }, asOf: '2013-05-01T00:00:00.000Z' });
  expect(made.kept).toEqual([]);
  expect(made).not.toHaveProperty('from');
});

it('keeps what the run before it did, and runs a fork’s node again, through any number of runs without a plan', async () => {
  await planned('done', { rate: 0.1, rounds: 5 });
  unplanned('fork', { rate: 0.2 }, { resume: { runId: 'done', mode: 'fork', from: 'b' } });
  unplanned('fork/r2', { rounds: 9 }, { resume: { runId: 'fork', mode: 'retry' } });
  const made = await plan('fork/r3', {}, { resume: { runId: 'fork/r2', mode: 'retry' } });
  expect(made.plan.params).toEqual({ rate: 0.2, rounds: 9 });
  expect(made.kept).toMatchObject([{ id: 'a', output: 2 }]);
  expect(made.from).toBe('b');
});

it('refuses what cannot be taken up, in words', async () => {
  unplanned('bare', {});
  await expect(plan('x', {}, { resume: { runId: 'bare', mode: 'fork', from: 'a' } })).rejects.toMatchObject({
    type: 'InvalidInput',
    message:
      'bare ended before its plan was made: it has no node to run again from. `ratchet retry bare` plans it anew.',
  });
  unplanned('list', [1, 2]);
  await expect(plan('x', {}, { resume: { runId: 'list', mode: 'retry' } })).rejects.toThrow(
    'A run\'s params are a JSON object such as {"learningRate": 0.1}; this is [1,2].',
  );
  unplanned('orphan', {}, { resume: { runId: 'collected', mode: 'retry' } });
  await expect(plan('x', {}, { resume: { runId: 'orphan', mode: 'retry' } })).rejects.toThrow(
    'There is no record of a run "collected"',
  );
});
