/** What each of many files holds, read at once, is what each holds alone; for every format. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import type { Tables } from '#ports/tables.ts';

let folder: string;
let tables: Tables;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-count-'));
  tables = createTablesInProcess();
});
afterAll(async () => {
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});

const FILES = 80;
const numbers = (length: number) => Array.from({ length }, (_, n) => n);
interface Row {
  at: string;
  id: number;
  share: number | null;
  place: string;
}
/** Of `file` rows: the first file has none of them whole, the fifth has fractions where others have none. */
const rowsOf = (file: number): Row[] =>
  numbers((file % 7) + 1).map((n) => ({
    at: new Date(Date.UTC(2026, 0, 1 + file, 0, n)).toISOString(),
    id: file === 5 ? n + 0.5 : n,
    share: n === 2 ? null : n / 8,
    place: `p${file % 3}`,
  }));
const csv = (rows: readonly Row[]) =>
  `at,id,share,place\n${rows.map(({ at, id, share, place }) => `${at},${id},${share ?? ''},"${place}"\n`).join('')}`;
const lines = (rows: readonly Row[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

async function write(kind: string, rows = rowsOf): Promise<string[]> {
  const place = join(folder, `${kind}-${Math.random()}`);
  mkdirSync(place);
  const files: string[] = [];
  for (const file of numbers(FILES)) {
    const path = join(place, `${file}`);
    if (kind === 'jsonl') writeFileSync(path, lines(rows(file)));
    else if (kind === 'gzip') writeFileSync(path, gzipSync(csv(rows(file))));
    else writeFileSync(path, csv(rows(file)));
    files.push(path);
    if (kind !== 'parquet') continue;
    await tables.snapshot({ files: [path], format: 'csv', to: `${path}.parquet` });
    files[file] = `${path}.parquet`;
  }
  return files;
}
const formatOf = (kind: string) => (kind === 'jsonl' || kind === 'parquet' ? kind : 'csv');

test.each(['csv', 'gzip', 'jsonl', 'parquet'])('files of %s', async (kind) => {
  const format = formatOf(kind);
  const files = await write(kind);
  const counts = await tables.count({ files, format, time: 'at' });
  expect(counts.map(({ rows }) => rows)).toEqual(numbers(FILES).map((file) => rowsOf(file).length));
  expect(counts.map(({ last }) => last)).toEqual(
    numbers(FILES).map((file) => Date.parse(rowsOf(file).at(-1)?.at ?? '')),
  );
  expect(new Set(counts.map(({ digest }) => digest)).size).toBe(FILES);
  // Alone, where no other file has fractions.
  for (const file of [0, 5, 6, 79])
    expect(await tables.count({ files: [files[file] as string], format, time: 'at' })).toEqual([counts[file]]);
});

test('the same rows have the same digest however they are written, other rows another', async () => {
  const [asCsv, asLines, asParquet] = [await write('csv'), await write('jsonl'), await write('parquet')];
  const digests = async (files: readonly string[], kind: string) =>
    (await tables.count({ files, format: formatOf(kind) })).map(({ digest }) => digest);
  const expected = await digests(asCsv, 'csv');
  expect(await digests(asLines, 'jsonl')).toEqual(expected);
  expect(await digests(asParquet, 'parquet')).toEqual(expected);
  const changed = await write('csv', (file) =>
    rowsOf(file).map((row) => (file === 9 ? { ...row, id: row.id + 1 } : row)),
  );
  const after = await digests(changed, 'csv');
  expect(after.flatMap((digest, file) => (digest === expected[file] ? [] : [file]))).toEqual([9]);
});

test('one file under two names counts as often as it is named', async () => {
  const [first = '', second = ''] = await write('csv');
  const counts = await tables.count({ files: [first, second, first], format: 'csv', time: 'at' });
  expect(counts.map(({ rows }) => rows)).toEqual([1, 2, 1]);
  expect(counts[2]).toEqual(counts[0]);
});

test('without the column of times, or with words in it, it is an error', async () => {
  const files = await write('csv');
  await expect(tables.count({ files, format: 'csv', time: 'day' })).rejects.toMatchObject({
    type: 'DataInvalid',
    message: expect.stringContaining('there is no column day; the table has at, id, share, place'),
  });
  await expect(tables.count({ files, format: 'csv', time: 'place' })).rejects.toMatchObject({ type: 'DataInvalid' });
});

test('rows that differ in a long number alone are others, though the same as floating-point numbers', async () => {
  const digests = async (ids: readonly string[]) => {
    const place = join(folder, `ids-${Math.random()}`);
    mkdirSync(place);
    const files = ids.map((id, file) => {
      writeFileSync(join(place, `${file}.csv`), `id\n${id}\n`);
      return join(place, `${file}.csv`);
    });
    const found = await tables.count({ files, labels: files, format: 'csv', time: null });
    return found.map(({ digest }) => digest);
  };
  const [even, odd, again] = await digests(['9007199254740996', '9007199254740997', '9007199254740996']);
  expect(again).toBe(even);
  expect(odd).not.toBe(even);
});
