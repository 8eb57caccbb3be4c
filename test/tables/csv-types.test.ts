/** No field of a CSV is changed: a column has a type when every field gives it back, else it is text, or refused. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import type { ReadingOptions, Tables } from '#ports/tables.ts';
import { createDataWorkplace, type DataWorkplace } from '../conformance/data-workplace.ts';

let folder: string;
let tables: Tables;
let place: DataWorkplace;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-csv-'));
  tables = createTablesInProcess();
  place = await createDataWorkplace();
});
afterAll(async () => {
  await tables.close();
  await place.close();
  await rm(folder, { recursive: true, force: true });
});

async function snapshot(contents: readonly string[], reading: ReadingOptions = {}) {
  const files = await Promise.all(
    contents.map(async (content) => {
      const path = join(folder, `${++count}.csv`);
      await writeFile(path, content);
      return path;
    }),
  );
  const labels = contents.map((_, i) => `${i + 1}.csv`);
  const to = join(folder, `${++count}.parquet`);
  return { to, ...(await tables.snapshot({ files, labels, format: 'csv', ...reading, to })) };
}

/** Type and texts of one column. */
async function column(fields: readonly string[], reading: ReadingOptions = {}): Promise<[string, (string | null)[]]> {
  const { to, columns } = await snapshot([`i,v\n${fields.map((field, i) => `${i},${field}\n`).join('')}`], reading);
  const { codes, values } = (await tables.columns(to, { v: 'text' })).columns.v;
  return [columns[1]?.type ?? '', Array.from(codes, (code) => values[code] ?? null)];
}

/** Beyond the rows that types are guessed from. */
const late = (usual: string, last: string) => [...Array.from({ length: 21_000 }, () => usual), last];

