/** A trainer whose server goes away in mid-training waits for it as long as the patience says, and is harmed in nothing. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalExecutor } from '#adapters/process/local-executor.ts';
import { ended, eventually, programOf } from '../conformance/executor.ts';
import { type Hold, holdIn } from '../fixtures/hold.ts';
import { localExecutor } from '../fixtures/local-executor.ts';
import { TrackedRuns } from '../integration/job-tracked-runs.ts';
import { startMlflow, type TestMlflow } from '../servers/mlflow.ts';
import { startTap, type Tap } from '../world/tap.ts';

let mlflow: TestMlflow;
let runs: TrackedRuns;
const taps: Tap[] = [];
let folder: string;
let executor: LocalExecutor;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-outage-'));
  mlflow = await startMlflow();
  runs = new TrackedRuns(mlflow.url);
  executor = localExecutor(folder);
});
afterAll(async () => {
  for (const tap of taps) tap.mend();
  await executor?.reap(async () => 'closed', 0);
  await Promise.all(taps.map((tap) => tap.close()));
  await mlflow?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const script = join(import.meta.dirname, '../conformance/trainers/checkpointing.py');

/** MLflow's client itself gives up after a second: minutes are scaled. What stands before the server is the training's own. */
async function train(id: string, patienceSeconds: number, epochs: number, hold: Hold): Promise<[Tap, string]> {
  const tap = await startTap();
  taps.push(tap);
  tap.aim(mlflow.url);
  const experimentId = await runs.experiment(id);
  const runId = await runs.create(experimentId, id);
  await executor.start({
    id,
    attempt: 1,
    resumed: false,
    program: programOf(['python', script]),
    env: { MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0', MLFLOW_HTTP_REQUEST_TIMEOUT: '1' },
    request: { inputs: {}, params: { epochs, pause: 0, hold }, seed: 1 },
    tracking: { trackingUri: tap.url, experimentId, runId, patienceSeconds },
  });
  return [tap, runId];
}
const text = async (id: string) => (await executor.log(id)).text;
const steps = async (runId: string) =>
  (
    (await (await fetch(`${mlflow.url}/api/2.0/mlflow/metrics/get-history?run_id=${runId}&metric_key=auc`)).json()) as {
      metrics: { step: number | string }[];
    }
  ).metrics.map(({ step }) => Number(step));

it.concurrent('nothing answers, or connections break: it goes on after both, each step logged once', async () => {
  const { hold, letGo } = holdIn(folder, 4, 8);
  const [tap, runId] = await train('waits', 600, 10, hold);
  await eventually(async () => ((await executor.progress('waits'))?.done ?? 0) >= 3);
  tap.cut();
  letGo(4);
  await eventually(async () => (await text('waits')).includes('does not answer'));
  // Its client would have given up several times since.
  const done = (await executor.progress('waits'))?.done;
  await eventually(async () => (await executor.attach('waits')).kind !== 'running' || tap.lost() >= 4);
  expect((await executor.progress('waits'))?.done).toBe(done);
  tap.mend();
  await eventually(async () => ((await executor.progress('waits'))?.done ?? 0) >= 7);
  tap.aim('');
  letGo(8);
  await eventually(async () => (await text('waits')).split('does not answer').length > 2);
  tap.aim(mlflow.url);
  const exit = await ended(executor, 'waits');
  expect(exit, await text('waits')).toMatchObject({ code: 0, reason: 'exited', attempt: 1 });
  expect(await text('waits')).toContain('MLflow answers again after');
  expect(await steps(runId)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it.concurrent('the patience is used up: it fails as MLflow’s client does', async () => {
  const { hold, letGo } = holdIn(folder, 3);
  const [tap] = await train('gives-up', 2, 6, hold);
  await eventually(async () => ((await executor.progress('gives-up'))?.done ?? 0) >= 2);
  tap.cut();
  letGo();
  expect(await ended(executor, 'gives-up')).toMatchObject({ code: 1, reason: 'exited' });
  expect(await text('gives-up')).toMatch(/this waits for it, 2 s at most[\s\S]*MlflowException/);
});
