/** The stage getHistoricalFeatures: what the command gives, in a run; functions on demand in a step host, from the run's own code. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { foreseenColumns } from '#activities/features/foreseen-columns.ts';
import { createHistoricalFeatures } from '#activities/features/history/stage.ts';
import type { StageContext } from '#activities/stage.ts';
import { createTables } from '#adapters/duckdb/tables.ts';
import type { DatasetRef } from '#contracts/data.ts';
import type { Json } from '#contracts/json.ts';
import { storeKey } from '#contracts/names.ts';
import type { PlanNode } from '#contracts/plan.ts';
import { getHistoricalFeatures } from '#contracts/stages/index.ts';
import type { FeatureDocument } from '#features/document.ts';
import { bundlePipeline } from '#workers/code/bundle.ts';
import { writeWhole } from '#workers/code/code-store.ts';
import { databasesOf } from '#workers/databases.ts';
import { createStepCache } from '#workers/step-cache.ts';
import { StepHosts } from '#workers/step-host/pool.ts';
import { createDataWorkplace, type DataWorkplace } from '../conformance/data-workplace.ts';
import { writeProject } from '../fixtures/feature-history/project.ts';
import { runVerb } from '../fixtures/verbs.ts';

const root = join(import.meta.dirname, '../..');
mkdirSync(join(root, '.ratchet'), { recursive: true });
const folder = mkdtempSync(join(root, '.ratchet/history-stage-'));
const before = process.cwd();
const names = ['account_age_days', 'days_since_last_login', 'more', 'large', 'year', 'next', 'day', 'before'];
const everything = [
  ...['transaction_count_7d', 'avg_transaction_amount', 'last_amounts', 'last_id'].map((name) => `payments:${name}`),
  ...['points', 'opened_at', 'born', 'ratio'].map((name) => `profile:${name}`),
  ...names.map((name) => `account:${name}`),
];
const pipeline = `import { definePipeline, featuresOf, getHistoricalFeatures, validateData } from 'ratchet-ml';
import { z } from 'zod';
import defined from './features.ts';
export default definePipeline({
  name: 'fraud',
  params: z.object({ service: z.string().optional(), features: z.array(z.string()).default([]), time: z.string().default('event_timestamp') }),
  graph: ({ run, params }) => {
    const rows = run(validateData, { source: 'rows.csv' });
    const { service } = params;
    return run(getHistoricalFeatures, {
      entities: rows.snapshot, time: params.time, ...featuresOf(defined, service ? { service } : { features: params.features }),
    });
  },
});
`;

let place: DataWorkplace;
let tables: ReturnType<typeof createTables>;
let hosts: StepHosts;
let duckdb: DuckDBConnection;
let bundle: string;
let entities: DatasetRef;
beforeAll(async () => {
  writeProject(folder);
  writeFileSync(join(folder, 'pipeline.ts'), pipeline);
  place = await createDataWorkplace();
  // What the verb reads beside features.ts, a run reads beside pipeline.ts.
  const beside = join(place.folder, 'pipelines/test');
  mkdirSync(beside, { recursive: true });
  writeProject(beside);
  entities = (await place.validate({ source: 'rows.csv' })).snapshot;
  tables = createTables({ scratchFolder: join(place.folder, 'scratch-2') });
  const built = await bundlePipeline(folder, { name: 'fraud', entry: join(folder, 'pipeline.ts') } as Parameters<
    typeof bundlePipeline
  >[1]);
  bundle = built.digest;
  const path = join(folder, `.ratchet/code/${bundle}.mjs`);
  await writeWhole(path, built.code);
  hosts = new StepHosts({ root: folder, size: 1, bundlePath: async () => path });
  duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(before);
  duckdb?.closeSync();
  await hosts?.close();
  await tables?.close();
  await place?.close();
  rmSync(folder, { recursive: true, force: true });
});

const graphOf = async (params: Json) =>
  (await hosts.compile({ bundle }, { params, champion: null, asOf: '2026-01-01' })).graph;
const nodeOf = async (params: Json): Promise<PlanNode> => {
  const found = (await graphOf(params)).nodes.find(({ step }) => step === 'getHistoricalFeatures');
  if (!found) throw new Error('no such node');
  return found;
};
const inputOf = async (params: Json) => ({ ...((await nodeOf(params)).input as { [key: string]: Json }), entities });

async function known(input: object, signal = new AbortController().signal) {
  const workdir = join(place.folder, 'work', String(Math.random()));
  await mkdir(workdir, { recursive: true });
  const context: StageContext = {
    ...{ run: place.run, node: 'node', attempt: 1, signal, stopping: () => false, workdir },
    progress: (text) => place.progress.push(text),
    onVectors: (job, stop) =>
      hosts.vectors({ bundle }, { step: 'getHistoricalFeatures', log: join(workdir, 'log'), ...job }, { signal: stop }),
  };
  const deps = {
    ...{ store: place.store, tables, cacheFolder: place.cacheFolder, projectFolder: () => place.folder },
    ...{ databases: databasesOf(process.env), queries: tables },
  };
  try {
    return await createHistoricalFeatures(deps)(getHistoricalFeatures.input.parse(input), context);
  } finally {
    await rm(workdir, { recursive: true, force: true });
  }
}
const rowsOf = async (path: string) =>
  (await duckdb.runAndReadAll(`SELECT COLUMNS(*)::VARCHAR FROM '${path}'`)).getRowObjectsJS();
async function stored(ref: DatasetRef) {
  const path = join(place.folder, `${ref.digest.slice(4)}-read.parquet`);
  await place.store.download(place.store.key(ref.uri), path);
  return path;
}
const rejected = (input: object, signal?: AbortSignal): Promise<Error> =>
  known(input, signal).then(
    () => Promise.reject(new Error('it was accepted')),
    (error: Error) => error,
  );

test('gives what the command gives, values and types, functions on demand included', async () => {
  const made = await known(await inputOf({ features: everything }));
  const out = join(folder, 'out.parquet');
  const verb = ['history', '--entities', 'rows.csv', '--out', out, '--features', everything.join(',')];
  expect(await runVerb('features', ...verb)).toMatchObject({ code: 0 });
  const path = await stored(made.features);
  expect(await rowsOf(path)).toEqual(await rowsOf(out));
  const types = async (file: string) =>
    (await duckdb.runAndReadAll(`DESCRIBE SELECT * FROM '${file}'`)).getRowObjectsJS();
  expect(await types(path)).toEqual(await types(out));
  expect(made).toMatchObject({ withoutTime: 1, matched: { profile: expect.closeTo(4 / 7) } });
  expect(Object.keys(made.sources)).toEqual(['payments', 'profile']);
  expect(made.features.service).toBeUndefined();
});

test('of a service: its version is that of the command, and its definitions are in the store', async () => {
  const { features } = await known(await inputOf({ service: 'fraud' }));
  const listed = JSON.parse((await runVerb('features', 'list', '--json')).stdout) as FeatureDocument;
  expect(features.service).toMatchObject({ name: 'fraud', version: listed.services[0]?.version });
  const key = storeKey.featureDefinitions(features.service?.definitions.slice(7) ?? '');
  const kept = JSON.parse(Buffer.from((await place.store.get(key)) ?? '').toString('utf8')) as FeatureDocument;
  expect(kept.services[0]).toMatchObject({ name: 'fraud', version: listed.services[0]?.version });
  expect(kept.onDemand.map(({ name }) => name)).toEqual(['account']);
});

test('featurize hands on what serves the features of its data', async () => {
  const { features } = await known(await inputOf({ service: 'fraud' }));
  const where = 'account_age_days IS NOT NULL';
  const { train, holdout } = await place.featurize({ data: features, where, split: { by: 'share', holdout: 0.5 } });
  expect([train.service, holdout.service]).toEqual([features.service, features.service]);
});

test('a view is read of a step’s dataset where one is given', async () => {
  const payments = await place.dataset('other-payments', 'customer_id,paid_at,amount,id\n1,2026-01-07T00:00:00Z,3,1\n');
  const input = { ...(await inputOf({ features: ['payments:transaction_count_7d'] })), sources: { payments } };
  const made = await known(input);
  expect((await rowsOf(await stored(made.features))).map((row) => row.transaction_count_7d)).toEqual([
    '1',
    '1',
    '0',
    '0',
    null,
    null,
    '1',
  ]);
  expect(made.sources).toEqual({ payments });
  expect(await rejected({ ...input, sources: { paymets: payments } })).toMatchObject({
    type: 'InvalidInput',
    message: expect.stringContaining('there is no view that is asked for paymets; there is payments'),
  });
});

test('a function that throws, or answers another type, ends the step with the row, and a step host goes on', async () => {
  expect(await rejected(await inputOf({ features: ['throws:x'] }))).toMatchObject({
    type: 'InvalidOutput',
    message: expect.stringMatching(/the on-demand throws, row 1: compute threw RangeError: no such thing/),
  });
  expect(await rejected(await inputOf({ features: ['answers:x'] }))).toMatchObject({ type: 'InvalidOutput' });
  expect(await known(await inputOf({ features: ['account:large'] }))).toMatchObject({ withoutTime: 1 });
});

test('a definition whose function the pinned code has not is refused by its digest', async () => {
  const input = await inputOf({ features: ['account:large'] });
  const other = JSON.parse(JSON.stringify(input).replaceAll(/"digest":"sha256:[0-9a-f]{4}/g, '"digest":"sha256:0000'));
  expect(await rejected(other)).toMatchObject({
    type: 'InvalidPipeline',
    message: expect.stringMatching(/has no function on demand "account" with the digest sha256:0000/),
  });
});

test('the bytes of a source are part of what its result is kept under; those of a given dataset are in its reference', async () => {
  const { identify } = createStepCache({
    ...{ root: place.folder, store: place.store, tables },
    tracking: { run: () => Promise.reject(new Error('none')) },
  });
  const call = { step: 'getHistoricalFeatures', run: place.run };
  const input = (await inputOf({ features: ['payments:transaction_count_7d'] })) as unknown as Json;
  const first = await identify({ ...call, input });
  await place.file('data/payments.csv', 'customer_id,paid_at,amount,id\n1,2026-01-01T00:00:00Z,10,5\n');
  const second = await identify({ ...call, input });
  expect(JSON.stringify(first)).toMatch(/"identities":\{"payments":"[0-9a-f]{64}"/);
  expect(second).not.toEqual(first);
});

test('names that the definitions have not are refused when the graph is built', async () => {
  await expect(graphOf({ features: ['payments:transaction_count'] })).rejects.toThrow(
    /there is no feature transaction_count; there is transaction_count_7d/,
  );
});

test('columns that sources or rows have not are foreseen', async () => {
  const foreseen = async (params: Json, columns: Record<string, string[]>) => {
    const header = async ({ source }: { source: string }) => ({
      columns: (columns[source] ?? []).map((name) => ({ name, type: null })),
      complete: true,
    });
    const { problems } = await foreseenColumns(await graphOf(params), null, { header, tables });
    return problems.map(({ message }) => message);
  };
  const rows = ['customer_id', 'event_timestamp', 'amount'];
  const payments = ['customer_id', 'paid_at', 'amount'];
  const ask = { features: ['payments:avg_transaction_amount'] };
  expect(await foreseen(ask, { 'rows.csv': rows, 'data/payments.csv': payments })).toEqual([]);
  expect(await foreseen(ask, { 'rows.csv': rows, 'data/payments.csv': ['customer_id', 'paid_at', 'amuont'] })).toEqual([
    expect.stringMatching(/there is no column amount in data\/payments\.csv.*amuont/),
  ]);
  expect(await foreseen({ ...ask, time: 'at' }, { 'rows.csv': rows, 'data/payments.csv': payments })).toEqual([
    expect.stringMatching(/the rows: column at is missing/),
  ]);
});

test('a step that was cancelled computes nothing', async () => {
  const stop = new AbortController();
  const waits = known(await inputOf({ features: ['account:large'] }), stop.signal);
  stop.abort(new Error('cancelled'));
  await expect(waits).rejects.toThrow(/cancelled/);
});