describe('a type is what every field is written as', () => {
  test.each<[string, string[]]>([
    ['BIGINT', ['0', '-17', '9007199254740993', '9223372036854775807', '-9223372036854775808']],
    ['DOUBLE', ['0.29145852264138994', '44.5533', '5e-324', '1.7976931348623157e+308', '-0.1', '1e-05']],
    ['DECIMAL(19,2)', ['98765432109876543.21', '9.99']],
    ['DECIMAL(25,19)', ['0.1234567890123456789', '100000.5']],
    ['DATE', ['2024-02-29', '1969-12-31']],
    ['TIMESTAMP', ['2024-02-29 10:00:00', '2024-02-29 10:00:00.000001']],
    ['BOOLEAN', ['true', 'false']],
    ['VARCHAR', ['007', '7']],
    ['VARCHAR', ['+5', '5']],
    ['VARCHAR', ['1_000', '48']],
    ['VARCHAR', ['98765432109876543210', '1']],
    ['VARCHAR', ['1e400', '1.5']],
    ['VARCHAR', ['yes', 'no']],
    ['VARCHAR', ['t', 'f']],
    ['VARCHAR', ['F', 'F']],
    ['VARCHAR', ['true', 'True']],
    ['VARCHAR', ['true', '1']],
    ['VARCHAR', ['12:15', '09:30']],
    ['VARCHAR', ['12:15:00', '09:30:00']],
    ['VARCHAR', ['2024-02-30', '2024-02-28']],
    ['VARCHAR', ['2024-2-3', '2024-02-28']],
    ['VARCHAR', ['infinity', '2024-02-28']],
    ['VARCHAR', ['2024-02-29 24:00:00', '2024-02-28 10:00:00']],
    ['VARCHAR', ['2024-02-29 10:00:00.1234567', '2024-02-28 10:00:00']],
    ['VARCHAR', ['2024-02-29 10:00:00', '2024-02-28 10:00:00Z']],
    ['VARCHAR', ['02/11/2013', '03/11/2013']],
    ['VARCHAR', ['nan', 'NaN']],
    ['VARCHAR', ['0x1F', '1']],
  ])('%s of %j', async (type, fields) => {
    const [found, texts] = await column(fields);
    expect(found).toBe(type);
    const decimals = /^DECIMAL\(\d+,(\d+)\)$/.exec(type)?.[1];
    // A fixed number of decimals is the same number.
    const written = (field: string) => {
      if (decimals === undefined) return field;
      const [whole, fraction = ''] = field.split('.');
      return `${whole}.${fraction.padEnd(Number(decimals), '0')}`;
    };
    expect(texts).toEqual(fields.map(written));
  });

  test('numbers that are written as they would not be printed', async () => {
    expect(
      await column(['1.50', '.5', '5.', '1E+05', '44.553300000000000000', '1.000000000000000056e-01', ' 7 ']),
    ).toEqual(['DOUBLE', ['1.5', '0.5', '5.0', '100000.0', '44.5533', '0.1', '7.0']]);
    expect(await column(['2024-02-29T10:00:00', '2024-02-29', '2024-02-29 10:05'])).toEqual([
      'TIMESTAMP',
      ['2024-02-29 10:00:00', '2024-02-29 00:00:00', '2024-02-29 10:05:00'],
    ]);
    expect(await column(['2024-02-29T10:00:00+02:00', '2024-02-29T10:00:00Z'])).toEqual([
      'TIMESTAMP WITH TIME ZONE',
      ['2024-02-29 08:00:00+00', '2024-02-29 10:00:00+00'],
    ]);
    expect((await column(['1.5', 'nan', 'inf', '-Infinity']))[0]).toBe('DOUBLE');
  });

  test.each<[string, string, string, string]>([
    ['a fraction', '44', '44.5533', 'DOUBLE'],
    ['a leading zero', '100', '007', 'VARCHAR'],
    ['an underscore', '48', '1_000', 'VARCHAR'],
    ['20 digits', '98765432109876543', '98765432109876543210', 'VARCHAR'],
    ['more digits', '0.5', '0.12345678901234567890', 'DECIMAL(20,19)'],
    ['a time of day', '2024-03-01', '2024-03-01 13:45:00', 'TIMESTAMP'],
    ['an exponent', '0.5', '1e-05', 'DOUBLE'],
    ['a word', 'true', 'maybe', 'VARCHAR'],
    ['a value at last', '', '3', 'BIGINT'],
    ['NaN', '0.5', 'nan', 'DOUBLE'],
  ])('far behind the guessed rows: %s', async (_, usual, last, type) => {
    const [found, texts] = await column(late(usual, last));
    expect(found).toBe(type);
    const end = texts.at(-1) ?? '';
    if (type === 'VARCHAR') expect(end).toBe(last);
    // Kept as NaN, which every verb takes for missing.
    else if (last === 'nan') expect(end).toBe('');
    else if (type === 'TIMESTAMP') expect(end).toBe(last);
    else
      expect([Number(end), end.replace(/0+$/, '').length >= last.replace(/0+$/, '').length]).toEqual([
        Number(last),
        true,
      ]);
    expect(texts).toHaveLength(21_001);
  });
});

