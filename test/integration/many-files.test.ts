/** Tables of many files: what a reader holds of each of them must not be multiplied by their number. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTables } from '#adapters/duckdb/tables.ts';

const FILES = 100;
/** More than are looked into of each. */
const ROWS = 400;
const before = process.env.RATCHET_DUCKDB_MEMORY;
const folder = mkdtempSync(join(tmpdir(), 'ratchet-many-'));
let tables: ReturnType<typeof createTables>;
beforeAll(() => {
  // Of two hosts together: 256 MiB each.
  process.env.RATCHET_DUCKDB_MEMORY = '512MiB';
  tables = createTables({ scratchFolder: join(folder, 'scratch') });
});
afterAll(async () => {
  if (before === undefined) delete process.env.RATCHET_DUCKDB_MEMORY;
  else process.env.RATCHET_DUCKDB_MEMORY = before;
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Row {
  id: number;
  amount: number;
  day: string;
}
const row = (file: number, i: number): Row => ({ id: file * ROWS + i, amount: i + 0.5, day: '2024-01-02' });
const csv = (rows: readonly Row[]) => rows.map(({ id, amount, day }) => `${id},${amount},${day}\n`).join('');
const lines = (rows: readonly object[]) => rows.map((each) => `${JSON.stringify(each)}\n`).join('');

/** Text of a file, and, in the last one, what makes the first reading one in vain. */
const kinds: Record<string, (rows: readonly Row[], last: boolean) => string> = {
  'one.csv': (rows) => `id,amount,day\n${csv(rows)}`,
  'odd.csv': (rows, last) => `id,amount,day\n${csv(rows)}${last ? '0.5,7,2024-01-03\n' : ''}`,
  'one.jsonl': (rows) => lines(rows),
  'odd.jsonl': (rows, last) => `${lines(rows)}${last ? '{"more": [1, 2], "id": "x"}\n' : ''}`,
};

test.each(Object.keys(kinds))(`${FILES} files of %s are read whole in 256 MiB`, async (kind) => {
  const format = kind.endsWith('.csv') ? 'csv' : 'jsonl';
  mkdirSync(join(folder, kind));
  const files = Array.from({ length: FILES }, (_, file) => {
    const path = join(folder, kind, `${String(file).padStart(4, '0')}.${format}`);
    const rows = Array.from({ length: ROWS }, (_, i) => row(file, i));
    writeFileSync(path, kinds[kind]?.(rows, file === FILES - 1) ?? '');
    return path;
  });
  const to = join(folder, `${kind}.parquet`);
  const facts = await tables.snapshot({ files, format, to });
  expect(facts.rows).toBe(FILES * ROWS + (kind.startsWith('odd') ? 1 : 0));
  expect(facts.columns.map(({ name }) => name)).toEqual(expect.arrayContaining(['id', 'amount', 'day']));
});
