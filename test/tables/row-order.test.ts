/** Rows of several files are in the order of the files, every time: places in messages and digests depend on it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import type { Tables } from '#ports/tables.ts';

let folder: string;
let tables: Tables;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-order-'));
  tables = createTablesInProcess();
});
afterAll(async () => {
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});

const ROWS = 20;
/** The order goes wrong by chance, in one reading of ten. */
const READINGS = 40;
const lines = {
  csv: (from: number) => [
    'at,value',
    ...rows(from).map((row) => `${row}:00:00,${row % 3 === 0 ? '-inf' : `${row}.5`}`),
  ],
  jsonl: (from: number) => rows(from).map((row) => JSON.stringify({ at: `${row}:00:00`, value: row + 0.5 })),
};
const rows = (from: number) => Array.from({ length: ROWS }, (_, i) => from + i);

it.each(['csv', 'jsonl'] as const)('%s', async (format) => {
  const files = [0, 1, 2].map((part) => join(folder, `part-${part}.${format}`));
  for (const [part, file] of files.entries()) writeFileSync(file, `${lines[format](part * ROWS).join('\n')}\n`);
  const to = join(folder, `${format}.parquet`);
  const digests = new Set<string>();
  for (let reading = 0; reading < READINGS; reading++) digests.add((await tables.snapshot({ files, format, to })).md5);
  expect(digests.size).toBe(1);
  const { columns } = await tables.columns(to, { at: 'text' });
  const read = Array.from(columns.at.codes, (code) => columns.at.values[code]);
  expect(read).toEqual(Array.from({ length: 3 * ROWS }, (_, row) => `${row}:00:00`));
});
