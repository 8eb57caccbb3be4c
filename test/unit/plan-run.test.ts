/** What planning asks for, apart from the code itself. */
import { expect, it } from 'vitest';
import { registeredModel } from '#activities/release/effect-key.ts';
import { type PlanDeps, planRun } from '#activities/run/plan-run.ts';
import { keysOf } from '#adapters/s3/keys.ts';
import type { ChampionRef } from '#contracts/data.ts';

const champions: Record<string, ChampionRef> = {};
for (const model of ['delays', 'staging-delays'])
  champions[model] = { kind: 'champion', model, version: model, runId: 'r', uri: 'u', digest: 'd' };

/** A planner whose pipeline "flights" has the model "delays". */
const planner = (environment: string): PlanDeps => ({
  environment,
  host: 'here',
  // Only a run that takes up another one reads the store; its keys are the real ones.
  store: { uri: keysOf('bucket', '').uri } as PlanDeps['store'],
  tracking: { champion: async (model) => champions[model] ?? null, versions: async () => [] },
  code: {
    compile: async ({ pipeline, asOf, champion }) => ({
      graph: { pipeline, model: 'delays', asOf, params: {}, nodes: [], result: null },
      champion: await champion('delays', asOf),
      bundle: 'b',
      steps: {},
    }),
  },
});
const plan = (environment: string, workflowId = 'run/flights/1') =>
  planRun(planner(environment), {
    workflowId,
    pipeline: 'flights',
    params: {},
    envelope: {},
    startedAt: '2013-06-17T00:00:00.000Z',
  });

it.each(['dev', 'staging', 'prod'])(
  'in %s the champion is that of the model which register and promote write to',
  async (environment) => {
    const { plan: made, run } = await plan(environment);
    expect(made.champion).toEqual(champions[registeredModel(run)] ?? null);
  },
);

it.each(['run/flights//1', 'run/../../etc/x', 'a\\b', `run/flights/${'x'.repeat(241)}`])(
  'an id that cannot name a record is refused before anything is done: %s',
  async (id) => {
    await expect(plan('dev', id)).rejects.toMatchObject({
      type: 'InvalidInput',
      message: expect.stringContaining('cannot name its record'),
    });
  },
);
it.each(['nightly', 'by hand, monday', `run/flights/${'x'.repeat(240)}/r2`])('any other id is good: %s', async (id) => {
  expect((await plan('dev', id)).run.id).toBe(id);
});
