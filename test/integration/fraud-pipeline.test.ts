/** pipelines/fraud: its data are the same every time, and its features are what a plain nested loop finds in them. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHistoricalFeatures } from '#activities/features/history/stage.ts';
import { createTables } from '#adapters/duckdb/tables.ts';
import type { Json } from '#contracts/json.ts';
import { getHistoricalFeatures } from '#contracts/stages/index.ts';
import { bundlePipeline } from '#workers/code/bundle.ts';
import { writeWhole } from '#workers/code/code-store.ts';
import { findPipeline } from '#workers/code/find-pipelines.ts';
import { databasesOf } from '#workers/databases.ts';
import { StepHosts } from '#workers/step-host/pool.ts';
import { createDataWorkplace, type DataWorkplace } from '../conformance/data-workplace.ts';

const root = join(import.meta.dirname, '../..');
const python = process.env.RATCHET_TEST_PYTHON ?? '';
const script = join(root, 'pipelines/fraud/data.py');
const names = ['payments', 'logins', 'labels'] as const;
const folder = mkdtempSync(join(tmpdir(), 'ratchet-fraud-'));

let place: DataWorkplace;
let tables: ReturnType<typeof createTables>;
let hosts: StepHosts;
let duckdb: DuckDBConnection;
beforeAll(async () => {
  for (const again of ['one', 'two']) execFileSync(python, [script, join(folder, again)]);
  place = await createDataWorkplace();
  tables = createTables({ scratchFolder: join(place.folder, 'scratch-2') });
  duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  await duckdb.run("SET TimeZone = 'UTC'");
}, 120_000);
afterAll(async () => {
  duckdb?.closeSync();
  await hosts?.close();
  await tables?.close();
  await place?.close();
  rmSync(folder, { recursive: true, force: true });
});

const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
const csv = (name: string) => `read_csv('${join(folder, 'one', `${name}.csv`)}')`;

test('the data are the same every time', () => {
  for (const name of names)
    expect(digest(join(folder, 'one', `${name}.csv`))).toBe(digest(join(folder, 'two', `${name}.csv`)));
});

test('the features of the pipeline are those of a nested loop over its tables', async () => {
  const built = await bundlePipeline(root, await findPipeline(root, 'fraud'));
  const path = join(root, `.ratchet/code/${built.digest}.mjs`);
  mkdirSync(join(root, '.ratchet/code'), { recursive: true });
  await writeWhole(path, built.code);
  hosts = new StepHosts({ root, size: 1, bundlePath: async () => path });
  const where = { bundle: built.digest };
  const { graph } = await hosts.compile(where, { params: {}, champion: null, asOf: '2026-06-01' });
  const node = graph.nodes.find(({ step }) => step === getHistoricalFeatures.name);
  const snapshot = async (name: string) => {
    await place.file(`${name}.csv`, readFileSync(join(folder, 'one', `${name}.csv`)));
    return (await place.validate({ source: `${name}.csv` })).snapshot;
  };
  const [payments, profile, entities] = [
    await snapshot('payments'),
    await snapshot('logins'),
    await snapshot('labels'),
  ];
  const workdir = join(place.folder, 'work');
  await mkdir(workdir, { recursive: true });
  const made = await createHistoricalFeatures({
    ...{ databases: databasesOf({}), queries: tables },
    ...{ store: place.store, tables, cacheFolder: place.cacheFolder, projectFolder: () => place.folder },
  })(
    getHistoricalFeatures.input.parse({
      ...(node?.input as { [key: string]: Json }),
      ...{ entities, sources: { payments, profile } },
    }),
    {
      ...{ run: place.run, node: 'node', attempt: 1, workdir, stopping: () => false, progress: () => {} },
      signal: new AbortController().signal,
      onVectors: (job, stop) =>
        hosts.vectors(where, { step: 'known', log: join(workdir, 'log'), ...job }, { signal: stop }),
    },
  );
  expect(made).toMatchObject({ withoutTime: 0, features: { rows: entities.rows, service: { name: 'fraud' } } });
  expect(made.matched.profile).toBeGreaterThan(0.9);

  const known = join(folder, 'known.parquet');
  await place.store.download(place.store.key(made.features.uri), known);
  const loop = `
    SELECT l.row, l.customer_id, l.event_timestamp AS t,
      (SELECT count(*) FROM ${csv('payments')} p WHERE p.customer_id = l.customer_id AND p.written_at <= l.event_timestamp
        AND p.paid_at > l.event_timestamp - INTERVAL 7 DAYS AND p.paid_at <= l.event_timestamp) AS n,
      (SELECT avg(p.amount) FROM ${csv('payments')} p WHERE p.customer_id = l.customer_id AND p.written_at <= l.event_timestamp
        AND p.paid_at > l.event_timestamp - INTERVAL 7 DAYS AND p.paid_at <= l.event_timestamp) AS mean,
      (SELECT max(v.last_login_at) FROM ${csv('logins')} v WHERE v.customer_id = l.customer_id AND v.at <= l.event_timestamp) AS login,
      (SELECT max(v.opened_at) FROM ${csv('logins')} v WHERE v.customer_id = l.customer_id AND v.at <= l.event_timestamp) AS opened
    FROM (SELECT *, row_number() OVER () AS row FROM ${csv('labels')}) l`;
  const differ = await duckdb.runAndReadAll(`
    WITH looped AS (${loop}), found AS (SELECT *, row_number() OVER () AS row FROM '${known}')
    SELECT count(*) AS rows, count(n) FILTER (n > 1) AS busy, count(*) FILTER (login IS NULL) AS strangers,
      count(*) FILTER (f.transaction_count_7d IS DISTINCT FROM n
        OR NOT coalesce(abs(f.avg_transaction_amount - mean) < 1e-9, f.avg_transaction_amount IS NULL AND mean IS NULL)
        OR NOT coalesce(abs(f.days_since_last_login - epoch(t - login) / 86400) < 1e-9, f.days_since_last_login IS NULL AND login IS NULL)
        OR NOT coalesce(abs(f.account_age_days - epoch(t - opened) / 86400) < 1e-9, f.account_age_days IS NULL AND opened IS NULL)) AS differ
    FROM looped JOIN found f USING (row)`);
  const [row] = differ.getRowObjectsJS();
  expect(row).toMatchObject({ rows: BigInt(entities.rows), differ: 0n });
  expect(Number(row?.busy)).toBeGreaterThan(10_000);
  expect(Number(row?.strangers)).toBeGreaterThan(0);
}, 240_000);
