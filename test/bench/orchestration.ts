/** What Ratchet adds to the work itself, next to the raw SDK, Dagster and Prefect. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectTemporal } from '#adapters/temporal/connection.ts';
import { connectionSettings } from '#stack/connection-settings.ts';
import { stopStack } from '#stack/stack.ts';
import { stackStatus } from '#stack/status.ts';
import { startWorkerProcess } from '../fixtures/worker-process.ts';
import type { Contender, Shape } from './contender.ts';
import { noOpFlagship } from './flagship.ts';
import { idleParts } from './idle.ts';
import { machine } from './machine.ts';
import { memoryOverRuns } from './many-runs.ts';
import { measure } from './measure.ts';
import { startDagster } from './peers/dagster.ts';
import { startPrefect } from './peers/prefect.ts';
import { ratchet } from './ratchet-contender.ts';
import { startRaw } from './raw/contender.ts';
import { type Results, report } from './report.ts';
import { dev, makeProject, repository, root } from './world.ts';

/** Counted repetitions of each shape, by us and by a peer. */
const full: Record<Shape, [number, number]> = {
  seven: [15, 9],
  'wide-100': [9, 3],
  'wide-2500': [3, 1],
  fifty: [3, 1],
};
const quick: Record<Shape, [number, number]> = {
  seven: [7, 3],
  'wide-100': [3, 1],
  'wide-2500': [1, 0],
  fifty: [1, 1],
};

export async function orchestration(options: { quick: boolean; peers: boolean }): Promise<void> {
  const tell = (line: string) => console.error(line);
  const contenders: Contender[] = [];
  let closeTemporal = async () => {};
  const bringDown = async () => {
    await Promise.allSettled(contenders.map((contender) => contender.close()));
    await stopStack(root);
  };
  // The connection stays open then: calls that are under way would throw where nobody can catch it.
  const interrupted = () => void bringDown().finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    await makeProject();
    const before = machine();
    tell('starting the stack, as ratchet dev does');
    const fresh = await dev();
    const again = options.quick ? null : await stopStack(root).then(dev);
    tell('a second worker, and what idle parts cost');
    const workerStartMs = await startOfWorker();
    const idle = await idleParts(root);

    const temporal = await connectTemporal(connectionSettings(root).temporal);
    closeTemporal = () => temporal.close();
    tell('the flagship from the cache');
    const flagship = await noOpFlagship(temporal.client);

    const { parts } = await stackStatus(root);
    contenders.push(ratchet(temporal.client, parts.find(({ name }) => name === 'worker-1')?.pid ?? null));
    contenders.push(await startRaw(root, temporal.client));
    if (options.peers) {
      tell('starting Dagster and Prefect (their first time: installing them)');
      const peers = [
        () => startDagster(root, 'in-process'),
        ...(options.quick ? [] : [() => startDagster(root, 'multiprocess')]),
        () => startPrefect(root),
      ];
      for (const start of peers)
        try {
          contenders.push(await start());
        } catch (error) {
          // A peer that does not start here is missing in the table; the rest is still worth having.
          tell(`  left out: ${error instanceof Error ? error.message : String(error)}`);
        }
    }
    tell(`measuring ${contenders.map(({ name }) => name).join(', ')}`);
    const counts = options.quick ? quick : full;
    const figures = await measure(
      contenders,
      (shape, { name }) => {
        const [ours, theirs] = counts[shape];
        if (name === 'Ratchet' || name === 'raw SDK') return ours;
        return name.includes('multiprocess') ? Math.min(1, theirs) : theirs;
      },
      tell,
    );
    tell('five hundred runs, and what the worker keeps of them');
    const [ours] = contenders;
    const kept = ours ? await memoryOverRuns(ours, root, options.quick ? 100 : 500) : [];
    const results: Results = {
      machine: { before, after: machine() },
      fresh,
      again,
      workerStartMs,
      idle,
      flagship,
      contenders: contenders.map(({ name, executor }) => ({ name, executor })),
      figures,
      kept,
    };
    const text = report(results);
    console.log(text);
    if (process.env.RATCHET_WRITE_DOCS === '1') writeFileSync(join(repository, 'docs', 'bench.md'), text);
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await closeTemporal();
    await bringDown();
  }
}

/** From spawn to ready, with all servers up and the bundle of workflows built. */
async function startOfWorker(): Promise<number> {
  const began = performance.now();
  const worker = startWorkerProcess(root, {});
  await worker.ready();
  const ms = performance.now() - began;
  worker.signal('SIGTERM');
  await worker.ended;
  return ms;
}
