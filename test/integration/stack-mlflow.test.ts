/** The embedded MLflow's first start: its database is whole or not there. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { choosePorts } from '#adapters/process/free-port.ts';
import { mlflow } from '#stack/parts/mlflow.ts';
import type { PartContext } from '#stack/parts/part.ts';
import { testProgram } from '../servers/programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratchet-mlflow-'));
const empty = join(folder, 'empty.db');
let server: ChildProcess | undefined;
const end = async () => {
  if (!server?.pid || server.exitCode !== null || server.signalCode !== null) return;
  process.kill(-server.pid, 'SIGKILL');
  await once(server, 'exit');
};
afterEach(async () => {
  await end();
});

async function start(name: string): Promise<PartContext> {
  const [http = 0] = await choosePorts([[]]);
  const { PYTHONDONTWRITEBYTECODE: _, ...variables } = process.env;
  const context: PartContext = {
    data: join(folder, name),
    ports: { http },
    bin: dirname(testProgram('mlflow')),
    variables: { ...variables, MLFLOW_TRACKING_URI: 'http://somewhere.else' },
    credentials: { accessKeyId: 'unused', secretAccessKey: 'unused-here' },
  };
  await mlflow.prepare(context);
  const { file, args, env, cwd } = mlflow.command(context);
  server = spawn(file, args, { cwd, env: { ...env, RATCHET_EMPTY_DATABASE: empty }, stdio: 'ignore', detached: true });
  return context;
}
const healthy = (context: PartContext) =>
  expect
    .poll(() => mlflow.isHealthy(context, AbortSignal.timeout(2_000)).catch(() => false), {
      timeout: 110_000,
      interval: 200,
    })
    .toBe(true);
async function defaultExperiment(context: PartContext): Promise<unknown> {
  const url = `${mlflow.addresses(context).mlflowUrl}/api/2.0/mlflow/experiments/get?experiment_id=0`;
  const { experiment } = (await (await fetch(url)).json()) as { experiment: { artifact_location: string } };
  return experiment.artifact_location;
}

it('a kill while the database is made does no harm, and the next new folder starts from a copy', async () => {
  const first = await start('first');
  const halfMade = () => statSync(join(first.data, 'mlflow.db.new'), { throwIfNoEntry: false })?.size ?? 0;
  await expect.poll(halfMade, { timeout: 120_000, interval: 10 }).toBeGreaterThan(0);
  await end();
  expect(existsSync(join(first.data, 'mlflow.db'))).toBe(false);
  expect(existsSync(empty)).toBe(false);

  const again = await start('first');
  await healthy(again);
  expect(await defaultExperiment(again)).toBe('mlflow-artifacts:/0');
  await end();
  expect(existsSync(empty)).toBe(true);

  const second = await start('second');
  await healthy(second);
  expect(await defaultExperiment(second)).toBe('mlflow-artifacts:/0');
  await end();
  rmSync(folder, { recursive: true, force: true });
}, 300_000);
