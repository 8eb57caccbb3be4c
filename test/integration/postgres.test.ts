/** Tables and queries of a real PostgreSQL as Parquet: exact, at one moment, and nothing there is changed by it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { openPostgres } from '#adapters/postgres/database.ts';
import type { DatabaseQuery } from '#ports/queries.ts';
import { databasesOf } from '#workers/databases.ts';
import { noPostgres, startPostgres, type TestPostgres } from '../servers/postgres.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratchet-postgres-test-'));
const tables = createTablesInProcess();
let server: TestPostgres;
let duckdb: DuckDBConnection;
let files = 0;
beforeAll(async () => {
  duckdb = await DuckDBConnection.create();
  if (!noPostgres) server = await startPostgres();
}, 120_000);
afterAll(async () => {
  await server?.close();
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});

const never = new AbortController().signal;
const open = (address = server.address) => openPostgres(address, 'RATCHET_POSTGRES');
async function read(asked: DatabaseQuery) {
  files += 1;
  const [csv, to] = [join(folder, `${files}.csv`), join(folder, `${files}.parquet`)];
  const columns = await open().copy(asked, csv, never);
  return { to, ...(await tables.copied({ file: csv, columns, label: 'the table', to })) };
}
const rowsOf = async (file: string) =>
  (await duckdb.runAndReadAll(`SELECT COLUMNS(*)::VARCHAR FROM '${file}'`)).getRowObjectsJS();
const mistake = (asked: DatabaseQuery, address?: string) =>
  open(address)
    .columns(asked, never)
    .then(
      () => 'nothing was refused',
      (error: Error & { type?: string }) => `${error.type}: ${error.message}`,
    );

describe.skipIf(noPostgres)(`PostgreSQL${noPostgres ? ` (${noPostgres})` : ''}`, () => {
  test('gives every type as it is', async () => {
    await server.run(`
      CREATE TYPE mood AS ENUM ('sad', 'ok');
      CREATE TABLE "Types of all" (
        id int4, i2 int2, i4 int4, i8 int8, f8 float8, f4 float4, n numeric(20,4), free numeric, yes bool, said text, mood mood, day date,
        at timestamp, zoned timestamptz, uuid uuid, json jsonb, list int[], bytes bytea);
      INSERT INTO "Types of all" VALUES
        (1, -32768, 2147483647, -9223372036854775808, 'NaN', '-Infinity', 12345678901234.5678, 0.1, true, 'a "quoted", b' || chr(10) || 'c', 'ok',
          '0001-01-01', '2024-02-29 12:00:00.123456', '2024-07-01 00:00+02', '00000000-0000-0000-0000-00000000000a', '{"a": [1]}', ARRAY[1,2], '\\x00ff'),
        (2, 0, 0, 9007199254740993, 0.1, 1e30, 0, 1e300, false, '', NULL, 'infinity', '-infinity', 'infinity', NULL, NULL, NULL, NULL);
      INSERT INTO "Types of all" (id) VALUES (3)`);
    const { to, columns, rows } = await read({ query: 'SELECT * FROM "Types of all" -- all of them' });
    expect(rows).toBe(3);
    expect(Object.fromEntries(columns.map(({ name, type }) => [name, type]))).toMatchObject({
      ...{ i2: 'SMALLINT', i4: 'INTEGER', i8: 'BIGINT', f8: 'DOUBLE', f4: 'FLOAT', n: 'DECIMAL(20,4)', free: 'DOUBLE' },
      ...{ yes: 'BOOLEAN', said: 'VARCHAR', mood: 'VARCHAR', day: 'DATE', at: 'TIMESTAMP', json: 'VARCHAR' },
      zoned: 'TIMESTAMP WITH TIME ZONE',
    });
    expect(await rowsOf(to)).toEqual([
      expect.objectContaining({
        ...{ id: '1', i2: '-32768', i4: '2147483647', i8: '-9223372036854775808', f8: 'nan', f4: '-inf' },
        ...{ n: '12345678901234.5678', free: '0.1', yes: 'true', said: 'a "quoted", b\nc', mood: 'ok' },
        ...{ day: '0001-01-01', at: '2024-02-29 12:00:00.123456', json: '{"a": [1]}', list: '{1,2}', bytes: '\\x00ff' },
      }),
      expect.objectContaining({
        ...{ id: '2', i8: '9007199254740993', free: '1e+300', yes: 'false', said: '', mood: null },
        ...{ day: 'infinity', at: '-infinity' },
      }),
      { id: '3', ...Object.fromEntries(columns.slice(1).map(({ name }) => [name, null])) },
    ]);
    const [zoned] = (await duckdb.runAndReadAll(`SELECT epoch_us(zoned) AS us FROM '${to}'`)).getRowObjectsJS();
    expect(zoned?.us).toBe(BigInt(Date.parse('2024-06-30T22:00:00Z')) * 1_000n);
  });

  test('gives back whatever texts and numbers hold', async () => {
    const seed = Date.now() % 2 ** 31;
    const text = fc.string({ unit: 'binary', maxLength: 30 }).filter((each) => !each.includes('\0'));
    const row = fc.record({
      said: fc.option(fc.oneof(text, fc.constantFrom('', '"', '\\N', '\\.', 'NULL', ',', '\r\n', ' x '))),
      whole: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
      number: fc.option(fc.double().map(String)),
    });
    const rows = fc.sample(row, { numRuns: 2_000, seed });
    const literal = JSON.stringify(rows.map((each, id) => ({ id, ...each }))).replaceAll("'", "''");
    await server.run(`
      DROP TABLE IF EXISTS held; CREATE TABLE held AS SELECT id, said, whole::int8, number::float8
      FROM json_to_recordset('${literal}') AS t(id int, said text, whole text, number text)`);
    const { to } = await read({ table: 'held' });
    const found = await duckdb.runAndReadAll(`SELECT said, whole::VARCHAR AS whole, number FROM '${to}' ORDER BY id`);
    expect(found.getRowObjectsJS(), `seed ${seed}`).toEqual(
      rows.map(({ said, whole, number }) => ({ said, whole, number: number === null ? null : Number(number) })),
    );
  });

  test('gives the same bytes for the same rows in another order, and others for others', async () => {
    await server.run('CREATE TABLE ordered AS SELECT n, n % 7 AS k FROM generate_series(1, 5000) n');
    const first = await read({ table: 'public.ordered' });
    await server.run('CREATE TABLE other AS SELECT * FROM ordered ORDER BY k DESC, n DESC');
    expect((await read({ table: 'other' })).md5).toBe(first.md5);
    expect((await read({ query: 'SELECT * FROM ordered WHERE n > 0;' })).md5).toBe(first.md5);
    await server.run('UPDATE other SET k = 8 WHERE n = 3');
    expect((await read({ table: 'other' })).md5).not.toBe(first.md5);
  });

  test.each<[string, DatabaseQuery, RegExp]>([
    ['a table that there is not', { table: 'nope' }, /^InvalidInput: RATCHET_POSTGRES: relation "nope" does not exist/],
    ['no SQL', { query: 'SELEKT 1' }, /^InvalidInput: RATCHET_POSTGRES: syntax error at or near/],
    [
      'two statements',
      { query: 'SELECT 1) AS a; DROP TABLE ordered; SELECT * FROM (SELECT 2' },
      /cannot insert multiple commands/,
    ],
    ['two columns of a name', { query: 'SELECT 1 AS a, 2 AS "A"' }, /two columns are called A/],
    ['a writing query', { query: 'WITH w AS (DELETE FROM ordered RETURNING *) SELECT * FROM w' }, /^InvalidInput/],
  ])('refuses %s', async (_, asked, words) => {
    expect(await mistake(asked)).toMatch(words);
    await expect(open().copy(asked, join(folder, 'refused.csv'), never)).rejects.toThrow();
    expect(await server.run('SELECT count(*)::int AS n FROM ordered')).toEqual([{ n: 5_000 }]);
  });

  test('refuses a function that would write, while it reads', async () => {
    await server.run(
      "CREATE FUNCTION gone() RETURNS int LANGUAGE sql AS 'DELETE FROM ordered RETURNING 1'; CREATE TABLE none (n int)",
    );
    const copied = open().copy({ query: 'SELECT gone() AS n' }, join(folder, 'refused.csv'), never);
    await expect(copied).rejects.toThrow(/read-only transaction: a source is read, and nothing there is changed/);
    await expect(read({ table: 'none' })).rejects.toThrow('the table gives no rows');
  });

  test('says what is wrong with an address, and not what is in it', async () => {
    const { password, address } = server;
    const wrong = await mistake({ table: 'ordered' }, address.replace(encodeURIComponent(password), 'guessed'));
    expect(wrong).toMatch(
      /^OutsideRefused: the database of RATCHET_POSTGRES lets nobody in .*correct RATCHET_POSTGRES/,
    );
    expect(wrong).not.toContain('guessed');
    expect(await mistake({ table: 'ordered' }, address.replace(/\/postgres$/, '/nope'))).toMatch(/^OutsideRefused/);
    expect(() => open('http://reader:secret@x')).toThrow(
      /^RATCHET_POSTGRES is no address of PostgreSQL: write postgres/,
    );
    await expect(databasesOf({})('PAYMENTS')).rejects.toThrow(/^PAYMENTS is not set/);
    await expect(databasesOf({ PAYMENTS_FILE: join(folder, 'nope') })('PAYMENTS')).rejects.toThrow(/cannot be read/);
  });

  test('that is asked to stop stops there, too', async () => {
    const stop = new AbortController();
    const asked = open().copy({ query: 'SELECT pg_sleep(300)::text AS x' }, join(folder, 'never.csv'), stop.signal);
    const running = async () =>
      (await server.run("SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY%' AND state = 'active'")).length;
    await expect.poll(running).toBe(1);
    stop.abort(new Error('stopped'));
    await expect(asked).rejects.toThrow('stopped');
    await expect.poll(running).toBe(0);
  });

  test('that dies while it is read is told, and read when it is back', async () => {
    const asked = open().copy(
      { query: 'SELECT n, pg_sleep(0.001)::text AS s FROM generate_series(1, 1000000) n' },
      join(folder, 'cut.csv'),
      never,
    );
    const ended = asked.then(
      () => 'it ended',
      (error: { type?: string }) => error.type,
    );
    await expect
      .poll(async () => (await server.run("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'COPY%'")).length)
      .toBe(1);
    await server.server.kill();
    expect(await ended).toBe('OutsideUnreachable');
    await server.server.start();
    expect((await read({ table: 'ordered' })).rows).toBe(5_000);
  });
});

test('a database that does not answer is given up in time', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await new Promise((done) => silent.once('listening', done));
  const { port } = silent.address() as { port: number };
  const refused = await mistake({ table: 'x' }, `postgres://u:secret@127.0.0.1:${port}/d`);
  expect(refused).toMatch(/^OutsideUnreachable: the database of RATCHET_POSTGRES cannot be reached/);
  expect(refused).not.toContain('secret');
  silent.close();
}, 60_000);
