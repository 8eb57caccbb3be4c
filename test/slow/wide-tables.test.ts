/** Ten thousand columns: every check of data answers, as a command. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeTable } from '../bench/drift/tables.ts';

const bin = fileURLToPath(new URL('../../cli/bin.mjs', import.meta.url));
const COLUMNS = 10_000;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-wide-'));
  await writeTable(join(folder, 'wide.parquet'), { rows: 100, columns: COLUMNS }, 1, 0);
  const expectations = Array.from({ length: COLUMNS }, (_, k) => ({
    type: 'expect_column_values_to_not_be_null',
    kwargs: { column: `${k % 20 < 14 ? 'n' : k % 20 < 17 ? 'i' : 's'}${k}` },
  }));
  writeFileSync(join(folder, 'suite.json'), JSON.stringify({ name: 'wide', expectations }));
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function ratchet(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], { cwd: folder, maxBuffer: 2 ** 28 }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

it.each([
  ['validate', ['wide.parquet', '--suite', 'suite.json'], /10000 of 10000 expectations hold/],
  ['drift', ['--reference', 'wide.parquet', '--current', 'wide.parquet'], /0 of 10000 columns drifted/],
  ['profile', ['wide.parquet', '--out', 'profile.json'], /100 rows, 10000 columns/],
] as const)('%s takes ten thousand columns', async (verb, args, says) => {
  const said = await ratchet(verb, ...args);
  expect([said.code, said.stderr, said.stdout]).toEqual([0, '', expect.stringMatching(says)]);
});

it('quality takes ten thousand columns, and its page stays one that opens', async () => {
  const said = await ratchet('quality', 'wide.parquet', '--html', 'quality.html');
  expect([said.code, said.stdout]).toEqual([0, expect.stringContaining('of 10000; --json and --html have the others')]);
  expect(statSync(join(folder, 'quality.html')).size).toBeLessThan(5_000_000);
});
