/**
 * What happens to trainings that last: their worker is frozen for longer than Temporal waits for it, their server is away for
 * longer than its client waits for it. Times are scaled: a patience of two minutes stands for one of hours, and the only worker thaws
 * when Temporal has given its stage up.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runProgress } from '#adapters/temporal/runs.ts';
import { startRun } from '#adapters/temporal/start-run.ts';
import { startWorld, type World } from '../world/world.ts';
import { examine, resultOf } from './outcome.ts';
import { addScene, begin, modelOf, type Side, starts, trainer } from './scene.ts';

const PATIENCE_S = 120;
let world: World;
let side: Side;
beforeAll(async () => {
  world = await startWorld({ name: 'long-training', workerEnv: { RATCHET_PATIENCE: `${PATIENCE_S}s` } });
  side = { world, environment: 'dev', killWorker: () => world.kill('worker-1'), start: startRun };
}, 600_000);
afterAll(() => world?.close());

/** There is nothing to wait for any more. */
class Ended extends Error {
  override readonly name = 'Ended';
}

async function until<T>(ask: () => Promise<T | null | undefined | false>): Promise<T> {
  for (;;) {
    const answer = await ask().catch((error: unknown) => {
      if (error instanceof Ended) throw error;
      return null;
    });
    if (answer) return answer;
    await pause(100);
  }
}

/** A run whose trainer has done so many epochs; `longEnough`: once a patience has passed that is counted from its first epoch. */
async function training(name: string, epochs: number, done: number) {
  addScene(world, name);
  const script = join(world.root, 'pipelines', name, 'train.py');
  // MLflow's client by itself gives up after a second instead of minutes.
  const impatient = "os.environ.update(MLFLOW_HTTP_REQUEST_MAX_RETRIES='0', MLFLOW_HTTP_REQUEST_TIMEOUT='5')\n";
  writeFileSync(script, readFileSync(script, 'utf8').replace('import mlflow\n', `${impatient}import mlflow\n`));
  const { runId, workflow } = await begin(side, name, { epochs, seconds: 2, salt: name });
  const job = () => world.executor.list().then((jobs) => jobs.find(({ labels }) => labels.run === runId));
  const epoch = async () => (await world.executor.progress((await job())?.id ?? 'none'))?.done ?? 0;
  await until(async () => (await epoch()) >= 1);
  const longEnough = pause(PATIENCE_S * 1_000);
  await until(async () => (await epoch()) >= done);
  const before = await trainer(world, runId);
  if (!before) throw new Error('no trainer runs');
  const stage = async () => {
    const { raw } = await workflow.describe();
    return raw.pendingActivities?.find(({ activityId }) => activityId === 'train');
  };
  /** What is wrong when it is over. */
  const over = async () => {
    const result = await resultOf(workflow);
    return (await examine(world, { runId, model: modelOf(side, name), result, epochs })).problems;
  };
  return { runId, job, epoch, longEnough, before, stage, over };
}

/** Temporal has given the stage up and nobody is there to take it. */
const SCHEDULED = 1;

it.each([
  ['thaws while it trains', 'frozen-short', 16],
  ['thaws when it has ended', 'frozen-long', 8],
])(
  'the only worker is frozen until Temporal has given its stage up, and %s: the same trainer, harmed in nothing',
  async (when, name, epochs) => {
    const { runId, job, epoch, before, stage, over } = await training(name, epochs, 2);
    const worker = world.pid('worker-1') ?? 0;
    process.kill(worker, 'SIGSTOP');
    try {
      await until(async () => {
        const now = await stage();
        return now?.state === SCHEDULED && (now.attempt ?? 1) > 1;
      });
      if (when.includes('ended')) await until(async () => (await job())?.state.kind === 'done');
      else expect(await trainer(world, runId)).toEqual(before);
      const frozenAt = await epoch();
      if (!when.includes('ended')) await until(async () => (await epoch()) > frozenAt);
    } finally {
      process.kill(worker, 'SIGCONT');
    }
    expect(await over()).toEqual([]);
    expect(world.pid('worker-1')).toBe(worker);
    expect(await starts(world, runId)).toBe(1);
  },
);

it('the trainer dies while the only worker is frozen: one more from the checkpoint when it thaws, and never two', async () => {
  const { runId, job, before, stage, over } = await training('frozen-death', 6, 2);
  const worker = world.pid('worker-1') ?? 0;
  process.kill(worker, 'SIGSTOP');
  try {
    process.kill(before.pid, 'SIGKILL');
    await until(async () => {
      const now = await stage();
      return now?.state === SCHEDULED && (now.attempt ?? 1) > 1;
    });
  } finally {
    process.kill(worker, 'SIGCONT');
  }
  expect(await over()).toEqual([]);
  expect(await starts(world, runId)).toBe(2);
  const { text } = await world.executor.log((await job())?.id ?? '');
  const begun = [...text.matchAll(/begins after epoch (\d+)/g)].map(([, epoch]) => Number(epoch));
  expect(begun).toHaveLength(2);
  expect(begun[1]).toBeGreaterThanOrEqual(1);
});

it('MLflow goes away at three quarters, and the step begins anew in the outage: the same trainer waits, and the patience counts from the outage', async () => {
  const { runId, longEnough, before, stage, over } = await training('cut', 40, 30);
  const worker = world.pid('worker-1') ?? 0;
  world.taps.mlflow.aim('');
  try {
    // An attempt that begins in the outage meets it; counted from the step's beginning, the patience is over meanwhile.
    process.kill(worker, 'SIGSTOP');
    await until(async () => {
      const now = await stage();
      return now?.state === SCHEDULED && (now.attempt ?? 1) > 1;
    });
    process.kill(worker, 'SIGCONT');
    const first = await until(async () => {
      const now = await stage();
      return now?.lastFailure && (now.attempt ?? 1) > 1 ? now : null;
    });
    await longEnough;
    await until(async () => {
      const now = await stage();
      if (!now) throw new Ended('the stage is over');
      return (now.attempt ?? 0) >= (first.attempt ?? 1) + 2;
    });
    const told = await runProgress(world.client, runId);
    expect(told?.nodes.find(({ id }) => id === 'train')?.progress).toMatch(/^waits since .*MLflow cannot be reached/);
    expect(await trainer(world, runId)).toEqual(before);
  } finally {
    process.kill(worker, 'SIGCONT');
    world.taps.mlflow.aim(world.stack.settings.mlflow.url);
  }
  expect(await over()).toEqual([]);
  expect(await starts(world, runId)).toBe(1);
});
