/** JSON lines become a table that gives every value back: no sample's type is forced on the rest. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import type { SnapshotRequest, Tables } from '#ports/tables.ts';

let folder: string;
let tables: Tables;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-jsonl-'));
  tables = createTablesInProcess();
});
afterAll(async () => {
  await tables.close();
  await rm(folder, { recursive: true, force: true });
});

let made = 0;
async function file(lines: readonly string[]): Promise<string> {
  const path = join(folder, `${made++}.jsonl`);
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

/** The columns' types, and every cell as text. */
async function read(files: readonly string[], more: Partial<SnapshotRequest> = {}) {
  const to = join(folder, `${made++}.parquet`);
  const { columns } = await tables.snapshot({ files, format: 'jsonl', to, ...more });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  const rows = (
    await connection.runAndReadAll(`SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet('${to}')`)
  ).getRowObjectsJson();
  connection.closeSync();
  instance.closeSync();
  return { types: columns.map(({ type }) => type), names: columns.map(({ name }) => name), rows };
}

const column = async (values: readonly string[]) => {
  const { types, rows } = await read([await file(values.map((value) => `{"v":${value}}`))]);
  return { type: types[0], values: rows.map((row) => row.v) };
};

describe('a value far behind the first ones', () => {
  const late = (first: string, last: string) => [...Array<string>(30_000).fill(first), last];
  test.each([
    ['3', '3.6', 'DOUBLE', '3.6'],
    ['true', '7', 'VARCHAR', '7'],
    ['1', '"abc"', 'VARCHAR', 'abc'],
    ['1', '9007199254740993', 'BIGINT', '9007199254740993'],
    ['0.5', '9007199254740993', 'VARCHAR', '9007199254740993'],
    ['1', '12345678901234567890', 'VARCHAR', '12345678901234567890'],
    ['"2024-01-01"', '"2024-01-01T10:30:00"', 'TIMESTAMP', '2024-01-01 10:30:00'],
    ['"2024-01-01"', '"2024-13-01"', 'VARCHAR', '2024-13-01'],
    ['"2024-01-01"', '20240101', 'VARCHAR', '20240101'],
    ['null', '2.5', 'DOUBLE', '2.5'],
    ['[1,2]', '[1.5]', 'VARCHAR', '[1.5]'],
    ['{"a":1}', '{"a":2,"b":3}', 'VARCHAR', '{"a":2,"b":3}'],
  ])('%s, then %s', async (first, last, type, value) => {
    const found = await column(late(first, last));
    expect(found.type).toBe(type);
    expect(found.values.at(-1)).toBe(value);
  });

  test('of a key that no line had before', async () => {
    const found = await read([await file([...late('1', '1').map((v) => `{"v":${v}}`), '{"v":1,"later":5,"z":"q"}'])]);
    expect(found.names).toEqual(['v', 'later', 'z']);
    expect(found.rows.at(-1)).toEqual({ v: '1', later: '5', z: 'q' });
  });
});

