/** kill -9 of the worker that serves a model's ledger, after each request that register, promote and archive write to MLflow with. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { atEachWrite, works } from '../integration/model-deaths.ts';
import { type ModelWorld, startModelWorld } from '../integration/model-world.ts';

let world: ModelWorld;
/** The one that serves, and the one that is there when it dies. */
let workers: ChildProcess[] = [];

async function startWorker(): Promise<ChildProcess> {
  const module = fileURLToPath(new URL('./model-worker.ts', import.meta.url));
  const args = ['--import', import.meta.resolve('tsx'), module, world.temporal.address, world.proxy.url];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const piece of child.stdout as AsyncIterable<Buffer>) if (piece.includes('ready')) break;
  return child;
}

beforeAll(async () => {
  world = await startModelWorld({ worker: false });
  workers = [await startWorker()];
}, 240_000);
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await world?.close();
});

it.each(works)('%s comes to the same when its worker is killed after each of its writes', async (work) => {
  let killed = 0;
  const deaths = await atEachWrite(world, work, async () => {
    const [victim, ...others] = workers;
    victim?.kill('SIGKILL');
    if (victim?.exitCode === null && victim.signalCode === null) await once(victim, 'exit');
    killed += 1;
    workers = [...others, await startWorker()];
  });
  expect(killed).toBe(deaths);
  expect(deaths).toBeGreaterThanOrEqual(work === 'archive' ? 3 : 5);
});
