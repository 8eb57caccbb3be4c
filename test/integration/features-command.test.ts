/** `ratchet features`: definitions as a person and a script read them, training sets of them, and every mistake with its exit code. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FeatureDocument } from '#features/document.ts';
import { definitions, writeProject } from '../fixtures/feature-history/project.ts';
import { runVerb } from '../fixtures/verbs.ts';

const root = join(import.meta.dirname, '../..');
// Within the clone, where ratchet-ml is found, and where no check of the sources looks.
mkdirSync(join(root, '.ratchet'), { recursive: true });
const folder = mkdtempSync(join(root, '.ratchet/features-command-'));
const before = process.cwd();
let duckdb: DuckDBConnection;
beforeAll(async () => {
  writeProject(folder);
  process.chdir(folder);
  duckdb = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(() => {
  process.chdir(before);
  duckdb.closeSync();
  rmSync(folder, { recursive: true, force: true });
});

const ratchet = (...args: string[]) => runVerb('features', ...args);
const history = (...args: string[]) => ratchet('history', '--entities', 'rows.csv', '--out', 'out.parquet', ...args);
const read = async (sql: string) => (await duckdb.runAndReadAll(sql)).getRowObjectsJS();

test('list and describe say what is defined, for people and as JSON', async () => {
  const list = await ratchet('list');
  expect(list).toMatchObject({ code: 0, stderr: '' });
  expect(list.stdout).toMatch(
    /payments:avg_transaction_amount +float64 +customer +mean of amount over 7d +data\/payments\.csv/,
  );
  expect(list.stdout).toMatch(/fraud +4 +sha256:/);
  const document = FeatureDocument.parse(JSON.parse((await ratchet('list', '--json')).stdout));
  expect(document.views.map(({ name }) => name)).toEqual(['payments', 'profile']);
  const described = await ratchet('describe', 'profile');
  expect(described.stdout).toMatch(/ttl +never expires/);
  expect(described.stdout).toContain('used by       on-demand account');
  expect(JSON.parse((await ratchet('describe', 'fraud', '--json')).stdout).definitions[0].definition.version).toMatch(
    /^sha256:/,
  );
  expect(await ratchet('describe', 'fruad')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is no definition fruad; there is fraud'),
  });
});

test('describe --html looks into the sources: how new they are, how features are spread, who uses them', async () => {
  const made = await ratchet('describe', 'fraud', '--html', 'fraud.html', '--json');
  expect(made).toMatchObject({ code: 0 });
  const { sources, models } = JSON.parse(made.stdout);
  const [figures] = await read(
    `SELECT count(*) AS rows, count(DISTINCT customer_id) AS entities FROM read_csv('${folder}/data/payments.csv', auto_type_candidates = ['VARCHAR']) WHERE customer_id IS NOT NULL`,
  );
  expect(sources[0]).toMatchObject({
    view: 'payments',
    rows: Number(figures?.rows),
    entities: Number(figures?.entities),
  });
  expect(sources.map(({ view }: { view: string }) => view)).toEqual(['payments', 'profile']);
  expect(models).toEqual([]);
  const page = readFileSync(join(folder, 'fraud.html'), 'utf8');
  for (const part of ['Freshness', 'payments:avg_transaction_amount', 'profile:opened_at', 'data/payments.csv'])
    expect(page).toContain(part);
  // Of the moment that is asked for: before all events nothing is in a window.
  await ratchet('describe', 'payments', '--html', 'then.html', '--at', '2000-01-01', '--json');
  expect(readFileSync(join(folder, 'then.html'), 'utf8')).toContain('as of 2000-01-01');
  expect((await ratchet('describe', 'payments', '--html', 'x.html', '--at', 'noon')).stderr).toContain(
    '--at noon is no time: write 2026-11-30T12:00:00Z',
  );
  expect((await ratchet('describe', 'payments', '--at', '2026-01-01')).stderr).toContain('give --html FILE, too');
});

test('the guide’s four features: every row, in its order, with what was known then', async () => {
  const made = await history('--service', 'fraud', '--json');
  expect(made).toMatchObject({ code: 0 });
  expect(JSON.parse(made.stdout)).toMatchObject({ rows: 7, withoutTime: 1, service: { name: 'fraud' } });
  const rows = await read(`SELECT * EXCLUDE (customer_id, event_timestamp, amount) FROM '${folder}/out.parquet'`);
  const row = (n: number, count: bigint | null, mean: number | null, age: number | null, login: number | null) => ({
    n: BigInt(n),
    transaction_count_7d: count,
    avg_transaction_amount: mean,
    account_age_days: age,
    days_since_last_login: login,
  });
  expect(rows).toEqual([
    row(0, 2n, 40, 372, 5.5),
    row(1, 2n, 20, 371.99999998842594, 5.499999988425926),
    row(2, 1n, 7.5, 221, null),
    row(3, 0n, null, null, null),
    row(4, null, null, null, null),
    row(5, null, null, null, null),
    row(6, 2n, 40, 372, 5.5),
  ]);
  expect(readdirSync(folder).filter((name) => name.includes('joined') || name.endsWith('.mjs'))).toEqual([]);
});

test('every type through a function and back: int64 beyond 2^53 exactly, times, lists', async () => {
  const names = ['more', 'large', 'year', 'next', 'day', 'before'].map((name) => `account:${name}`);
  await history(
    '--features',
    `${names.join(',')},payments:total,payments:largest,payments:last_amounts,payments:last_id,profile:points,profile:opened_at`,
  );
  const [first, second] = await read(
    `SELECT * EXCLUDE (n, customer_id, event_timestamp, amount) REPLACE ("next"::VARCHAR AS "next", "day"::VARCHAR AS "day", opened_at::VARCHAR AS opened_at, last_amounts::VARCHAR AS last_amounts) FROM '${folder}/out.parquet' WHERE n IN (0, 2) ORDER BY n`,
  );
  expect(first).toEqual({
    more: 9007199254740994n,
    large: true,
    year: '1990',
    next: expect.stringMatching(/^2026-01-08 00:00:01/),
    day: '2026-01-08',
    before: 30,
    total: 18014398509481993n,
    largest: 9007199254740995n,
    last_amounts: '[50.0, 30.0]',
    last_id: 9007199254740995n,
    points: 9007199254740993n,
    opened_at: expect.stringMatching(/^2025-01-01 00:00:00/),
  });
  expect(second).toMatchObject({ more: null, large: null, year: null, before: null, total: 1n });
});

test('--full-names tell features of one name apart; a name that the rows have already is refused', async () => {
  expect(await history('--features', 'profile:city', '--full-names')).toMatchObject({ code: 0 });
  expect((await read(`SELECT profile__city AS c FROM '${folder}/out.parquet' LIMIT 1`))[0]).toEqual({ c: 'Köln' });
  writeFileSync(join(folder, 'taken.csv'), 'customer_id,event_timestamp,City\n1,2026-01-08T00:00:00Z,x\n');
  const refused = await ratchet(
    'history',
    '--entities',
    'taken.csv',
    '--out',
    'no.parquet',
    '--features',
    'profile:city',
  );
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('profile:city: the result has city already (a column of the rows); full names'),
  });
});

test('times without a zone are UTC, in rows as in sources', async () => {
  writeFileSync(
    join(folder, 'naive.csv'),
    'customer_id,event_timestamp\n1,2026-01-08 00:00:00\n1,2026-01-08T02:00:00+02:00\n',
  );
  writeFileSync(
    join(folder, 'plain.csv'),
    'customer_id,event_timestamp\n1,2026-01-08 00:00:00\n1,2026-01-07 23:59:59.999999\n',
  );
  await ratchet(
    'history',
    '--entities',
    'plain.csv',
    '--out',
    'out.parquet',
    '--features',
    'payments:avg_transaction_amount',
  );
  expect((await read(`SELECT avg_transaction_amount AS a FROM '${folder}/out.parquet'`)).map(({ a }) => a)).toEqual([
    40, 20,
  ]);
});

test('NaN and ±∞ are values of a row; windows leave NaN out', async () => {
  await duckdb.run(
    `COPY (SELECT * FROM (VALUES (1, TIMESTAMP '2026-01-01', 'NaN'::DOUBLE), (1, TIMESTAMP '2026-01-02', 'inf'::DOUBLE), (1, TIMESTAMP '2026-01-03', '-inf'::DOUBLE), (2, TIMESTAMP '2026-01-01', 'NaN'::DOUBLE), (2, TIMESTAMP '2026-01-02', 4.0)) t(k, t, x)) TO '${folder}/odd.parquet'`,
  );
  await duckdb.run(
    `COPY (SELECT * FROM (VALUES (1, TIMESTAMP '2026-01-01'), (1, TIMESTAMP '2026-01-02'), (1, TIMESTAMP '2026-01-03'), (2, TIMESTAMP '2026-01-03')) t(k, event_timestamp)) TO '${folder}/ask.parquet'`,
  );
  writeFileSync(
    join(folder, 'odd.ts'),
    `import { count, defineFeatures, entity, featureView, max, mean, std, sum } from 'ratchet-ml';
const k = entity({ name: 'k', joinKeys: { k: 'int64' } });
const odd = featureView({ name: 'odd', entities: [k], source: 'odd.parquet', timestamp: 't', features: { x: 'float64', n: count('7d'), m: mean('x', '7d'), s: sum('x', '7d'), big: max('x', '7d'), d: std('x', '7d') } });
export default defineFeatures({ entities: [k], views: [odd] });`,
  );
  const made = await ratchet(
    'history',
    '--definitions',
    'odd.ts',
    '--entities',
    'ask.parquet',
    '--out',
    'out.parquet',
    '--features',
    'odd:x,odd:n,odd:m,odd:s,odd:big,odd:d',
  );
  expect(made.stderr).toBe('');
  const [nan, inf, both, two] = await read(`SELECT x, n, m, s, big, d FROM '${folder}/out.parquet'`);
  const [infinite, none] = [Number.POSITIVE_INFINITY, Number.NaN];
  expect(nan).toEqual({ x: none, n: 1n, m: null, s: null, big: null, d: null });
  expect(inf).toEqual({ x: infinite, n: 2n, m: infinite, s: infinite, big: infinite, d: none });
  expect(both).toEqual({ x: -infinite, n: 3n, m: none, s: none, big: infinite, d: none });
  expect(two).toEqual({ x: 4, n: 2n, m: 4, s: 4, big: 4, d: null });
});

describe('what is wrong is said, with its exit code, and nothing is written', () => {
  const other = (name: string, text: string, from: string, to: string) => {
    expect(definitions).toContain(from);
    writeFileSync(join(folder, name), text.replace(from, to));
    return ['--definitions', name];
  };
  const rowsAs = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return ['--entities', name];
  };
  const count = ['--features', 'payments:transaction_count_7d'];
  test.each<[string, () => string[], string]>([
    [
      'an unknown view',
      () => ['--features', 'payment:x'],
      'payment:x: there is no view payment; there is payments, if that is meant',
    ],
    [
      'an unknown feature',
      () => ['--features', 'profile:ctiy'],
      'profile:ctiy: the view profile: there is no feature ctiy; there is city',
    ],
    [
      'an unknown output',
      () => ['--features', 'account:mroe'],
      'account:mroe: the on-demand account: there is no output mroe; there is more',
    ],
    ['an unknown service', () => ['--service', 'frad'], 'service: there is no service frad; there is fraud'],
    [
      'an unknown entity',
      () => [...count, ...other('a.ts', definitions, 'entities: [customer], source', "entities: ['custmer'], source")],
      'the view payments: there is no entity custmer; there is customer',
    ],
    [
      'a file of another format to write',
      () => [...count, '--out', 'train.csv'],
      '--out train.csv names another format, and Parquet is written: name it train.parquet',
    ],
    ['neither features nor a service', () => [], 'give features (view:feature, …) or a service: one of the two'],
    ['no view:feature', () => ['--features', 'city'], '"city" is no feature: write view:feature'],
    [
      'no column of times',
      () => [...count, '--time', 'event_timestmp'],
      'column event_timestmp is missing; there is event_timestamp: renamed?; name the column of the moments: --time',
    ],
    [
      'times that are texts',
      () => [...count, ...rowsAs('texts.csv', 'customer_id,event_timestamp\n1,08.01.2026\n')],
      'the rows: the time event_timestamp is VARCHAR, not a date or timestamp; write 2013-01-31',
    ],
    [
      'a key that the rows have not',
      () => [...count, ...rowsAs('nokey.csv', 'custmer_id,event_timestamp\n1,2026-01-08T00:00:00Z\n')],
      'the rows, a join key of customer: column customer_id is missing; there is custmer_id: renamed?',
    ],
    [
      'a key of another type',
      () => [...count, ...rowsAs('key.csv', 'customer_id,event_timestamp\nx1,2026-01-08T00:00:00Z\n')],
      'the rows: customer_id is VARCHAR, and a join key of customer is declared int64',
    ],
    [
      'a field of the request that the rows have not',
      () => [
        '--features',
        'account:large',
        ...rowsAs('nofield.csv', 'customer_id,event_timestamp\n1,2026-01-08T00:00:00Z\n'),
      ],
      'the rows, a field of the request: column amount is missing',
    ],
    [
      'a source whose column is gone',
      () => [
        '--features',
        'payments:avg_transaction_amount',
        ...other('b.ts', definitions, 'data/payments.csv', 'data/renamed.csv'),
      ],
      'the view payments, data/renamed.csv, avg_transaction_amount: column amount is missing; there is amounts: renamed?',
    ],
    [
      'a source whose column has another type now',
      () => [
        '--features',
        'payments:avg_transaction_amount',
        ...other('c.ts', definitions, 'data/payments.csv', 'data/retyped.csv'),
      ],
      'the view payments, data/retyped.csv: amount is VARCHAR, and avg_transaction_amount is declared float64',
    ],
    [
      'a source that is gone',
      () => [...count, ...other('d.ts', definitions, 'data/payments.csv', 'data/gone.csv')],
      'data/gone.csv',
    ],
    [
      'a window over text',
      () => [
        '--features',
        'profile:city',
        ...other('e.ts', definitions, "mean('amount', '7d')", "mean('city', '7d')").concat(),
      ],
      'there is no column city',
    ],
    [
      'a window over what is no number',
      () => [...count, ...other('f.ts', definitions, "amount: 'float64', id", "amount: 'string', id")],
      'the view payments, avg_transaction_amount: mean is of numbers, and the column amount is string',
    ],
    [
      'a function that throws',
      () => ['--features', 'throws:x'],
      'the on-demand throws, row 1: compute threw RangeError: no such thing',
    ],
    [
      'a function of another type',
      () => ['--features', 'answers:x'],
      'the on-demand answers, row 1: compute answered "seven" for x, which is declared int64',
    ],
    [
      'int64 that float64 does not hold',
      () => [
        '--features',
        'payments:total',
        ...other('g.ts', definitions, "'float64', id: 'int64' }", "'float64', id: 'float64' }"),
      ],
      'payments, id is declared float64, which does not hold 9007199254740993, beyond 2^53, exactly; declare it int64',
    ],
    [
      'definitions that are none',
      () => [...count, ...(writeFileSync(join(folder, 'none.ts'), 'export default 3;'), ['--definitions', 'none.ts'])],
      '--definitions none.ts exports no definitions: write export default defineFeatures',
    ],
    ['definitions that are not there', () => [...count, '--definitions', 'feature.ts'], 'feature.ts'],
  ])('%s', async (_what, args, words) => {
    writeFileSync(join(folder, 'data/renamed.csv'), 'customer_id,paid_at,amounts,id\n1,2026-01-01T00:00:00Z,10,3\n');
    writeFileSync(join(folder, 'data/retyped.csv'), 'customer_id,paid_at,amount,id\n1,2026-01-01T00:00:00Z,ten,3\n');
    const told = await ratchet('history', '--entities', 'rows.csv', '--out', 'none.parquet', ...args());
    expect(told.stderr).toContain(words);
    expect(told.stderr).not.toContain('    at ');
    // The functions are the project's own code, which failed; the rest is what was given.
    expect(told).toMatchObject({ code: words.includes(': compute ') ? 1 : 2, stdout: '' });
    expect(existsSync(join(folder, 'none.parquet'))).toBe(false);
  });
});

test('--help teaches with an example', async () => {
  const { code, stdout } = await ratchet('history', '--help');
  expect(code).toBe(0);
  expect(stdout).toContain(
    'ratchet features history --entities labels.csv --time at --service fraud --out train.parquet',
  );
  expect(readFileSync(join(root, 'docs/features.md'), 'utf8')).toContain('ratchet features history');
});
