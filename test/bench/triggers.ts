/** What the loop costs: from a signal to the run's start, signals a second, and a thousand pipelines. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newRows, schedule } from 'ratchet-ml';
import { tellLoop } from '#adapters/temporal/loops.ts';
import { LoopPolicy } from '#contracts/triggers.ts';
import { reconcile } from '#workers/deploy/reconcile.ts';
import { each } from '#workers/each.ts';
import { createFolderStore } from '../conformance/folder-store.ts';
import setup from '../setup/python-environment.ts';
import { startDevServer } from '../workflows/harness.ts';
import { flood } from '../workflows/loop-flood.ts';
import { type LoopWorld, pipelineThat, startLoopWorld } from '../workflows/loop-world.ts';
import { repository } from './world.ts';

const AT_ONCE = 24;

export async function triggers(options: { quick: boolean }): Promise<void> {
  await setup();
  const world = await startLoopWorld({ environment: await startDevServer() });
  const lines: string[] = [
    '# The loop',
    '',
    'One machine, the development server in memory, one worker; steps do nothing.',
    '',
  ];
  const tell = (line: string) => {
    console.log(line);
    lines.push(line);
  };
  try {
    tell('| what | figure |');
    tell('| --- | --- |');
    const waits = await signalToStart(world, options.quick ? 30 : 200);
    tell(`| signal to run start, p50 | ${Math.round(at(waits, 0.5))} ms |`);
    tell(`| signal to run start, p99 | ${Math.round(at(waits, 0.99))} ms |`);
    await world.deploy({ pipeline: 'flooded', triggers: newRows({ atLeast: 1e9 }) });
    const { rate, histories } = await flood(world, 'flooded', options.quick ? 2_000 : 20_000);
    tell(`| signals a second to one loop, all decided upon | ${Math.round(rate)}, in ${histories.length} executions |`);
    await thousand(world, options.quick ? 100 : 1_000, tell);
    if (process.env.RATCHET_WRITE_DOCS === '1')
      writeFileSync(join(repository, 'docs', 'bench-triggers.md'), `${lines.join('\n')}\n`);
  } finally {
    await world.harness.stop();
  }
}

async function signalToStart(world: LoopWorld, count: number): Promise<number[]> {
  const waits: number[] = [];
  for (let n = 0; n < count; n++) {
    const pipeline = world.harness.pipeline(pipelineThat(() => null));
    await world.deploy({ pipeline, triggers: newRows({ atLeast: 1 }) });
    await world.until(pipeline, () => true);
    const began = performance.now();
    await world.tell(pipeline, 'dataArrived', { rows: 1 });
    // A run starts by asking for its plan.
    while (!world.harness.plans.some((plan) => plan.pipeline === pipeline))
      await new Promise((resolve) => setImmediate(resolve));
    waits.push(performance.now() - began);
  }
  return waits.sort((a, b) => a - b);
}

async function thousand(world: LoopWorld, count: number, tell: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-bench-loops-'));
  const { client } = world.harness.environment;
  const store = createFolderStore(folder);
  try {
    const policies = Array.from({ length: count }, (_, n) =>
      LoopPolicy.parse({
        pipeline: `many-${n}`,
        triggers: { kind: 'any', of: [newRows({ atLeast: 1e6 }), schedule('0 2 * * 1')] },
      }),
    );
    const seconds = async (work: () => Promise<unknown>) => {
      const began = performance.now();
      await work();
      return ((performance.now() - began) / 1_000).toFixed(1);
    };
    const deploy = () => reconcile({ client, store }, policies, { dryRun: false });
    tell(
      `| ${count.toLocaleString('en')} pipelines deployed, a loop and a schedule each | ${await seconds(deploy)} s |`,
    );
    let changes = -1;
    const again = await seconds(async () => {
      changes = (await deploy()).length;
    });
    tell(`| deployed again | ${again} s, ${changes} changes |`);
    const cpu = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    const idle = process.cpuUsage(cpu);
    tell(`| the worker while they idle | ${(((idle.user + idle.system) / 1e6 / 10) * 100).toFixed(1)} % of a core |`);
    const names = policies.map(({ pipeline }) => pipeline);
    const now = new Date().toISOString();
    const ids = names.flatMap((pipeline) => [1, 2, 3].map((n) => ({ pipeline, id: `${pipeline}-${n}` })));
    const burst = await seconds(async () => {
      await each(AT_ONCE, ids, ({ pipeline, id }) =>
        tellLoop(client, { pipeline }, 'dataArrived', { id, at: now, rows: 1 }),
      );
      for (const name of names) await world.until(name, ({ newRows }) => newRows === 3);
    });
    tell(`| three signals to each of them, none lost | ${burst} s |`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
