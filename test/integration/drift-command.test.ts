import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DriftResult } from '#contracts/drift.ts';
import { runVerbIn } from '../fixtures/verbs.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-drift-command-'));
  const rows = (count: number, from: number, of: (i: number) => string) =>
    `price,zone,label\n${Array.from({ length: count }, (_, i) => of(i + from)).join('\n')}\n`;
  const usual = (i: number) => `${(i * 37) % 101}.5,${'abc'[i % 3]},${i % 2}`;
  await writeFile(join(folder, 'one.csv'), rows(400, 0, usual));
  await writeFile(join(folder, 'two.csv'), rows(300, 400, usual));
  await writeFile(join(folder, 'calm.csv'), rows(350, 1_000, usual));
  await writeFile(
    join(folder, 'moved.csv'),
    rows(350, 0, (i) => `${(i * 37) % 101}.5,${'abd'[i % 3]},1`),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ratchet = (...args: string[]) => runVerbIn(folder, {}, ...args);

test('compares, merges profiles, tests what is asked, and tells by its exit code', async () => {
  const calm = await ratchet('drift', '--reference', '*o.csv', '--current', 'calm.csv', '--json');
  expect(calm.stderr).toBe('');
  expect(calm.code).toBe(0);
  expect(DriftResult.parse(JSON.parse(calm.stdout))).toMatchObject({
    drifted: 0,
    share: 0,
    dataset_drift: false,
    tested: 3,
  });

  for (const name of ['one', 'two'])
    expect((await ratchet('profile', `${name}.csv`, '--out', `${name}.json`)).code).toBe(0);
  await writeFile(
    join(folder, 'suite.json'),
    JSON.stringify([
      { of: 'mean', column: 'price', eq: { relative: 0.5 } },
      { of: 'rows', gte: 1_000 },
    ]),
  );
  const moved = await ratchet(
    ...['drift', '--reference', 'one.json', 'two.json', '--current', 'moved.csv', '--json'],
    ...['--method', 'price=psi:0.3', '--tests', 'suite.json'],
  );
  expect(moved.code).toBe(3);
  const result = DriftResult.parse(JSON.parse(moved.stdout));
  expect(result).toMatchObject({ drifted: 2, dataset_drift: true, rows: { reference: 700, current: 350 } });
  const made = ['one', 'two'].map((name) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')).made);
  expect(result.notes).toContain(`the reference is a stored profile, made ${made.join(' to ')}`);
  expect(result.columns.price).toMatchObject({ method: 'psi', threshold: 0.3, drifted: false });
  expect(result.columns.zone).toMatchObject({ method: 'chisquare', value: 0, drifted: true });
  expect(result.tests.slice(-2)).toMatchObject([
    { status: 'SUCCESS' },
    { name: 'rows', status: 'FAIL', observed: 350 },
  ]);
  expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([]);
});

test('tests the target alone, and writes a page', async () => {
  const { code, stdout } = await ratchet(
    ...[
      'drift',
      '--reference',
      'one.csv',
      '--current',
      'moved.csv',
      '--preset',
      'target',
      '--target',
      'label',
      '--html',
      'page.html',
    ],
  );
  expect(code).toBe(3);
  expect(stdout).toContain('1 of 1 columns drifted');
  expect(readFileSync(join(folder, 'page.html'), 'utf8')).toMatch(
    /rows of one\.csv, measured <time datetime="(\d{4}-\d\d-\d\dT[\d:.]+Z)">\1<\/time><\/p><\/header>/,
  );
});

test('names a mistake', async () => {
  const wrong = await ratchet('drift', '--reference', 'one.csv', '--current', 'two.csv', '--method', 'prize=ks');
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean price?') });
  const none = await ratchet('drift', '--reference', 'one.csv', '--current', 'two.csv', '--method', 'price=kss');
  expect(none.stderr).toContain('the methods are ks, chisquare');
  expect((await ratchet('drift', '--reference', 'gone.csv', '--current', 'two.csv')).stderr).toContain(
    'gone.csv is not there',
  );
});
