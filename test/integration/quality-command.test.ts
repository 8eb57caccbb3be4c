import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { QualityReport } from '#contracts/quality.ts';
import { runVerbIn } from '../fixtures/verbs.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratchet-command-'));
const scratch = mkdtempSync(join(tmpdir(), 'ratchet-scratch-'));
afterAll(() => {
  for (const each of [folder, scratch]) rmSync(each, { recursive: true, force: true });
});

const ratchet = (...args: string[]) => runVerbIn(folder, { TMPDIR: scratch }, 'quality', ...args);

it('reads what a glob names, prints one JSON object, writes a page, and ends with 3 when a test fails', async () => {
  for (const day of [1, 2])
    writeFileSync(
      join(folder, `day${day}.csv`),
      `when,"<b>x</b>"\n2013-01-0${day},${day}\n2013-01-0${day}T12:00:00Z,\n`,
    );
  const [failed, wrong, missing] = await Promise.all([
    ratchet('day*.csv', '--max-missing', '0.1', '--json', '--html', 'page.html'),
    ratchet('day1.csv', '--test', 'missing a lot', '--json'),
    ratchet('day3.csv'),
  ]);
  expect(failed.code).toBe(3);
  const report = QualityReport.parse(JSON.parse(failed.stdout));
  expect(report.current).toMatchObject({ rows: 4, columns: 2, missing: 2 });
  expect(report.tests.map(({ column, passed }) => [column, passed])).toEqual([
    ['when', true],
    ['<b>x</b>', false],
  ]);
  expect(readFileSync(join(folder, 'page.html'), 'utf8')).toContain('✗ 1 of 2 tests fail');
  expect([wrong.code, JSON.parse(wrong.stdout).error.type]).toEqual([2, 'InvalidInput']);
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('did you mean day1.csv?')]);
  // tsx keeps a folder of its own there.
  expect(readdirSync(scratch).filter((name) => name.startsWith('ratchet'))).toEqual([]);
});