describe('a declared type', () => {
  test.each<[string, string, string]>([
    ['BIGINT', '2.5', 'BIGINT'],
    ['BIGINT', '007', 'BIGINT'],
    ['BIGINT', '9223372036854775808', 'BIGINT'],
    ['INTEGER', '3000000000', 'INTEGER'],
    ['DOUBLE', '98765432109876543210', 'DOUBLE'],
    ['DOUBLE', '1e400', 'DOUBLE'],
    ['FLOAT', '16777217', 'FLOAT'],
    ['DECIMAL(10,2)', '1.005', 'DECIMAL\\(10,2\\)'],
    ['DATE', '2024-03-01 13:45:00', 'DATE'],
    ['TIMESTAMP', '2024-03-01 13:45:00.1234567', 'TIMESTAMP'],
    ['TIMESTAMP', '02/11/2013', 'TIMESTAMP'],
    ['BOOLEAN', 'maybe', 'BOOLEAN'],
  ])('%s refuses %s by line, row, column and value', async (type, value, told) => {
    const content = `i,v\n0,"a\nb"\n1,${value}\n`;
    await expect(snapshot([content], { types: { v: type }, missing: ['a\nb'] })).rejects.toMatchObject({
      type: 'DataInvalid',
      message: expect.stringMatching(
        new RegExp(
          `^1\\.csv line 3 \\(row 2\\): column v holds "${value.replace(/[.+]/g, '\\$&')}", which is not ${told}`,
        ),
      ),
    });
  });

  test('takes what it keeps', async () => {
    expect(await column(['5.0', '7'], { types: { v: 'BIGINT' } })).toEqual(['BIGINT', ['5', '7']]);
    expect(await column(['0.12345678901234567890'], { types: { v: 'DOUBLE' } })).toEqual([
      'DOUBLE',
      ['0.12345678901234568'],
    ]);
    expect(await column(['98765432109876543210'], { types: { v: 'DECIMAL(38,0)' } })).toEqual([
      'DECIMAL(38,0)',
      ['98765432109876543210'],
    ]);
    expect(await column(['2024-03-01T10:00:00+02:00'], { types: { v: 'TIMESTAMP' } })).toEqual([
      'TIMESTAMP',
      ['2024-03-01 08:00:00'],
    ]);
    expect(await column(['yes', 'no'], { types: { v: 'BOOLEAN' } })).toEqual(['BOOLEAN', ['true', 'false']]);
  });

  test('a line in a later file, and a line break before it, are counted', async () => {
    await expect(
      snapshot(['i,v\n1,2\n', 'i,v\n"1\n1",2\n3,x\n'], { types: { v: 'BIGINT', i: 'VARCHAR' } }),
    ).rejects.toMatchObject({ message: expect.stringMatching(/^2\.csv line 4 \(row 2\): column v holds "x"/) });
  });
});

