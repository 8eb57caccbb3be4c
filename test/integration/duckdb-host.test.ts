/** The data host as a process: it dies, is cancelled, is locked in, and never holds up its parent. */
import { fork } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bytesOf } from '#adapters/duckdb/host/memory.ts';
import { createTables } from '#adapters/duckdb/tables.ts';
import type { Tables } from '#ports/tables.ts';

const work = new URL('../fixtures/data-host/work.ts', import.meta.url).href;
let folder: string;
let scratch: string;
let tables: Tables;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-host-test-'));
  scratch = join(folder, 'scratch');
  tables = createTables({ scratchFolder: scratch, idleMs: 100 });
});
afterAll(async () => {
  await tables.close();
  await rm(folder, { recursive: true, force: true });
});

const compute = <R>(name: string, args: unknown = null, signal?: AbortSignal) =>
  tables.compute<R>({ module: work, name, args, files: [] }, signal);

async function csv(name: string, rows: number): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `n,group\n${Array.from({ length: rows }, (_, i) => `${i},${'abc'[i % 3]}`).join('\n')}\n`);
  return path;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('it never came to hold');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('cancel', () => {
  test.each(['block', 'wait'])('ends work that does %s, and the next request runs', async (name) => {
    const before = await compute<number>('pid');
    const abort = new AbortController();
    const running = compute(name, null, abort.signal);
    abort.abort(new Error('cancelled by the test'));
    await expect(running).rejects.toThrow('cancelled by the test');
    // Neither hears a cancel: the host was killed, and the next request has another.
    expect(await isRunning(before)).toBe(false);
    expect(await compute<number>('pid')).not.toBe(before);
  });

  test('of very many requests is heard by those alone that go on', async () => {
    const abort = new AbortController();
    for (let n = 0; n < 3; n++) await compute('pid', null, abort.signal);
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
  });

  test('leaves no file of a snapshot that it ended', async () => {
    const source = await csv('big.csv', 400_000);
    const to = join(folder, 'cancelled.parquet');
    const abort = new AbortController();
    const running = tables.snapshot({ files: [source], format: 'csv', to }, abort.signal);
    abort.abort(new Error('no longer wanted'));
    await expect(running).rejects.toThrow('no longer wanted');
    await expect(stat(to)).rejects.toThrow('ENOENT');
  });

  test('ends a validation with tests in SQL and in JavaScript long before it would end, and leaves no file', async () => {
    const file = join(folder, 'to-validate.parquet');
    await tables.snapshot({ files: [await csv('to-validate.csv', 300_000)], format: 'csv', to: file });
    const before = await readdir(folder);
    const tests = ['group', 'n'].map((column) => ({
      of: 'test' as const,
      columns: [column],
      test: { is: 'matches' as const, regexes: ['(?<=x)(a|b|c)+$'], all: true, not: false },
      ignore: 'any' as const,
    }));
    const many = Array.from({ length: 40 }, (_, i) =>
      tests.map((each) => ({ ...each, test: { ...each.test, regexes: [`(?<=${i})a`] } })),
    ).flat();
    const abort = new AbortController();
    const running = tables.measure({ files: [file], measures: many }, abort.signal);
    // The control: the same work that nobody cancels, asked for at the same moment.
    const order: string[] = [];
    const control = tables.measure({ files: [file], measures: many }).then(() => order.push('control'));
    setTimeout(() => abort.abort(new Error('no longer asked')), 300);
    await expect(running.finally(() => order.push('cancelled'))).rejects.toThrow('no longer asked');
    expect(await readdir(folder)).toEqual(before);
    await control;
    expect(order).toEqual(['cancelled', 'control']);
  });

  test('takes a request out of the line', async () => {
    const first = [new AbortController(), new AbortController()];
    const busy = first.map((abort) => compute('wait', null, abort.signal));
    const third = new AbortController();
    const waiting = compute('pid', null, third.signal);
    third.abort(new Error('not waiting any longer'));
    await expect(waiting).rejects.toThrow('not waiting any longer');
    for (const abort of first) abort.abort(new Error('enough'));
    await Promise.all(busy.map((each) => expect(each).rejects.toThrow('enough')));
  });
});

describe('death', () => {
  test('of the host fails the request as worth a retry, and the retry gets a new host', async () => {
    const before = await compute<number>('pid');
    await expect(compute('die')).rejects.toMatchObject({
      type: 'StepHostDied',
      message: expect.stringContaining('SIGKILL'),
    });
    expect(await compute<number>('pid')).not.toBe(before);
  });

  test('of the parent ends the host, and the next parent removes what was left', async () => {
    const main = fileURLToPath(new URL('../fixtures/data-host/parent.ts', import.meta.url));
    const parent = fork(main, [scratch, work], { execArgv: ['--import', import.meta.resolve('tsx')], stdio: 'ignore' });
    const host = await new Promise<number>((resolve) => parent.once('message', (pid) => resolve(Number(pid))));
    const ended = new Promise((resolve) => parent.once('close', resolve));
    parent.kill('SIGKILL');
    await ended;
    await until(async () => !(await isRunning(host)));
    const next = createTables({ scratchFolder: scratch });
    expect((await readdir(scratch)).filter((name) => name.includes(`~${parent.pid}~`))).toEqual([]);
    await next.close();
  });
});