test.each([
  [['"12:15"', '"12:16"'], 'VARCHAR', ['12:15', '12:16']],
  [['"007"', '"008"'], 'VARCHAR', ['007', '008']],
  [['"yes"', '"true"'], 'VARCHAR', ['yes', 'true']],
  [['"6ba7b810-9dad-11d1-80b4-00c04fd430c8"'], 'VARCHAR', ['6ba7b810-9dad-11d1-80b4-00c04fd430c8']],
  [['18446744073709551615', '1'], 'VARCHAR', ['18446744073709551615', '1']],
  [['12345678901234567890', '12345678901234567891'], 'VARCHAR', ['12345678901234567890', '12345678901234567891']],
  [['100000000000000000000', '0.5'], 'DOUBLE', ['1e+20', '0.5']],
  [['1e-7', '2'], 'DOUBLE', ['1e-07', '2.0']],
  [['1e400', '1'], 'VARCHAR', ['1e400', '1']],
  [['NaN', '1', '-Infinity'], 'DOUBLE', ['nan', '1.0', '-inf']],
  [['"a"', '7', 'true', 'null'], 'VARCHAR', ['a', '7', 'true', null]],
  [['"2024-02-29"', '"2024-01-01"'], 'DATE', ['2024-02-29', '2024-01-01']],
  [['"2024-02-30"'], 'VARCHAR', ['2024-02-30']],
  [['"2024-01-01T10:00:00+02:00"'], 'TIMESTAMP WITH TIME ZONE', ['2024-01-01 08:00:00+00']],
  [['"2024-01-01T10:00:00.123456789"'], 'VARCHAR', ['2024-01-01T10:00:00.123456789']],
  [
    ['{"a":"2024-01-01","b":1}', '{"a":"x","b":2}'],
    'STRUCT(a VARCHAR, b BIGINT)',
    ["{'a': 2024-01-01, 'b': 1}", "{'a': x, 'b': 2}"],
  ],
  [['{"A":1,"a":1}'], 'VARCHAR', ['{"A":1,"a":1}']],
  [['[12345678901234567890]'], 'VARCHAR', ['[12345678901234567890]']],
  [['{}', '"x"', '[1]'], 'VARCHAR', ['{}', 'x', '[1]']],
  [['null'], 'VARCHAR', [null]],
  // As many digits as were written, or the nearest number that writes them.
  [['0.12345678901234567890', '1.5'], 'DECIMAL(20,19)', ['0.1234567890123456789', '1.5000000000000000000']],
  [['0.12345678901234567'], 'DECIMAL(18,17)', ['0.12345678901234567']],
  [['1234567890123456789.25', '7', 'null'], 'DECIMAL(21,2)', ['1234567890123456789.25', '7.00', null]],
  [['0.10000000000000001', '0.1000000000000000055511151231257827'], 'DOUBLE', ['0.1', '0.1']],
  [['1e-400', '1'], 'VARCHAR', ['1e-400', '1']],
  [['1.2345678901234567890123e5', '1'], 'VARCHAR', ['1.2345678901234567890123e5', '1']],
  [['"a"', '0.12345678901234567890', 'true'], 'VARCHAR', ['a', '0.12345678901234567890', 'true']],
  [['[0.12345678901234567890,"b"]'], 'VARCHAR', ['[0.12345678901234567890,"b"]']],
  [['{"x":{"y":0.12345678901234567890}}'], 'VARCHAR', ['{"x":{"y":0.12345678901234567890}}']],
  [['"0.12345678901234567890"', '"b"'], 'VARCHAR', ['0.12345678901234567890', 'b']],
])('%j is %s', async (values, type, cells) => {
  expect(await column(values)).toEqual({ type, values: cells });
});

test('a number with more digits than DOUBLE has, beside strings that look like one and keys of any name', async () => {
  const lines = ['{"a\\"b": 0.12345678901234567890, "s": "1, 0.98765432109876543210", "x": 0.5}', '{"a\\"b": 1}'];
  expect(await read([await file(lines)])).toEqual({
    names: ['a"b', 's', 'x'],
    types: ['DECIMAL(20,19)', 'VARCHAR', 'DOUBLE'],
    rows: [
      { 'a"b': '0.1234567890123456789', s: '1, 0.98765432109876543210', x: '0.5' },
      { 'a"b': '1.0000000000000000000', s: null, x: null },
    ],
  });
});

test.each([
  ['DOUBLE', '0.12345678901234568'],
  ['VARCHAR', '0.12345678901234567890'],
  ['DECIMAL(30,20)', '0.12345678901234567890'],
])('and a declared type: %s', async (type, cell) => {
  const { types, rows } = await read([await file(['{"v":0.12345678901234567890}'])], { types: { v: type } });
  expect([types, rows]).toEqual([[type], [{ v: cell }]]);
});

test('neither width nor sparsity changes what a table is', async () => {
  const wide = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`f${i}`, i / 7]));
  expect((await read([await file([JSON.stringify(wide), JSON.stringify(wide)])])).names).toEqual(Object.keys(wide));
  const sparse = Array.from({ length: 400 }, (_, i) => JSON.stringify({ [`s${i % 40}`]: i }));
  const found = await read([await file(sparse)]);
  expect(found.names).toEqual(Array.from({ length: 40 }, (_, i) => `s${i}`));
  expect(found.rows[41]).toMatchObject({ s0: null, s1: '41' });
});