describe('files of one table', () => {
  test('are united where they differ in width, and where one says nothing', async () => {
    const { columns } = await snapshot(['a,b,c\n1,2,\n', 'a,b,c\n,2.5,007\n', 'a,b,c\n2,,8\n']);
    expect(columns.map(({ type }) => type)).toEqual(['BIGINT', 'DOUBLE', 'VARCHAR']);
  });

  test('are refused by file and column where a name differs in case only, or in kind', async () => {
    await expect(snapshot(['Age\n1\n', 'age\n2\n'])).rejects.toMatchObject({
      message: expect.stringContaining('2.csv calls age what 1.csv calls Age'),
    });
    await expect(snapshot(['a\n1\n', 'a\n?\n2\n'])).rejects.toMatchObject({
      message: expect.stringMatching(
        /column a is a number \(BIGINT\) in 1\.csv and text \(VARCHAR\) in 2\.csv, such as "\?".*missing/,
      ),
    });
    const { columns } = await snapshot(['a\n1\n', 'a\n?\n2\n'], { missing: ['?'] });
    expect(columns[0]?.type).toBe('BIGINT');
  });

  test('hive folders are columns only where they are asked for', async () => {
    await place.file('month=05/a=9/x.csv', 'a,b\n1,2\n');
    await place.file('month=06/a=9/x.csv', 'a,b\n3,4\n');
    const source = 'month=*/a=9/x.csv';
    const plain = (await place.validate({ source })).snapshot;
    expect(plain.columns.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(await place.rows(plain, { a: 'number' })).toEqual({ a: [1, 3] });
    await expect(place.validate({ source, hivePartitions: true })).rejects.toMatchObject({
      type: 'DataInvalid',
      message: expect.stringContaining('has a column a, and so has its path'),
    });
    await place.file('hive/month=05/x.csv', 'a,b\n1,2\n');
    await place.file('hive/month=06/x.csv', 'a,b\n3,4\n');
    const { snapshot: asked } = await place.validate({ source: 'hive/month=*/x.csv', hivePartitions: true });
    expect(await place.rows(asked, { month: 'text', a: 'number' })).toEqual({ month: ['05', '06'], a: [1, 3] });
    await place.store.put('in/month=05/x.csv', 'a,b\n1,2\n');
    await place.store.put('in/month=06/x.csv', 'a,b\n3,4\n');
    const stored = place.store.uri('in/month=*/x.csv');
    expect((await place.validate({ source: stored, hivePartitions: true })).snapshot.digest).toBe(asked.digest);
    const bare = (await place.validate({ source: stored })).snapshot;
    expect(bare.columns.map(({ name }) => name)).toEqual(['a', 'b']);
  });
});

describe('what is asked for', () => {
  test('marks of missing values: what is named replaces NA', async () => {
    expect(await column(['NA', 'FR', ''])).toEqual(['VARCHAR', [null, 'FR', null]]);
    expect(await column(['NA', 'FR', ''], { missing: [] })).toEqual(['VARCHAR', ['NA', 'FR', null]]);
    expect(await column(['?', '-', '1.5'], { missing: ['?', '-'] })).toEqual(['DOUBLE', [null, null, '1.5']]);
  });

  test('dates that are not ISO: one way for the whole table', async () => {
    expect(await column(['02/11/2013', '1/3/2013'], { dates: { v: '%m/%d/%Y' } })).toEqual([
      'DATE',
      ['2013-02-11', '2013-01-03'],
    ]);
    expect(await column(['11.02.2013 10:30'], { dates: { v: '%d.%m.%Y %H:%M' } })).toEqual([
      'TIMESTAMP',
      ['2013-02-11 10:30:00'],
    ]);
    await expect(column(['02/11/2013', '31/01/2013'], { dates: { v: '%m/%d/%Y' } })).rejects.toMatchObject({
      message: expect.stringMatching(/line 3 \(row 2\): column v holds "31\/01\/2013", which is not a date written %m/),
    });
    for (const format of ['%Q', 'month first'])
      await expect(column(['1'], { dates: { v: format } })).rejects.toMatchObject({ type: 'InvalidInput' });
  });

  test('for CSV is refused of other formats', async () => {
    await place.file('x.jsonl', '{"a":1}\n');
    await expect(place.validate({ source: 'x.jsonl', dates: { a: '%Y' } })).rejects.toMatchObject({
      type: 'InvalidInput',
      message: expect.stringContaining('dates says how a CSV is written, and x.jsonl is jsonl'),
    });
  });
});

describe('a note tells', () => {
  test.each<[string, string[], RegExp]>([
    [
      'a mark among numbers',
      ['1.5', '2', '?', '3'],
      /column v is text: "\?" in 25 % of otherwise numeric.*--missing '\?'/,
    ],
    ['two marks', ['1', '2', '3', '4', '5', 'n/a', 'NULL'], /"NULL" in 14 %, "n\/a" in 14 %/],
    ['a mark among times', ['2024-01-01', '2024-01-02', 'NaT'], /"NaT" in 33 % of otherwise temporal/],
    ['decimal commas', ['"1,5"', '"2,25"', '3'], /decimal comma.*--decimal ,/],
    ['dates of some country', ['02/11/2013', '03/11/2013'], /dates, but of which order.*--date 'v=%m\/%d\/%Y'/],
  ])('%s', async (_, fields, note) => {
    const { notes } = await snapshot([`i,v\n${fields.map((field, i) => `${i},${field}\n`).join('')}`]);
    expect(notes).toEqual([expect.stringMatching(note)]);
  });

  test('nothing of a column of texts', async () => {
    const { notes } = await snapshot(['i,v\n1,a\n2,7\n3,b\n4,8\n5,c\n6,d\n7,e\n']);
    expect(notes).toEqual([]);
  });
});
