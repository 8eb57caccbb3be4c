/** Views on a database and on SQL over other sources: the same in a command, in a run, online and in the watch; a real PostgreSQL. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHistoricalFeatures } from '#activities/features/history/stage.ts';
import type { StageContext } from '#activities/stage.ts';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { createTables } from '#adapters/duckdb/tables.ts';
import { getHistoricalFeatures } from '#contracts/stages/index.ts';
import { databasesOf } from '#workers/databases.ts';
import { readDefinitions } from '../../cli/verbs/features/read-definitions.ts';
import { createDataWorkplace } from '../conformance/data-workplace.ts';
import { noPostgres, startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { type Materializing, materializeServers } from './materialize-world.ts';

const features = (payments: string, net: string) => `
import { count, defineFeatures, entity, featureService, featureView, postgres, sql } from 'ratchet-ml';
const customer = entity({ name: 'customer', joinKeys: { customer_id: 'int64' } });
const common = { entities: [customer], timestamp: 'paid_at' };
export default defineFeatures({
  entities: [customer],
  views: [
    featureView({ name: 'payments', ...common, source: postgres(${payments}), columns: { amount: 'float64' }, features: { note: 'string', amount: 'float64', n7: count('7d') } }),
    featureView({ name: 'net', ...common, source: sql(${net}), features: { net: 'float64' } }),
  ],
  services: [featureService({ name: 'all', features: ['payments:note', 'payments:amount', 'payments:n7', 'net:net'] })],
});
`;
const QUERY = "{ query: 'SELECT customer_id, amount, paid_at, note FROM payments WHERE NOT cancelled' }";
const NET = `{
  query: 'SELECT customer_id, paid_at, amount - fee AS net FROM paid JOIN fees USING (payment_id) -- a comment',
  tables: { paid: postgres({ table: 'payments' }), fees: 'data/fees-*.csv' },
}`;

const world = materializeServers();
let here: Materializing;
let database: TestPostgres;
let duckdb: DuckDBConnection;
beforeAll(async () => {
  if (noPostgres) return;
  [database, here, duckdb] = await Promise.all([startPostgres(), world('sources'), DuckDBConnection.create()]);
  await database.run(`
    CREATE TABLE payments (payment_id int8, customer_id int8, amount numeric(10,2), paid_at timestamptz, note text, cancelled bool);
    INSERT INTO payments VALUES
      (1, 1, 10.10, '2026-01-01T12:00:00Z', 'a "quoted", b', false), (2, 1, 20, '2026-01-05T12:00:00Z', '', false),
      (3, 2, 5, '2026-01-05T14:00:00+02', NULL, false), (4, 2, 99, '2026-01-06T00:00:00Z', 'no', true)`);
  here.env.RATCHET_POSTGRES = database.address;
  await here.worker().ready();
  await here.project.write({
    'features.ts': features(QUERY, NET),
    'data/fees-1.csv': 'payment_id,fee\n1,0.1\n2,2\n',
    'data/fees-2.csv': 'payment_id,fee\n3,1.5\n4,0\n',
    'rows.csv': 'customer_id,event_timestamp\n1,2026-01-04T00:00:00Z\n1,2026-01-06T00:00:00Z\n2,2026-01-07T00:00:00Z\n',
  });
}, 300_000);
afterAll(async () => {
  await database?.close();
});

const expected = [
  { note: 'a "quoted", b', amount: 10.1, n7: 1n, net: 10 },
  { note: '', amount: 20, n7: 2n, net: 18 },
  // The cancelled one is in the table of `net` alone.
  { note: null, amount: 5, n7: 1n, net: 99 },
];
const rowsOf = async (file: string) =>
  (await duckdb.runAndReadAll(`SELECT note, amount, n7, net FROM read_parquet('${file}')`)).getRowObjectsJS();
const mistaken = async (payments: string, net: string, verb = 'apply', ...more: string[]) => {
  const file = `wrong-${Math.random()}.ts`;
  await here.project.write({ [file]: features(payments, net) });
  const answer = await here.features(verb, '--definitions', file, ...more);
  return `${answer.code} ${answer.stderr}${answer.stdout}`;
};

describe.skipIf(noPostgres)(`a view on PostgreSQL${noPostgres ? ` (${noPostgres})` : ''}`, () => {
  test('and on SQL over it and over files: history', async () => {
    const asked = ['--service', 'all', '--entities', 'rows.csv', '--time', 'event_timestamp'];
    const made = await here.features('history', ...asked, '--out', 'train.parquet');
    expect(made.stderr).toBe('');
    expect(await rowsOf(join(here.project.root, 'train.parquet'))).toEqual(expected);
  });

  test('is looked at before it is applied, and named without a secret', async () => {
    const applied = await here.features('apply');
    expect(applied).toMatchObject({ code: 0, stderr: '' });
    const listed = await here.features('list');
    expect(listed.stdout).toMatch(/RATCHET_POSTGRES, query SELECT customer_id.*SQL over paid, fees/s);
    const all = [applied, listed, await here.features('list', '--json'), await here.features('describe', 'net')];
    for (const { stdout, stderr } of all) expect(stdout + stderr).not.toContain('p%40ss');
  });

  test.each<[string, string, string, RegExp]>([
    [
      'a column that there is not',
      "{ query: 'SELECT customer_id, paid_at, amount FROM payments' }",
      NET,
      /column note is missing; there are customer_id, paid_at, amount/,
    ],
    [
      'a column of another type',
      "{ query: 'SELECT customer_id, paid_at, amount, 1 AS note FROM payments' }",
      NET,
      /note is INTEGER, and note is declared string/,
    ],
    ['a table that there is not', "{ table: 'nope' }", NET, /RATCHET_POSTGRES: relation "nope" does not exist/],
    [
      'a variable that is not set',
      "{ table: 'payments', connection: 'OTHER_DATABASE' }",
      NET,
      /was not looked at: OTHER_DATABASE is not set/,
    ],
    [
      'an address in the definition',
      "{ table: 'payments', connection: 'postgres://u:secret@h/d' }",
      NET,
      /connection is .* name of an environment variable/,
    ],
    [
      'SQL that is no SELECT',
      QUERY,
      "{ query: 'DROP TABLE paid', tables: { paid: 'data/fees-1.csv' } }",
      /the query is no SELECT/,
    ],
    [
      'two statements',
      QUERY,
      "{ query: 'SELECT 1; SELECT 2', tables: { paid: 'data/fees-1.csv' } }",
      /is 2 statements/,
    ],
    [
      'SQL that cannot be read',
      QUERY,
      "{ query: 'SELEC 1', tables: { paid: 'data/fees-1.csv' } }",
      /the query cannot be read: syntax error/,
    ],
    [
      'a clock',
      QUERY,
      "{ query: 'SELECT *, now() AS paid_at FROM fees', tables: { fees: 'data/fees-1.csv' } }",
      /calls now, which gives another value each time/,
    ],
    [
      'chance',
      QUERY,
      "{ query: 'SELECT * FROM fees USING SAMPLE 10', tables: { fees: 'data/fees-1.csv' } }",
      /other rows each time/,
    ],
    [
      'a file of its own',
      QUERY,
      "{ query: \"SELECT * FROM read_csv('/etc/passwd')\", tables: { fees: 'data/fees-1.csv' } }",
      /calls read_csv; name the file among tables/,
    ],
    [
      'a file as a table',
      QUERY,
      "{ query: \"SELECT * FROM '/etc/passwd'\", tables: { fees: 'data/fees-1.csv' } }",
      /passwd/,
    ],
    [
      'a table that nobody named',
      QUERY,
      "{ query: 'SELECT * FROM others', tables: { fees: 'data/fees-1.csv' } }",
      /others does not exist/,
    ],
    ['no tables', QUERY, "{ query: 'SELECT 1 AS a', tables: {} }", /tables is \{\}: name what the query reads/],
    [
      'a table and a query',
      "{ table: 'payments', query: 'SELECT 1' }",
      NET,
      /give `table`, or `query`, one of the two/,
    ],
  ])('%s is told before anything is stored', async (_, payments, net, words) => {
    const told = await mistaken(payments, net);
    expect(told).toMatch(words);
    expect(told).not.toMatch(/\n\s+at |secret|root:x/);
  });

  test('and SQL is held to the same where rows are read', async () => {
    const asked = ['--features', 'net:net', '--entities', 'rows.csv', '--out', 'wrong.parquet'];
    const net = (query: string) => `{ query: ${JSON.stringify(query)}, tables: { fees: 'data/fees-*.csv' } }`;
    const told = (query: string) => mistaken(QUERY, net(query), 'history', ...asked, '--time', 'event_timestamp');
    expect(await told("SELECT * FROM '/etc/passwd'")).toMatch(/SQL over fees: .*passwd/);
    expect(
      await told("SELECT 1 AS customer_id, TIMESTAMP '2026-01-01' AS paid_at, CAST('x' AS DOUBLE) AS net"),
    ).toMatch(/SQL over fees: .*x/);
    expect(await told('SELECT * FROM fees WHERE false')).toMatch(/SQL over fees gives no rows/);
  });

  test('in a run: what was read stays in the store by its digest, the next run sees what is there then', async () => {
    const place = await createDataWorkplace();
    const tables = createTables({ scratchFolder: join(place.folder, 'scratch-2') });
    try {
      for (const name of ['rows.csv', 'data/fees-1.csv', 'data/fees-2.csv'])
        await place.file(name, await readFile(join(here.project.root, name)));
      const { document } = await readDefinitions(join(here.project.root, 'features.ts'));
      const entities = (await place.validate({ source: 'rows.csv' })).snapshot;
      const deps = {
        ...{ store: place.store, tables, cacheFolder: place.cacheFolder, projectFolder: () => place.folder },
        ...{ databases: databasesOf(here.env), queries: tables },
      };
      await mkdir(join(place.folder, 'work'), { recursive: true });
      const pathOf = ({ uri }: { uri: string }) => join(place.folder, 'store', place.store.key(uri));
      const run = async () => {
        const context = {
          ...{ run: place.run, node: 'n', attempt: 1, signal: new AbortController().signal, stopping: () => false },
          ...{ workdir: join(place.folder, 'work'), progress: () => undefined },
        } satisfies StageContext;
        const input = { definitions: document, service: 'all', entities, time: 'event_timestamp' };
        return createHistoricalFeatures(deps)(getHistoricalFeatures.input.parse(input as never), context);
      };
      const first = await run();
      expect(await rowsOf(pathOf(first.features))).toEqual(expected);
      expect(await run()).toEqual(first);
      await database.run('UPDATE payments SET amount = 21 WHERE payment_id = 2');
      const later = await run();
      expect(later.sources.payments?.digest).not.toBe(first.sources.payments?.digest);
      expect(await rowsOf(pathOf(later.features))).toMatchObject([{}, { amount: 21, net: 19 }, {}]);
      // What the first run saw is there, whatever became of the table.
      expect(await rowsOf(pathOf(first.features))).toEqual(expected);
      await database.run('UPDATE payments SET amount = 20 WHERE payment_id = 2');
    } finally {
      await tables.close();
      await place.close();
    }
  });

  test('online: what changed is read again, and nothing is where nothing did', async () => {
    const store = ['--store', `lmdb:${here.project.root}/online`];
    const materialize = async () => JSON.parse((await here.features('materialize', ...store, '--json')).stdout).views;
    const get = async (id: number) =>
      JSON.parse((await here.features('get', `customer_id=${id}`, '--service', 'all', ...store, '--json')).stdout);
    expect(await materialize()).toMatchObject([
      { view: 'payments', files: 1, rows: 3 },
      { view: 'net', files: 1, rows: 4 },
    ]);
    expect(JSON.stringify(await get(2))).toMatch(/99/);
    expect(await materialize()).toMatchObject([
      { files: 0, unchanged: 1 },
      { files: 0, unchanged: 1 },
    ]);
    await database.run("INSERT INTO payments VALUES (5, 2, 7, '2026-01-08T00:00:00Z', 'late', true)");
    await here.project.write({ 'data/fees-3.csv': 'payment_id,fee\n5,0.5\n' });
    expect(await materialize()).toMatchObject([
      { view: 'payments', files: 0, unchanged: 1 },
      { view: 'net', files: 1 },
    ]);
    expect(JSON.stringify(await get(2))).toMatch(/6\.5/);
  });
});

test('rows of SQL are in one order, whatever threads made them', async () => {
  const tables = createTablesInProcess();
  const place = await createDataWorkplace();
  try {
    const rows = join(place.folder, 'rows.parquet');
    const lines = Array.from({ length: 300_000 }, (_, n) => `${n % 1_000},${n}`).join('\n');
    await writeFile(join(place.folder, 'rows.csv'), `k,v\n${lines}\n`);
    await tables.snapshot({ files: [join(place.folder, 'rows.csv')], format: 'csv', to: rows });
    const made = async (query: string, name: string) =>
      (await tables.selected({ query, tables: { t: [rows] }, label: 'SQL', to: join(place.folder, name) })).md5;
    const grouped = await made('SELECT k, sum(v) AS s FROM t GROUP BY k', 'a.parquet');
    expect(
      await made('SELECT k, sum(v) AS s FROM (SELECT * FROM t ORDER BY v DESC) GROUP BY k ORDER BY s', 'b.parquet'),
    ).toBe(grouped);
    await rm(rows);
  } finally {
    await tables.close();
    await place.close();
  }
});