test('files of one table are one table, whatever each of them holds', async () => {
  const parts = [await file(['{"a":null,"b":1}']), await file(['{"a":2.5}']), await file(['{"b":"x","c":true}'])];
  expect(await read(parts)).toEqual({
    names: ['a', 'b', 'c'],
    types: ['DOUBLE', 'VARCHAR', 'BOOLEAN'],
    rows: [
      { a: null, b: '1', c: null },
      { a: '2.5', b: null, c: null },
      { a: null, b: 'x', c: 'true' },
    ],
  });
});

describe('refuses', () => {
  test.each([
    [
      'a value that a declared type would change',
      ['{"v":1}', '{"v":2.5}'],
      /row 2: column v holds "2\.5", which is not BIGINT/,
    ],
    ['keys that differ by case alone', ['{"v":1}', '{"V":2}'], /row 2 has a key V, and .* row 1 has v/],
    ['a key that stands twice', ['{"v":1,"v":2}'], /line 1: the key v stands twice/],
    ['a line that is no object', ['{"v":1}', '[1]'], /line 2: each line must hold one object/],
    ['a key without a name', ['{"v":1,"":2}'], /a key without a name/],
    ['a line that is cut off', ['{"v":1}', '{"v":'], /jsonl line 2: this is not one whole JSON object: unexpected end/],
    ['the first line', ['{"v":', '{"v":1}'], /jsonl line 1: this is not one whole JSON object/],
    [
      'a line behind empty ones',
      ['{"v":1}', '', '  ', '{"v":2}', '{"v":x}'],
      /jsonl line 5: this is not one whole JSON object/,
    ],
    [
      'two objects on a line',
      ['{"v":1}', '{"v":1} {"v":2}'],
      /jsonl line 2: this is not one whole JSON object: unexpected content/,
    ],
    ['a key twice behind empty lines', ['', '{"v":1}', '', '{"v":1,"v":2}'], /line 4: the key v stands twice/],
  ])('%s', async (_, lines, message) => {
    await expect(read([await file(lines)], { types: { v: 'BIGINT' } })).rejects.toThrow(message);
  });
});

test('every generated cell is what was written', async () => {
  const scalar = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
    fc.constantFrom('2024-01-01', '2024-01-01T10:00:00Z', '12:15', 'true', '007', 'NaN', '1e5', '', ' '),
  );
  // Few kinds in most columns, so that numbers are not all mixed with texts.
  const table = fc
    .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 8 })
    .chain((keys) =>
      fc.array(fc.record({ key: fc.constantFrom(...keys), value: scalar }), { minLength: 1, maxLength: 4 }),
    );
  const json = (value: unknown) => (typeof value === 'bigint' ? String(value) : JSON.stringify(value));
  await fc.assert(
    fc.asyncProperty(table, async (cells) => {
      const lines = cells.map(({ key, value }) => `{"${key}":${json(value)}}`);
      const { rows, names, types } = await read([await file(lines)]);
      expect(rows).toHaveLength(cells.length);
      for (const [index, { key, value }] of cells.entries()) {
        const cell = rows[index]?.[key] as string | null;
        const type = types[names.indexOf(key)];
        if (value === null) expect(cell).toBeNull();
        else if (typeof value === 'bigint' && type !== 'DOUBLE') expect(cell).toBe(String(value));
        else if (typeof value === 'bigint') expect(BigInt(Number(cell))).toBe(value);
        else if (typeof value === 'number') expect(Number(cell)).toBe(value === 0 ? Number(cell) : value);
        else if (type?.startsWith('TIMESTAMP'))
          expect(Date.parse(`${cell}Z`.replace('+00Z', 'Z').replace(' ', 'T'))).toBe(Date.parse(String(value)));
        else expect(cell).toBe(String(value));
      }
    }),
    { numRuns: 60 },
  );
});
