/** Looking after jobs costs the same for ten as for hundreds: counted in processes, and in turns of the event loop. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LocalExecutor } from '#adapters/process/local-executor.ts';
import { ended, eventually, pythonJob } from '../conformance/executor.ts';
import { localExecutor } from '../fixtures/local-executor.ts';
import { testPython } from '../servers/programs.ts';

let folder: string;
let root: string;
let executor: LocalExecutor;
let spawned: () => Promise<number>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-reaper-'));
  root = join(folder, 'jobs');
  const [python, count] = [join(folder, 'python'), join(folder, 'count')];
  await writeFile(count, '');
  await writeFile(python, `#!/bin/sh\necho >>'${count}'\nexec '${testPython()}' "$@"\n`);
  await chmod(python, 0o755);
  spawned = async () => (await readFile(count, 'utf8')).length;
  executor = localExecutor(folder, { python });
});
afterEach(async () => {
  await executor.reap(async () => 'closed');
  await rm(folder, { recursive: true, force: true });
});

const forever = 'import time\nwhile True: time.sleep(1)';
const job = (id: string, code: string, run: string) => pythonJob(id, code, { labels: { run } });

/** So many jobs that have ended, and so many whose shim was killed: copies of a real one. */
async function make(done: number, dead: number): Promise<void> {
  await executor.start(job('first', "print('ran')", 'old'));
  await ended(executor, 'first');
  for (let i = 0; i < done; i++) await cp(join(root, 'first'), join(root, `done-${i}`), { recursive: true });
  for (let i = 0; i < dead; i++) {
    await cp(join(root, 'first'), join(root, `dead-${i}`), { recursive: true });
    await rm(join(root, `dead-${i}`, 'exit.json'));
  }
}

/** Processor time of this process in the longest turn of its loop while `work` was done, in ms: what else waited for. */
async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  let [over, longest] = [false, 0];
  const watching = (async () => {
    for (let before = process.cpuUsage(); !over; before = process.cpuUsage()) {
      await turn();
      const { user, system } = process.cpuUsage(before);
      longest = Math.max(longest, (user + system) / 1000);
    }
  })();
  await work();
  over = true;
  await watching;
  return longest;
}

it('asks one process about any number of jobs that need asking, and none about those that have ended', async () => {
  await make(400, 30);
  let before = await spawned();
  const listed = await executor.list();
  expect(listed.filter(({ state }) => state.kind === 'done')).toHaveLength(401);
  expect(listed.filter(({ state }) => state.kind === 'died')).toHaveLength(30);
  expect((await spawned()) - before).toBe(1);

  before = await spawned();
  const { stopped, removed } = await executor.reap(async () => 'closed');
  expect([stopped.length, removed.length]).toEqual([30, 0]);
  // One to ask, one to end.
  expect((await spawned()) - before).toBe(2);

  before = await spawned();
  const again = await executor.reap(async () => 'closed', 0);
  expect([again.stopped.length, again.removed.length]).toEqual([0, 431]);
  expect((await spawned()) - before).toBe(0);
});

it('lets the loop go on: no turn is longer than that of a single job, whose process is started', async () => {
  await make(0, 1);
  const control = await longestTurn(async () => {
    for (let i = 0; i < 5; i++) await executor.attach('dead-0');
  });
  await make(400, 0);
  const many = await longestTurn(() => executor.reap(async () => 'closed'));
  expect(many).toBeLessThan(10 * Math.max(control, 1));
});

it('stops all whose run is over at the same time, and asks about no job that is over and young', async () => {
  await make(20, 0);
  for (const id of ['a', 'b', 'c']) await executor.start(job(id, forever, 'closed'));
  await executor.start(job('kept', forever, 'open'));
  const asked: string[] = [];
  const { stopped } = await executor.reap(async ({ id, labels }) => {
    asked.push(id);
    return labels.run === 'closed' ? 'closed' : 'open';
  });
  expect(stopped.sort()).toEqual(['a', 'b', 'c']);
  expect(asked.sort()).toEqual(['a', 'b', 'c', 'kept']);
  expect((await executor.attach('kept')).kind).toBe('running');
});

it('is kept from nothing by a folder that holds rubbish', async () => {
  await make(2, 2);
  await writeFile(join(root, 'done-0', 'exit.json'), '{half');
  await writeFile(join(root, 'dead-0', 'process.json'), '{half');
  await expect(executor.reap(async () => 'closed')).rejects.toThrow(/dead-0 could not be closed/);
  expect((await executor.attach('dead-1')).kind).toBe('done');
  await rm(join(root, 'dead-0'), { recursive: true });
});

it('a request to stop that was on its way when the job was taken over is nobody’s', async () => {
  const holder = { run: 'first', node: 'n' };
  const spec = pythonJob('late', forever, { labels: holder });
  const control = { ...spec, id: 'control' };
  for (const each of [spec, control]) await executor.start(each);
  expect(await executor.take('late', { run: 'second', node: 'n' }, 0)).toBe(true);
  // As the one before writes it when it looked just before that.
  for (const id of ['late', 'control'])
    await writeFile(join(root, id, 'stop.json'), JSON.stringify({ attempt: 1, reason: 'too late', taken: 0 }));
  expect(await ended(executor, 'control')).toMatchObject({ reason: 'stopped', detail: 'too late' });
  expect((await executor.attach('late')).kind).toBe('running');
  await executor.stop('late', 'test over');
});

it('processes that take a job over and are killed at it leave it with one holder', async () => {
  await executor.start(pythonJob('contested', forever, { labels: { run: 'r', node: 'n' } }));
  const taker = join(folder, 'taker.mjs');
  const modules = join(import.meta.dirname, '../../adapters/process/local-jobs.ts');
  await writeFile(
    taker,
    `import { LocalJobs } from ${JSON.stringify(modules)};
const executor = new LocalJobs(${JSON.stringify({ root, python: testPython(), trainers: join(import.meta.dirname, '../../trainers') })});
console.log('ready');
for (;;) {
  const now = await executor.holder('contested');
  if (await executor.take('contested', { run: process.argv[2], node: 'n' }, now.taken)) console.log(now.taken + 1);
}`,
  );
  const takers = [0, 1, 2].map((each) => {
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), taker, `run-${each}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString();
    });
    return { child, took: () => said.split('\n').slice(1, -1).map(Number) };
  });
  await eventually(async () => takers.every(({ took }) => took().length > 5));
  for (const { child } of takers) {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  const numbers = takers.flatMap(({ took }) => took());
  expect(new Set(numbers).size).toBe(numbers.length);
  const holder = await executor.holder('contested');
  expect(holder?.taken).toBeGreaterThanOrEqual(Math.max(...numbers));
  // Who was killed in the middle kept nobody from it.
  expect(await executor.take('contested', { run: 'last', node: 'n' }, holder?.taken ?? 0)).toBe(true);
  expect((await executor.list()).map(({ labels }) => labels.run)).toEqual(['last']);
});
