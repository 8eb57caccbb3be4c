/** Ways of writing one table as CSV: each gives the same rows. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import type { ReadingOptions, Tables } from '#ports/tables.ts';

let folder: string;
let tables: Tables;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-csv-'));
  tables = createTablesInProcess();
});
afterAll(async () => {
  await tables.close();
  await rm(folder, { recursive: true, force: true });
});

/** Columns with the texts of their values. */
async function read(content: string | Uint8Array, reading: ReadingOptions = {}) {
  const path = join(folder, `${++files}.csv`);
  await writeFile(path, content);
  const to = `${path}.parquet`;
  const { columns } = await tables.snapshot({ files: [path], labels: ['t.csv'], format: 'csv', ...reading, to });
  const names = columns.map(({ name }) => name);
  const found = await tables.columns(to, Object.fromEntries(names.map((name) => [name, 'text' as const])));
  return names.map((name) => {
    const { codes, values } = found.columns[name] ?? { codes: new Int32Array(), values: [] };
    return [name, ...Array.from(codes, (code) => values[code] ?? null)];
  });
}

const quoted = (value: string, delimiter: string) =>
  /["\r\n]/.test(value) || value.includes(delimiter) ? `"${value.replaceAll('"', '""')}"` : value;

describe.each([
  ['LF', '\n'],
  ['CR LF', '\r\n'],
  ['CR', '\r'],
])('lines that end with %s', (_, end) => {
  const names = ['x\ny', 'x\r\ny', 'say "x"', 'x,y;z', 'x y', '日本'];
  const values = ['2', 'a\nb', 'a\r\nb', 'say "hi"', 'a,b;c', ' padded ', "it's"];
  test.each(names)('and a column named %j', async (name) => {
    for (const [delimiter, above] of [
      [',', ''],
      [';', ''],
      [',', '\ufeff'],
      ['|', `sep=|${end}`],
    ] as const)
      for (const last of [end, '']) {
        const rows = [['a', name, 'c'], ...values.map((value, i) => [String(i), value, '3'])];
        const content = rows.map((row) => row.map((each) => quoted(each, delimiter)).join(delimiter)).join(end);
        expect(await read(above + content + last), JSON.stringify([delimiter, above, last])).toEqual([
          ['a', ...values.map((_, i) => String(i))],
          [name, ...values],
          ['c', ...values.map(() => '3')],
        ]);
      }
  });
});

test('quoted line breaks far down, over many pieces of a large file', async () => {
  const rows = Array.from({ length: 60_000 }, (_, i) => `${i},"line one of ${i}\r\nline ""two""",${i % 7}`);
  const path = join(folder, 'large.csv');
  await writeFile(path, `n,text,m\n${rows.join('\n')}\n`);
  const to = join(folder, 'large.parquet');
  expect(await tables.snapshot({ files: [path], format: 'csv', to })).toMatchObject({ rows: 60_000 });
  const { columns } = await tables.columns(to, { n: 'number', text: 'text' });
  expect(columns.n.every((value, i) => value === i)).toBe(true);
  expect(columns.text.values[columns.text.codes[59_999] ?? -1]).toBe('line one of 59999\r\nline "two"');
});

test('lines that end in two ways are refused by the line end, never read in part', async () => {
  for (const content of ['a,b\r\n1,2\n3,4\r\n', 'a,b\n1,2\r\n3,4\n', 'a,b\n1,2\n3,4\r5,6\n'])
    await expect(read(content), JSON.stringify(content)).rejects.toMatchObject({
      type: 'DataInvalid',
      message: expect.stringMatching(/^t\.csv.*(line ends alike|columns)/),
    });
});

describe('what a file cannot say is told', () => {
  test('backslashes before quotes, as Spark writes', async () => {
    const content = 'a,b\n1,"say \\"hi\\", now"\n2,"C:\\\\new"\n3,C:\\new\n4,"C:\\new, old"\n5,"x ""q"" y"\n';
    expect(await read(content, { escape: '\\' })).toEqual([
      ['a', '1', '2', '3', '4', '5'],
      ['b', 'say "hi", now', 'C:\\new', 'C:\\new', 'C:\\new, old', 'x "q" y'],
    ]);
    await expect(read(content)).rejects.toMatchObject({ message: expect.stringContaining("escape: '\\\\'") });
  });

  test('encodings', async () => {
    const latin = Buffer.from('name,city\n1,Köln\n2,Málaga\n', 'latin1');
    const told = [
      ['name', '1', '2'],
      ['city', 'Köln', 'Málaga'],
    ];
    for (const encoding of ['latin-1', 'latin1', 'ISO-8859-1', 'windows-1252', 'cp1252'])
      expect(await read(latin, { encoding }), encoding).toEqual(told);
    await expect(read(latin)).rejects.toMatchObject({ message: expect.stringContaining("encoding: 'latin-1'") });
    const utf16 = Buffer.from('\ufeffname,city\n1,Köln\n2,Málaga\n', 'utf16le');
    expect(await read(utf16)).toEqual(told);
    expect(await read(Buffer.from(utf16).swap16())).toEqual(told);
    expect(await read(utf16.subarray(2), { encoding: 'utf-16le' })).toEqual(told);
    await expect(read(latin, { encoding: 'latin-99' })).rejects.toMatchObject({ type: 'InvalidInput' });
    await expect(read(Buffer.from('a\n\xff\xff\n', 'latin1'), { encoding: 'shift_jis' })).rejects.toMatchObject({
      type: 'DataInvalid',
      message: expect.stringContaining('t.csv: the bytes are not shift_jis'),
    });
  });

  test('the delimiter', async () => {
    expect(await read('a:b\n1:2\n', { delimiter: ':' })).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  test('the decimal mark', async () => {
    const content = 'a;b\n1,5;1.234,5\n-2;7\n';
    expect(await read(content, { decimal: ',' })).toEqual([
      ['a', '1.5', '-2.0'],
      ['b', '1.234,5', '7'],
    ]);
    expect(await read(content)).toEqual([
      ['a', '1,5', '-2'],
      ['b', '1.234,5', '7'],
    ]);
  });
});
