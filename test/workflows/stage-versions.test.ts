/** An old and a new worker side by side: a run has one version of each stage, also when the old one goes in its middle. */
import { setTimeout as pause } from 'node:timers/promises';
import { activityInfo } from '@temporalio/activity';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failedAttempt } from '#activities/dispatch/failure.ts';
import { PinnedStages } from '#activities/dispatch/stage-versions.ts';
import { taskQueue } from '#contracts/names.ts';
import type { PlanNode, StepCode } from '#contracts/plan.ts';
import type { StepCall, StepOutcome } from '#contracts/run.ts';
import { type Harness, type PipelineCase, ref, startDevServer, startHarness, step } from './harness.ts';

type Version = 'earlier' | 'present';

const done: { node: string; step: string; version: Version }[] = [];
/** Told of each step that was done. */
let afterStep = () => {};

/** A worker's dispatcher that has one version of all stages; a stage's output says which. */
function workerOf(version: Version): (call: StepCall) => Promise<StepOutcome> {
  const pinned = new PinnedStages(() => version);
  return async (call) => {
    try {
      pinned.check(call, `${activityInfo().workflowExecution?.runId}/${activityInfo().activityId}`);
    } catch (error) {
      const tries = { allowed: 1, own: 0, deaths: 0, awaySince: null, startedAt: 0, now: 0 };
      throw failedAttempt(error, call.step, tries);
    }
    await pause(20);
    done.push({ node: call.node, step: call.step, version });
    afterStep();
    return { output: `${call.step}@${version}`, cached: false, reason: 'computed', key: null, ms: 1 };
  };
}

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    environment: await startDevServer(),
    activities: { default: workerOf('present') },
  });
});
afterAll(() => harness?.stop());

const none = () => null;
const stage: Partial<StepCode> = { kind: 'stage', digest: 'earlier' };

const items = (count: number) => Array.from({ length: count }, (_, item) => item);
const evaluateEach = (id: string, count: number): PlanNode => ({
  id,
  kind: 'map',
  input: items(count),
  blocks: [{ nodes: [step(`${id}-one`, 'evaluate', ref(`${id}/item`))], result: ref(`${id}-one`) }],
  options: { concurrency: 4 },
  after: ['register'],
});

/** Planned by the earlier worker; a stage that is pinned anew has the present version. */
const pipeline: PipelineCase = {
  nodes: [
    step('train', 'train'),
    step('register', 'register', ref('train')),
    evaluateEach('few', 12),
    // So many that they are in workflows of their own.
    evaluateEach('many', 230),
    step('gate', 'gate', [ref('few'), ref('many')]),
  ],
  result: { train: ref('train'), few: ref('few'), many: ref('many'), gate: ref('gate') },
  steps: { train: none, register: none, evaluate: none, gate: none },
  codes: { train: stage, register: { ...stage, effect: true }, evaluate: stage, gate: stage },
  plan: (planned, { previous, restage = [] }) => {
    const steps = Object.entries(planned.plan.steps).map(([name, code]) => {
      const digest = restage.includes(name) ? 'present' : (previous?.steps[name]?.digest ?? code.digest);
      return [name, { ...code, digest }];
    });
    const set = previous === undefined ? 'earlier' : 'present';
    return { ...planned, stages: set, plan: { ...planned.plan, steps: Object.fromEntries(steps) } };
  },
};

/** It serves the queue that all have in common, and that of its set. */
async function earlierWorker(): Promise<{ stop(): Promise<unknown> }> {
  const activities = { default: workerOf('earlier') };
  const queues = [taskQueue.control('dev'), taskQueue.stages('dev', 'earlier')];
  const workers = await Promise.all(queues.map((queue) => harness.addWorker(queue, { activities })));
  return { stop: () => Promise.all(workers.map((worker) => worker.stop())) };
}

/** What each item gave. */
const evaluated = (version: Version) => ({
  few: items(12).map(() => `evaluate@${version}`),
  many: items(230).map(() => `evaluate@${version}`),
});

test('while both are there, the run has the version throughout that it was planned with', async () => {
  done.length = 0;
  const earlier = await earlierWorker();
  const { result } = await harness.run(pipeline);
  await earlier.stop();
  expect(result).toMatchObject({
    status: 'finished',
    output: { train: 'train@earlier', ...evaluated('earlier'), gate: 'gate@earlier' },
  });
  expect(done).toHaveLength(245);
});

test('when the earlier one goes in the middle of a stage, that begins anew with the present version, and nothing before it', async () => {
  done.length = 0;
  const earlier = await earlierWorker();
  let stopping: Promise<unknown> | undefined;
  afterStep = () => {
    if (done.length === 30) stopping = earlier.stop();
  };
  const { handle, result } = await harness.run(pipeline);
  afterStep = () => {};
  await stopping;
  expect(result).toMatchObject({
    status: 'finished',
    output: { train: 'train@earlier', ...evaluated('present'), gate: 'gate@present' },
  });
  // Some items were done twice, by one version each; the training, and what had an effect, once.
  expect(done.filter(({ version }) => version === 'earlier').length).toBeGreaterThanOrEqual(30);
  expect(done.filter(({ step }) => step === 'train')).toHaveLength(1);
  expect(done.filter(({ step }) => step === 'register')).toHaveLength(1);
  // The record names what was used, each item once.
  const record = harness.records.get(handle.workflowId);
  const digests = Object.entries(record?.plan?.steps ?? {}).map(([name, { digest }]) => `${name}@${digest}`);
  expect(digests.toSorted()).toEqual(['evaluate@present', 'gate@present', 'register@earlier', 'train@earlier']);
  const outcomes = record?.outcomes.filter(({ step }) => step === 'evaluate') ?? [];
  expect(outcomes).toHaveLength(242);
  expect(new Set(outcomes.map(({ output }) => output))).toEqual(new Set(['evaluate@present']));
});