test('two requests run at once, in processes of their own; a third waits', async () => {
  const place = join(folder, 'gate');
  await mkdir(place);
  const works = ['a', 'b', 'c'].map((name) => compute<number>('gate', { place, name }));
  // Both hold their place until the gate is opened: the third has none.
  await until(async () => (await readdir(place)).length === 2);
  await writeFile(join(place, 'open'), '');
  expect(new Set(await Promise.all(works)).size).toBe(2);
  await until(async () => (await readdir(scratch)).filter((name) => name.includes(`~${process.pid}~`)).length === 1);
});

test('the parent goes on while the host computes', async () => {
  await compute('pid');
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  await compute('busy', 1_000);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(3);
});

test('numbers cross as they are, also those that JSON has not', async () => {
  const source = await csv('numbers.csv', 5);
  const file = join(folder, 'numbers.parquet');
  await tables.snapshot({ files: [source], format: 'csv', to: file });
  const sum = await tables.compute<{ sum: number; nan: number; groups: string[] }>({
    module: work,
    name: 'sumOf',
    args: { file },
    files: [file],
  });
  expect(sum).toEqual({ sum: 10, nan: Number.NaN, groups: ['a', 'b', 'c', 'a', 'b'] });
  await expect(tables.compute({ module: work, name: 'sumOf', args: { file }, files: [] })).rejects.toThrow('not among');
});

describe('a session', () => {
  let file: string;
  beforeEach(async () => {
    file = join(folder, 'locked.parquet');
    await tables.snapshot({ files: [await csv('locked.csv', 10)], format: 'csv', to: file });
  });

  const featurize = (derive: { column: string; text: string }[], where: string | null = null) =>
    tables.featurize({
      file,
      columns: [
        { name: 'n', type: 'BIGINT' },
        { name: 'group', type: 'VARCHAR' },
      ],
      time: null,
      views: [],
      derive,
      where,
      select: ['n', ...derive.map(({ column }) => column)],
      split: { by: 'share', holdout: 0.5 },
      train: join(folder, 'a.parquet'),
      holdout: join(folder, 'b.parquet'),
    });

  test.each([
    ['another table', "(SELECT count(*) FROM read_csv('/etc/passwd'))", 'reads another table'],
    ['a second statement', '1) FROM t; DROP TABLE result; SELECT (1', 'more than one expression'],
    ['a second column', '1), (2', 'more than one expression'],
    ['a second query', 'n) FROM t UNION SELECT (n', 'more than one expression'],
    ['a clause', 'n) FROM t WHERE (true', 'is not an expression'],
    ['half an expression', 'n >', 'is not an expression'],
    ['nothing', '', 'is not an expression'],
    ['a clock', 'current_date', 'another value in every run'],
    ['a hidden clock', 'ago(INTERVAL 1 DAY)', 'another value in every run'],
    ['an age until now', "age(TIMESTAMP '2020-01-01')", 'another value in every run'],
    ['a setting', "current_setting('threads')", 'another value in every run'],
    ['chance', 'random()', 'another value in every run'],
    ['an aggregate', 'avg(n)', 'over all rows'],
    ['all columns', '*', 'all columns at once'],
    ['a window', 'lag(n) OVER (ORDER BY n)', 'needs the time column'],
    ['a placeholder', '$1', 'placeholder'],
    ['a file function', "read_text('/etc/passwd')", ''],
  ])('refuses %s', async (_, text, message) => {
    await expect(featurize([{ column: 'x', text }])).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining(message),
    });
    await expect(featurize([], text)).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining(message),
    });
  });

  test('names the expression that does not fit', async () => {
    await expect(
      featurize([
        { column: 'ok', text: 'n + 1' },
        { column: 'x', text: 'nn + 1' },
      ]),
    ).rejects.toMatchObject({ message: expect.stringMatching(/derive\.x: "nn \+ 1".*nn.*not found/) });
    await expect(featurize([], "n > 0 AND n + 'a' > 1")).rejects.toMatchObject({
      message: expect.stringMatching(/where.*Could not convert.*try_cast/),
    });
  });

  test('takes what is one expression, comments and all', async () => {
    const { train } = await featurize([
      { column: 'x', text: 'n + 1 -- one more' },
      { column: 'quo"te', text: "'it''s; DROP TABLE x'" },
      { column: 'l', text: 'list_sum(list_transform([n, 1], e -> e + n))' },
    ]);
    expect(train.columns.map(({ name }) => name)).toEqual(['n', 'x', 'quo"te', 'l']);
  });
});

test('memory is a number and a unit', () => {
  expect(bytesOf('1.5GiB')).toBe(1.5 * 2 ** 30);
  expect(() => bytesOf('lots')).toThrow('RATCHET_DUCKDB_MEMORY is "lots"');
});

test("the host knows none of its parent's secrets", async () => {
  process.env.AWS_SECRET_ACCESS_KEY = 'secret-of-the-test';
  const fresh = createTables({ scratchFolder: scratch });
  const seen = await fresh.compute<string[]>({ module: work, name: 'environment', args: null, files: [] });
  delete process.env.AWS_SECRET_ACCESS_KEY;
  await fresh.close();
  expect(seen).not.toContain('AWS_SECRET_ACCESS_KEY');
});

async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return status !== null && !/\) Z /.test(status);
}
