/** What planning asks for, apart from the code itself. */
import { expect, it } from 'vitest';
import { asActivities } from '#activities/dispatch/failure.ts';
import { stageDigest } from '#activities/dispatch/stage-versions.ts';
import { HostDied } from '#activities/dispatch/step-work.ts';
import { registeredModel } from '#activities/release/effect-key.ts';
import { type PlanDeps, planRun } from '#activities/run/plan-run.ts';
import { createRunActivities } from '#activities/run/run-activities.ts';
import { keysOf } from '#adapters/s3/keys.ts';
import type { PlannedRun, PlanRequest } from '#contracts/activities.ts';
import type { ChampionRef } from '#contracts/data.ts';
import type { StepCode } from '#contracts/plan.ts';
import { type NodeRecord, RunContext, type RunRecord } from '#contracts/run.ts';
import { registryOf, registryWith } from '../fixtures/registry.ts';

const champions: Record<string, ChampionRef> = {};
for (const model of ['delays', 'staging-delays'])
  champions[model] = { kind: 'champion', model, version: model, runId: 'r', uri: 'u', digest: 'd' };

/** A planner whose pipeline "flights" has the model "delays". */
const planner = (environment: string): PlanDeps => ({
  environment,
  host: 'here',
  // Only a run that takes up another one reads the store; its keys are the real ones.
  store: { uri: keysOf('bucket', '').uri } as PlanDeps['store'],
  tracking: registryWith((model) => champions[model] ?? null),
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

it('a run as of the past is told of the champion that was made for a later time, and judged against that of then', async () => {
  const asOf = (month: number) => `2013-0${month}-01T00:00:00.000Z`;
  const source = (version: number) => ({ runId: `r${version}`, source: `runs:/r${version}/model` });
  const training = [{ digest: 'md5:rows', rows: 3 }];
  const versions = (model: string) =>
    [1, 2].map((version) => ({
      ...{ model, version: String(version), ...source(version) },
      tags: {
        'ratchet.digest': `sha256:${version}`,
        'ratchet.asOf': asOf(version * 3),
        'ratchet.training': JSON.stringify(training),
      },
    }));
  const deps: PlanDeps = {
    ...planner('dev'),
    tracking: registryOf(versions, training),
  };
  const at = (month: number) =>
    planRun(deps, {
      ...{ workflowId: 'run/flights/1', pipeline: 'flights', params: {}, startedAt: asOf(9) },
      envelope: { asOf: asOf(month) },
    });
  const past = await at(5);
  expect(past.run.laterChampion).toEqual({ version: '2', asOf: asOf(6) });
  expect(past.plan.champion).toMatchObject({ version: '1', training });
  expect(RunContext.parse(past.run)).toEqual(past.run);
  const now = await at(8);
  expect(now.run).not.toHaveProperty('laterChampion');
  expect(now.plan.champion).toMatchObject({ version: '2' });
});

it('is tried three times when its process is killed, and then ends with the reason', async () => {
  let deaths = 0;
  const died =
    'The graph of "flights" was ended by SIGKILL from outside, or by the system for want of memory (it had 512 MiB)';
  const deps = planner('dev');
  const { compile } = deps.code;
  const killed = {
    ...deps,
    code: {
      compile: (asked: Parameters<typeof compile>[0]) =>
        deaths-- > 0 ? Promise.reject(new HostDied(`${died}: it is tried again.`, true)) : compile(asked),
    },
  };
  // As the worker hands them to Temporal.
  const { planRun: attempt } = asActivities(createRunActivities(killed)) as {
    planRun(asked: PlanRequest): Promise<PlannedRun>;
  };
  const asked = (workflowId: string): PlanRequest => ({
    workflowId,
    pipeline: 'flights',
    params: {},
    envelope: {},
    startedAt: '2013-06-17T00:00:00.000Z',
  });
  deaths = 10;
  for (const nonRetryable of [false, false, true])
    await expect(attempt(asked('run/flights/1'))).rejects.toMatchObject({
      type: 'StepHostDied',
      nonRetryable,
      message: expect.stringContaining(died),
    });
  // Each run has its own count; what was planned in the end begins anew.
  deaths = 2;
  for (let n = 0; n < 2; n++)
    await expect(attempt(asked('run/flights/2'))).rejects.toMatchObject({ nonRetryable: false });
  expect((await attempt(asked('run/flights/2'))).plan.pipeline).toBe('flights');
  deaths = 2;
  for (let n = 0; n < 2; n++)
    await expect(attempt(asked('run/flights/2'))).rejects.toMatchObject({ nonRetryable: false });
});

it('a retry stays on the versions of stages whose outcomes it keeps, until they are pinned anew', async () => {
  const code = (digest: string): StepCode => ({
    ...{ kind: 'stage', digest, effect: false, cache: true, timeout: '1h', attempts: 3, queue: null, place: 'any' },
    ...{ memoryMb: null, program: null },
  });
  const present = (name: string) => code(stageDigest(name) ?? '');
  const deps = planner('dev');
  const { compile } = deps.code;
  const names = ['featurize', 'evaluate', 'gate'];
  const pinned = (previous?: Record<string, StepCode>): PlanDeps => ({
    ...deps,
    store: { ...deps.store, get: async () => Buffer.from(JSON.stringify(record)) } as PlanDeps['store'],
    code: {
      compile: async (asked) => ({
        ...(await compile(asked)),
        steps: previous ?? Object.fromEntries(names.map((name) => [name, present(name)])),
      }),
    },
  });
  const { plan: made, run } = await plan('dev');
  const outcome = (step: string): NodeRecord => ({
    ...{ id: step, step, input: null, output: null, cached: false, reason: 'computed', key: null, ms: 1 },
  });
  const record: RunRecord = {
    ...{ format: 1, run, startedAt: made.asOf, endedAt: made.asOf, failure: null, approvals: [], resumedFrom: null },
    plan: { ...made, steps: Object.fromEntries(names.map((name) => [name, code(`earlier ${name}`)])) },
    result: {
      ...{ runId: run.id, pipeline: run.pipeline, status: 'failed', verdict: null, reasons: [], modelVersion: null },
      ...{ report: null, nodes: [], output: null },
    },
    outcomes: [outcome('featurize'), outcome('evaluate')],
  };
  const asked: PlanRequest = {
    ...{ workflowId: 'run/flights/1/r2', pipeline: 'flights', params: {}, startedAt: made.asOf },
    envelope: { resume: { runId: run.id, mode: 'retry' } },
  };
  const digests = ({ steps }: { steps: Record<string, StepCode> }) => names.map((name) => steps[name]?.digest);
  const first = await planRun(pinned(), asked);
  expect(digests(first.plan)).toEqual(['earlier featurize', 'earlier evaluate', stageDigest('gate')]);
  const anew = await planRun(pinned(first.plan.steps), {
    ...{ ...asked, rejudge: true, previous: first.plan, restage: ['evaluate'] },
  });
  expect(digests(anew.plan)).toEqual(['earlier featurize', stageDigest('evaluate'), stageDigest('gate')]);
  // Judged again for another reason, it stays where it is.
  const again = await planRun(pinned(anew.plan.steps), { ...asked, rejudge: true, previous: anew.plan });
  expect(digests(again.plan)).toEqual(digests(anew.plan));
});

it('asks the registry once, however often the graph asks for its champion', async () => {
  const asked: string[] = [];
  const deps = planner('dev');
  const { alias } = deps.tracking;
  const counted: PlanDeps = {
    ...deps,
    tracking: {
      ...deps.tracking,
      alias: (model, name) => {
        asked.push(`${name} ${model}`);
        return alias(model, name);
      },
    },
    code: {
      // As of now first, then as of what the params say.
      compile: async (request) => {
        await request.champion('delays', request.asOf);
        return deps.code.compile({ ...request, asOf: '2013-04-22T00:00:00.000Z' });
      },
    },
  };
  const request = { workflowId: 'run/flights/1', pipeline: 'flights', params: {}, envelope: {} };
  const made = await planRun(counted, { ...request, startedAt: '2013-06-17T00:00:00.000Z' });
  expect(made.plan.champion).toEqual(champions.delays);
  expect(asked).toEqual(['champion delays']);
  // The next plan is of another moment.
  await planRun(counted, { ...request, startedAt: '2013-06-18T00:00:00.000Z' });
  expect(asked).toHaveLength(2);
});
