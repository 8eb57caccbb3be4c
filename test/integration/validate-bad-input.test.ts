/** Data that cannot be used: one message that says which file, where in it, and what to do. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Expectation } from '#contracts/validation.ts';
import { createDataWorkplace, type DataWorkplace } from '../conformance/data-workplace.ts';

let place: DataWorkplace;
beforeAll(async () => {
  place = await createDataWorkplace();
});
afterAll(() => place.close());
afterEach(() => {
  expect(place.progress.every((line) => !line.includes('undefined'))).toBe(true);
});

const invalid = (message: RegExp | string) => ({
  name: 'UserError',
  type: 'DataInvalid',
  message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
});

test.each<[string, string | Uint8Array, RegExp]>([
  ['empty.csv', '', /^empty\.csv is empty/],
  ['header.csv', 'a,b\n', /^header\.csv has a header but no rows/],
  ['latin.csv', Buffer.from('a,b\n1,x\n2,caf\xe9\n3,y\n', 'latin1'), /^latin\.csv line 3: the bytes are not UTF-8/],
  [
    'late-latin.csv',
    Buffer.from(`a,b\n${'1,x\n'.repeat(40_000)}2,caf\xe9\n`, 'latin1'),
    /^late-latin\.csv line 40002: the bytes are not UTF-8/,
  ],
  ['ragged.csv', 'a,b\n1,2\n3,4,5\n', /^ragged\.csv line 3 has 3 columns, the header has 2/],
  ['short.csv', 'a,b\n1,2\n3\n', /^short\.csv line 3 has 1 columns, the header has 2/],
  ['twice.csv', 'a,b,A\n1,2,3\n', /the header names the column A twice/],
  ['unnamed.csv', 'a,,b\n1,2,3\n', /column 2 of 3 has no name/],
  ['quote.csv', 'a,b\n"open,1\n2,3\n', /^quote\.csv line 2: a quote is opened and never closed/],
  [
    'cut.csv.gz',
    gzipSync(`a,b\n${Array.from({ length: 5_000 }, (_, i) => `${i},${i * i}`).join('\n')}\n`).subarray(0, 3_000),
    /^cut\.csv\.gz is not a whole gzip file/,
  ],
  ['zip.csv', Buffer.from('PK\x03\x04rest'), /^zip\.csv is a zip archive/],
  ['cut.jsonl', '{"a":1}\n{"a":\n', /^cut\.jsonl line 2: this is not one whole JSON object/],
  ['empty.parquet', '', /^empty\.parquet is not a whole Parquet file/],
])('%s', async (name, content, message) => {
  await place.file(name, content);
  await expect(place.validate({ source: name })).rejects.toMatchObject(invalid(message));
});

test('a Parquet file that was cut off', async () => {
  await place.file('whole.csv', `n\n${Array.from({ length: 5_000 }, (_, i) => i).join('\n')}\n`);
  const { snapshot } = await place.validate({ source: 'whole.csv' });
  const whole = await readFile(join(place.store.folder, place.store.key(snapshot.uri)));
  await place.file('cut.parquet', whole.subarray(0, whole.length - 500));
  await expect(place.validate({ source: 'cut.parquet' })).rejects.toMatchObject(
    invalid(/^cut\.parquet is not a whole Parquet file .*cut off/),
  );
  const damaged = Buffer.from(whole);
  damaged.fill(0xff, 100, 4_000);
  await place.file('damaged.parquet', damaged);
  await expect(place.validate({ source: 'damaged.parquet' })).rejects.toMatchObject({
    name: 'UserError',
    type: 'DataInvalid',
  });
});

test('files of one table that differ', async () => {
  await place.file('m/1.csv', 'a,b\n1,2\n');
  await place.file('m/2.csv', 'a,c\n1,2\n');
  await expect(place.validate({ source: 'm/*.csv' })).rejects.toMatchObject(
    invalid('m/2.csv has no column b, which m/1.csv has'),
  );
  await place.file('m/2.csv', 'a,b\n1,much\n');
  await expect(place.validate({ source: 'm/*.csv' })).rejects.toMatchObject(
    invalid(/column b is a number \(BIGINT\) in m\/1\.csv and text \(VARCHAR\) in m\/2\.csv/),
  );
  // Other order, other width, nothing but nulls: no difference.
  await place.file('m/2.csv', 'b,a\n2.5,1\n');
  await place.file('m/3.csv', 'a,b\n3,NA\n');
  const { snapshot } = await place.validate({ source: 'm/*.csv' });
  expect(snapshot.columns).toEqual([
    { name: 'a', type: 'BIGINT' },
    { name: 'b', type: 'DOUBLE' },
  ]);
  expect(await place.rows(snapshot, { a: 'number', b: 'number' })).toEqual({ a: [1, 1, 3], b: [2, 2.5, null] });
  await place.file('m/4.jsonl', '{"a":1}\n');
  await expect(place.validate({ source: 'm/*' })).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringContaining('one format'),
  });
});

test('types are those of the whole file, or those that were asked for', async () => {
  const many = (first: string, last: string) => `a,b\n${`${first},1\n`.repeat(25_000)}${last},1\n`;
  await place.file('t.csv', many('1', 'x7'));
  expect((await place.validate({ source: 't.csv' })).snapshot.columns[0]).toEqual({ name: 'a', type: 'VARCHAR' });
  await expect(place.validate({ source: 't.csv', types: { a: 'BIGINT' } })).rejects.toMatchObject(
    invalid(
      /^t\.csv line 25002 \(row 25001\): column a holds "x7", which is not BIGINT; mend the value, add it to missing/,
    ),
  );
  expect(
    (await place.validate({ source: 't.csv', types: { a: 'BIGINT' }, nullStrings: ['x7'] })).snapshot.columns[0]?.type,
  ).toBe('BIGINT');
  await place.file('t.csv', many('', '3'));
  expect((await place.validate({ source: 't.csv' })).snapshot.columns[0]?.type).toBe('BIGINT');
  await place.file('t.csv', 'zip\n00701\n');
  expect(
    await place.rows((await place.validate({ source: 't.csv', types: { zip: 'VARCHAR' } })).snapshot, { zip: 'text' }),
  ).toEqual({ zip: ['00701'] });
  await expect(place.validate({ source: 't.csv', types: { zap: 'VARCHAR' } })).rejects.toMatchObject(invalid('zap'));
  await expect(place.validate({ source: 't.csv', types: { zip: "VARCHAR'); DROP" } })).rejects.toMatchObject({
    type: 'InvalidInput',
  });
});

test('a column that is missing, renamed or of another type', async () => {
  await place.file('r.csv', 'carrier,dep_dealy,seats\nUA,3,many\nAA,4,few\n');
  const expectations: Expectation[] = [
    { type: 'expect_column_values_to_not_be_null', kwargs: { column: 'dep_delay' } },
    { type: 'expect_column_values_to_be_between', kwargs: { column: 'seats', min_value: 1, max_value: 500 } },
    { type: 'expect_column_values_to_be_in_set', kwargs: { column: 'carrier', value_set: ['UA'], mostly: 0.5 } },
    { type: 'expect_column_values_to_be_in_set', kwargs: { column: 'carrier', value_set: ['UA'] }, severity: 'warn' },
  ];
  await expect(place.validate({ source: 'r.csv', expectations })).rejects.toMatchObject(
    invalid(
      /^2 of 4 expectations do not hold for r\.csv \(2 rows\):\n- column dep_delay is missing; there is dep_dealy: renamed\?.*\n- .*seats is VARCHAR, which cannot be compared with a number/,
    ),
  );
  const { passed, results } = await place.validate({ source: 'r.csv', expectations: expectations.slice(2) });
  expect(passed).toBe(false);
  expect(
    results.map(({ success, unexpectedCount, unexpectedPercent }) => [success, unexpectedCount, unexpectedPercent]),
  ).toEqual([
    [true, 1, 50],
    [false, 1, 50],
  ]);
  expect(results[1]?.message).toBe(
    'carrier: wanted one of "UA"; 1 of 2 values (50 %) is not; such as "AA"; first in row 2',
  );
});

test('an expectation that does not exist, or asks amiss', async () => {
  await place.file('x.csv', 'a\n1\n');
  const of = (type: string, kwargs = {}) => place.validate({ source: 'x.csv', expectations: [{ type, kwargs }] });
  await expect(of('expect_column_values_to_be_uniqe')).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringMatching(/did you mean expect_column_values_to_be_unique\? There are: expect_/),
  });
  await expect(of('expect_column_values_to_be_unique', { colum: 'a' })).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringMatching(/^expect_column_values_to_be_unique: .*column.*colum/),
  });
  await expect(place.validate({ source: 'x.csv', asOf: '2026-01-01' })).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringContaining('timeColumn'),
  });
  await expect(place.validate({ source: 'x.csv', asOf: 'yesterday', timeColumn: 'a' })).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringContaining('"yesterday"'),
  });
  await expect(place.validate({ source: 'x.csv', asOf: '2026-02-31', timeColumn: 'a' })).rejects.toMatchObject({
    type: 'InvalidInput',
  });
  await expect(place.validate({ source: 'x.csv', asOf: '2026-01-01', timeColumn: 'a' })).rejects.toMatchObject(
    invalid('a is BIGINT, not a date or timestamp'),
  );
});

test('no row before asOf says from when there are some', async () => {
  await place.file('later.csv', 't,n\n2026-05-01T00:00:00Z,1\n');
  await expect(place.validate({ source: 'later.csv', asOf: '2026-01-01', timeColumn: 't' })).rejects.toMatchObject(
    invalid(/no row has t before 2026-01-01.*the first is at 2026-05-01 00:00:00 UTC/),
  );
});

test('a file that changes while it is read is not passed off as what it was', async () => {
  const path = await place.file('moving.csv', 'n\n1\n');
  const { tables } = place;
  const snapshot = tables.snapshot.bind(tables);
  const { createValidateData } = await import('#activities/data/validate-data.ts');
  const { validateData } = await import('#contracts/stages/validate-data.ts');
  const stage = createValidateData({
    ...place,
    projectFolder: () => place.folder,
    tables: {
      ...tables,
      snapshot: async (request, signal) => {
        await writeFile(path, 'n\n1\n2\n');
        return snapshot(request, signal);
      },
    },
  });
  await expect(
    stage(validateData.input.parse({ source: 'moving.csv' }), {
      run: place.run,
      node: 'n',
      attempt: 1,
      signal: new AbortController().signal,
      stopping: () => false,
      progress: () => {},
      workdir: place.folder,
    }),
  ).rejects.toMatchObject(invalid('changed while it was read'));
  expect((await place.validate({ source: 'moving.csv' })).snapshot.rows).toBe(2);
});
