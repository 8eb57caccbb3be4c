/** The hybrid: a plain workflow, in a worker of the user's own, calls the same steps. */
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowBundle } from '#adapters/temporal/workflow-bundle.ts';
import type { PinActivities, PinRequest } from '#contracts/activities.ts';
import type { LevelTwo, LevelTwoResult } from '#workflows/level-two.ts';
import { bundleCache, code, failing, type Harness, raceWithTaskFailures, startHarness } from './harness.ts';

let harness: Harness;
let worker: Worker;
let running: Promise<void>;
let champion = '3';
const pins: PinRequest[] = [];
const pinned = {
  kind: 'program',
  command: ['python', 'train.py'],
  pinned: { digest: 'a'.repeat(64), files: [], lock: null },
} as const;

const activities: PinActivities = {
  async pinSteps(request) {
    pins.push(request);
    const trigger = { kind: 'manual' as const, id: 't', reason: '', figures: {}, who: 'test', at: request.startedAt };
    const run = {
      id: request.workflowId,
      pipeline: request.pipeline,
      model: 'm',
      environment: 'dev',
      asOf: request.startedAt,
      trigger,
    };
    const names = ['validateData', 'featurize', 'evaluate', 'gate', 'register', 'promote'];
    const steps = {
      ...Object.fromEntries(names.map((name) => [name, code({ kind: 'stage' })])),
      train: code({ kind: 'stage', place: 'host' }),
    };
    const now = {
      kind: 'champion' as const,
      model: 'm',
      version: champion,
      runId: 'r',
      uri: 'u',
      digest: `d${champion}`,
    };
    return {
      run,
      champion: now,
      bundle: 'b',
      steps,
      programs: [{ ...pinned, command: [...pinned.command], pinned: { ...pinned.pinned, files: [] } }],
      host: 'here',
    };
  },
};

beforeAll(async () => {
  harness = await startHarness({ activities });
  worker = await Worker.create({
    connection: harness.environment.nativeConnection,
    taskQueue: 'mine',
    workflowBundle: await workflowBundle({
      cacheFolder: bundleCache,
      workflowsPath: join(import.meta.dirname, '../../workflows/level-two.ts'),
    }),
  });
  running = worker.run();
});
afterAll(async () => {
  worker?.shutdown();
  await running;
  await harness?.stop();
});

test('the seven stages as a plain sequence: pinned once, programs pinned, judged again when the champion moved', async () => {
  const seen: Record<string, unknown[]> = {};
  const note = (step: string, input: unknown) => {
    seen[step] = [...(seen[step] ?? []), input];
  };
  const dataset = (name: string) => ({ kind: 'dataset', uri: name });
  const pipeline = harness.pipeline({
    nodes: [],
    steps: {
      validateData: () => ({ snapshot: dataset('data'), passed: true, results: [] }),
      featurize: ({ data, where }: { data: { uri: string }; where: string }) => ({
        train: dataset(`${data.uri} ${where}`),
        holdout: dataset('holdout'),
      }),
      train: (input: { trainer: unknown }) => {
        note('train', input);
        return { model: { digest: 'new' }, metrics: {} };
      },
      evaluate: ({ champion }: { champion: { version: string } }) => ({ evidence: { champion: champion.version } }),
      gate: ({ report }: { report: { champion: string } }) => {
        note('gate', report.champion);
        return {
          passed: true,
          record: { outcome: 'passed', reasons: [`better than ${report.champion}`], against: report.champion },
        };
      },
      register: ({ verdict }: { verdict: { against: string } }) => ({
        ref: { version: '9', against: verdict.against },
      }),
      promote: ({ version }: { version: { against: string } }) => {
        if (version.against === '4') return { outcome: 'promoted' };
        champion = '4';
        throw failing('the champion is version 4', 'ChampionMoved');
      },
    },
  });
  const trainer = { kind: 'program' as const, command: ['python', 'train.py'] };
  const input: LevelTwo = {
    pipeline,
    data: { source: 'flights.csv' },
    features: { where: 'late' },
    training: { trainer },
    evaluation: { target: 'y' },
    rules: { metric: 'roc_auc', minimumEffect: 0.002 },
  };
  const handle = await harness.environment.client.workflow.start('levelTwo', {
    taskQueue: 'mine',
    workflowId: 'plain/1',
    args: [input],
  });
  const result: LevelTwoResult = await raceWithTaskFailures(handle, handle.result());
  expect(result).toEqual({ outcome: 'promoted', reasons: ['better than 4'], version: '9' });
  expect(seen.gate).toEqual(['3', '4']);
  expect(seen.train).toEqual([{ features: dataset('data late'), trainer: pinned }]);
  expect(pins).toHaveLength(2);
  const { events = [] } = await handle.fetchHistory();
  const ids = events
    ?.map((event) => event.activityTaskScheduledEventAttributes?.activityId)
    .filter((id) => id && !/^\d+$/.test(id));
  expect(ids).toEqual([
    'validateData',
    'featurize',
    'train',
    'evaluate',
    'gate',
    'register',
    'promote',
    'evaluate-2',
    'gate-2',
    'register-2',
    'promote-2',
  ]);
});
