/** `ratchet init` on tables as they come: many files, labels that are late, labels that never come. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { initPipeline } from '#cli/verbs/init/init-pipeline.ts';

let root: string;
let printed: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ratchet-init-'));
  mkdirSync(join(root, 'offers'));
  writeFileSync(join(root, 'fit.py'), '');
  vi.stubEnv('RATCHET_ROOT', root);
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

/** One row a day from 1 March on; `label` by the day's number. */
function write(file: string, days: [first: number, last: number], label: (day: number) => string): void {
  const lines = Array.from({ length: days[1] - days[0] + 1 }, (_, at) => days[0] + at).map(
    (day) => `2026-03-${String(day).padStart(2, '0')} 12:00:00,${day},${label(day)}`,
  );
  writeFileSync(join(root, 'offers', file), ['at,visits,taken', ...lines, ''].join('\n'));
}
const init = (data: string, more: { time?: string } = { time: 'at' }) =>
  initPipeline({ trainer: join(root, 'fit.py'), data: join(root, 'offers', data), target: 'taken', ...more });
const source = () => readFileSync(join(root, 'pipelines', 'offers', 'pipeline.ts'), 'utf8');

it('many files are one table, and their folder is the name', async () => {
  write('1.csv', [1, 7], (day) => String(day % 2));
  write('2.csv', [8, 14], (day) => String(day % 2));
  await init('*.csv');
  expect(source()).toContain('data: "../../offers/*.csv",');
  expect(source()).not.toContain('labelsAfter');
  expect(source()).toContain('expect.column("taken").notNull()');
  expect(printed).toMatch(/14 rows, 3 columns; "taken" looks like a yes-or-no target/);
});

it('labels that the newest rows lack are late, by whole days', async () => {
  write('1.csv', [1, 14], (day) => String(day % 2));
  write('2.csv', [15, 28], () => '');
  await init('*.csv');
  expect(source()).toContain('labelsAfter: "14d",');
  // One that is a day later than the others stops no run.
  expect(source()).toContain('expect.column("taken").notNull({ mostly: 0.9 })');
  expect(printed).toMatch(/"taken" is empty in 14 of 28 rows, the newest: labels seem to come 14d after their rows/);
});

it('lateness is not rounded up where the last known label is of the end of its day', async () => {
  const rows = Array.from({ length: 20 * 24 }, (_, at) => {
    const [day, hour] = [Math.floor(at / 24) + 1, at % 24].map((part) => String(part).padStart(2, '0'));
    // Minutes differ, so that the last row of a day is more or less than whole days before the last of all.
    return `2026-03-${day} ${hour}:${Number(day) <= 6 ? '01' : '58'}:00,1,${Number(day) <= 6 ? at % 2 : ''}`;
  });
  writeFileSync(join(root, 'offers', 'hourly.csv'), ['at,visits,taken', ...rows, ''].join('\n'));
  await init('hourly*.csv');
  expect(source()).toContain('labelsAfter: "14d",');
});

it.each([
  ['here and there', { time: 'at' }, /"taken" is empty in 4 of 14 rows: a run refuses them\..*late: labelsAfter/],
  [
    'without a time',
    {},
    /"taken" is empty in 4 of 14 rows: a run refuses them\..*late: --time COLUMN, and labelsAfter/,
  ],
])('labels that are missing %s are told and no lateness is guessed', async (_, more, told) => {
  write('1.csv', [1, 14], (day) => (day % 4 === 1 ? '' : String(day % 2)));
  await init('*.csv', more);
  expect(printed).toMatch(told);
  expect(source()).not.toContain('labelsAfter');
});

it('nothing is learned from rows without any label, or from no files, and nothing is written', async () => {
  write('march.csv', [1, 14], () => '');
  await expect(init('march.csv')).rejects.toThrow(
    /^--target "taken" is empty in all 14 rows, .* give older files, too: --data 'FOLDER\/\*\.csv'\.$/,
  );
  await expect(init('3*.csv')).rejects.toThrow(/no file matches .*offers\/3\*\.csv/);
  await expect(init('')).rejects.toThrow(/is a folder: name its files/);
  await expect(
    initPipeline({ trainer: join(root, 'fit.py'), data: 's3://lake/o.csv', target: 'taken' }),
  ).rejects.toThrow(/files of this machine/);
  expect(() => source()).toThrow(/ENOENT/);
});
