/** The watch holds what the feature server sampled against history; the loop starts of it, and a gate's check fails of it. Real DuckDB and files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { count, defineFeatures, entity, featureService, featureView } from 'ratchet-ml';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { createCheckSkew } from '#activities/release/check-skew.ts';
import type { StageContext } from '#activities/stage.ts';
import type { WatchDeps } from '#activities/watch/deps.ts';
import { watchSkew } from '#activities/watch/skew.ts';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import type { LoopInput, WatchFinding } from '#contracts/loop/activities.ts';
import { SkewMeasured } from '#contracts/loop/evidence.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { checkSkew } from '#contracts/stages/index.ts';
import { decideLoop } from '#decisions/retrain.ts';
import { type SampledVector, sampleKey } from '#features/samples.ts';
import { applyFeatures } from '#records/applied-features.ts';
import { databasesOf } from '#workers/databases.ts';
import { dataSources } from '#workers/step-cache.ts';
import { createFolderStore, type FolderStore } from '../conformance/folder-store.ts';
import { attempt } from '../fixtures/runtime.ts';

const tables = createTablesInProcess();
afterAll(() => tables.close());

const customer = entity({ name: 'customer', joinKeys: { customer_id: 'int64' } });
const { document } = defineFeatures({
  entities: [customer],
  views: [
    featureView({
      name: 'payments',
      entities: [customer],
      source: 'payments.csv',
      timestamp: 'paid_at',
      features: { amount: 'float64', payments_7d: count('7d') },
    }),
  ],
  services: [featureService({ name: 'fraud', features: ['payments:amount', 'payments:payments_7d'] })],
});
const version = document.services[0]?.version ?? '';
const asOf = '2026-06-08T00:00:00.000Z';

let folder: string;
let store: FolderStore;
let deps: WatchDeps;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-watch-skew-'));
  for (const name of ['work', 'defined', 'pipelines/p']) mkdirSync(join(folder, name), { recursive: true });
  // A payment a day of each of 20 customers: at noon, of as many cents as the day and the customer say.
  const lines = Array.from({ length: 20 * 10 }, (_, n) => {
    const day = Math.floor(n / 20);
    return `${n % 20},${new Date(Date.parse('2026-05-29T12:00:00Z') + day * 86_400_000).toISOString()},${day + (n % 20) / 100}`;
  });
  writeFileSync(join(folder, 'defined/payments.csv'), `customer_id,paid_at,amount\n${lines.join('\n')}\n`);
  store = createFolderStore(join(folder, 'store'));
  deps = {
    ...{
      store,
      tables,
      histories: tables,
      databases: databasesOf({}),
      sources: dataSources({ root: folder, store, tables }),
    },
    ...{ project: 'here', workFolder: join(folder, 'work') },
  } as Partial<WatchDeps> as WatchDeps;
  return () => rmSync(folder, { recursive: true, force: true });
});

const apply = () => applyFeatures(store, 'here', document, { folder: 'defined', at: asOf, by: 'test' });

/** Vectors of the seventh of June at six in the evening; `unit` is what amounts were pushed in. */
async function sample(vectors: number, unit: number, of = version, without = 0): Promise<void> {
  const at = new Date('2026-06-07T18:00:00.000Z');
  const lines = Array.from(
    { length: vectors },
    (_, n): SampledVector => ({
      at: at.toISOString(),
      'given:customer_id': String(n % 20),
      ...(n < without ? {} : { 'served:payments:amount': String((9 + (n % 20) / 100) * unit) }),
      'served:payments:payments_7d': '7',
    }),
  );
  const id = '00000000-0000-0000-0000-00000000000a';
  await store.put(
    sampleKey({ service: 'fraud', version: of, at, id }),
    `${lines.map((each) => JSON.stringify(each)).join('\n')}\n`,
  );
}

const policyOf = (triggers: object, more: object = {}) =>
  LoopPolicy.parse({
    ...{ pipeline: 'p', model: 'p', triggers },
    watch: { source: 'rows.csv', skew: { service: 'fraud', leastVectors: 50, ...more } },
  });
const look = async (policy = policyOf({ kind: 'skew' }), at = asOf) => {
  const found = (await attempt().run(() => watchSkew(deps, { policy, mark: null, asOf: at }))) as WatchFinding;
  return { found, told: SkewMeasured.parse(found.evidence[0]?.value) };
};
function decided(policy: LoopPolicy, { evidence }: WatchFinding) {
  const inputs = evidence.map(
    ({ signal, value }): LoopInput => ({ kind: 'evidence', signal, id: value.id, raw: value as never }),
  );
  return decideLoop({ policy, memory: null, inputs, now: asOf }).decisions.at(-1);
}
const gateCheck = async (more: object = {}) => {
  const input = checkSkew.input.parse({ service: 'fraud', champion: null, ...more });
  const run = { pipeline: 'p', asOf } as StageContext['run'];
  const { check } = await createCheckSkew({ store })(input, {
    run,
    progress: () => undefined,
  } as Partial<StageContext> as StageContext);
  return check;
};
const champion = { kind: 'champion', model: 'p', version: '1', runId: 'r', uri: 'models:/p/1', digest: 'sha256:0' };

test('what is served as history has it: no run, and the gate’s check passes', async () => {
  await apply();
  await sample(200, 1);
  const { found, told } = await look();
  expect(told).toMatchObject({
    ...{ service: 'fraud', version, vectors: 200 },
    window: { from: '2026-06-07T00:00:00.000Z', to: asOf },
    features: [
      { name: 'payments:amount', share: 0 },
      { name: 'payments:payments_7d', share: 0 },
    ],
  });
  expect(decided(policyOf({ kind: 'skew' }), found)).toMatchObject({
    outcome: 'no-run',
    lacking: [
      expect.stringMatching(/a feature served otherwise .* more than 1 % of the vectors: none of 200 vectors differs/),
    ],
  });
  expect(await gateCheck({ champion })).toMatchObject({ passed: true, tests: 2, report: told.result?.uri });
  // The same vectors, looked at again: the same evidence.
  expect((await look()).told.id).toBe(told.id);
});

test('a unit that changed in what was pushed names the feature, starts a run, and fails the check', async () => {
  await apply();
  await sample(200, 100);
  const { found, told } = await look();
  // Zero cents are zero euros; no customer has none.
  expect(told.features[0]).toEqual({ name: 'payments:amount', share: 1, nulls: 0 });
  const decision = decided(policyOf({ kind: 'skew', share: 0.05 }), found);
  expect(decision).toMatchObject({ outcome: 'run', reasons: [{ kind: 'skew', figures: { skew_share: 1 } }] });
  expect(decision?.words).toContain('payments:amount (100 %) of fraud served otherwise than history has it');
  expect(decided(policyOf({ kind: 'skew', feature: 'payments:payments_7d' }), found)?.outcome).toBe('no-run');
  expect(await gateCheck({ champion })).toMatchObject({
    passed: false,
    failures: [expect.stringMatching(/^payments:amount was served otherwise .* in 100 % of 200 vectors/)],
  });
  // The whole of it, with examples, is in the store.
  const body = await store.get(store.key(told.result?.uri ?? ''));
  const { features } = JSON.parse(Buffer.from(body ?? []).toString());
  expect(features[0].examples[0]).toMatchObject({ of: { customer_id: expect.any(String) } });
});

test('features without a value are counted, and a limit on them starts a run', async () => {
  await apply();
  await sample(200, 1, version, 50);
  const { found, told } = await look();
  expect(told.features).toEqual([
    { name: 'payments:amount', share: 0.25, nulls: 0.25 },
    { name: 'payments:payments_7d', share: 0, nulls: 0 },
  ]);
  const decision = decided(policyOf({ kind: 'featureNulls', share: 0.2 }), found);
  expect(decision).toMatchObject({
    outcome: 'run',
    reasons: [{ kind: 'featureNulls', figures: { null_share: 0.25 } }],
  });
  expect(decision?.words).toContain(
    'payments:amount (25 %) of fraud served without a value in more than 20 % of the vectors',
  );
  expect(decided(policyOf({ kind: 'featureNulls', share: 0.3 }), found)?.lacking).toEqual([
    'a feature served without a value in more than 30 % of the vectors: at most 25 %',
  ]);
  const other = policyOf({ kind: 'featureNulls', share: 0.2, feature: 'payments:payments_7d' });
  expect(decided(other, found)).toMatchObject({ outcome: 'no-run', lacking: [expect.stringContaining('at most 0 %')] });
});

test('how old the newest row of a view is starts a run, also when nobody asked for a vector', async () => {
  await apply();
  const old = policyOf({ kind: 'freshness', olderThan: '12h' });
  // The newest row known at midnight happened the noon before: twelve hours ago, which is not more.
  const noon = await look(old);
  expect(noon.told).toMatchObject({ vectors: 0, views: [{ name: 'payments', ageSeconds: 12 * 3_600 }] });
  expect(decided(old, noon.found)?.lacking).toEqual(['the newest row of a view older than 12h: payments (12 h)']);
  const later = await look(old, '2026-06-09T00:00:00.000Z');
  expect(decided(old, later.found)).toMatchObject({
    outcome: 'run',
    reasons: [{ kind: 'freshness', figures: { age_hours: 36 }, threshold: { older_than_hours: 12 } }],
    words: expect.stringContaining('the newest row of payments (36 h) is older than 12h'),
  });
  const other = policyOf({ kind: 'freshness', olderThan: '12h', view: 'profile' });
  expect(decided(other, later.found)?.lacking).toEqual([expect.stringContaining('its age is not known')]);
  // Rows of tomorrow are not there yet, and without any there is nothing that is fresh.
  const before = await look(old, '2026-05-01T00:00:00.000Z');
  expect(before.told.views).toEqual([{ name: 'payments', ageSeconds: null }]);
  expect(decided(old, before.found)?.words).toContain('payments (no row) is older than 12h');
  // Where nobody asks for it no source is read for it.
  expect((await look()).told.views).toEqual([]);
});

test('too few vectors, or those of other definitions, are not judged', async () => {
  await apply();
  await sample(49, 100);
  await sample(200, 100, `sha256:${'0'.repeat(64)}`);
  const { found, told } = await look();
  expect(told).toMatchObject({ vectors: 49, tooFew: { rows: 49, least: 50, what: 'vectors' } });
  expect(decided(policyOf({ kind: 'skew' }), found)?.lacking).toEqual([
    expect.stringContaining('too few vectors to judge (49 of 50)'),
  ]);
  expect(await gateCheck({ champion })).toMatchObject({
    passed: false,
    failures: [expect.stringContaining('nothing of it was measured')],
  });
  expect(await gateCheck()).toEqual({ name: 'no skew of fraud', passed: true });
});

test('a look that is older than the check allows says nothing', async () => {
  await apply();
  await sample(200, 1);
  await look();
  expect(await gateCheck({ champion, within: '1d' })).toMatchObject({ passed: true });
  await store.delete((await look()).told.result?.uri.replace('s3://test/prefix/', '') ?? '');
  await look(policyOf({ kind: 'skew' }, { window: '7d', after: '0s' }), '2026-06-07T20:00:00.000Z');
  expect(await gateCheck({ champion, within: '1h' })).toMatchObject({
    passed: false,
    failures: [expect.stringContaining('more than 1h before')],
  });
});

test('without definitions in force, a source or a service it says what to do', async () => {
  await expect(look()).rejects.toThrow(/ratchet features apply/);
  await apply();
  await sample(60, 1);
  rmSync(join(folder, 'defined/payments.csv'));
  await expect(look()).rejects.toThrow(/the source of the view payments is payments\.csv, where nothing is/);
  await expect(look(policyOf({ kind: 'skew' }, { service: 'freud' }))).rejects.toThrow(
    /freud.*did you mean fraud|fraud/,
  );
  await store.put('features/applied/here.json', '{}');
  await expect(look()).rejects.toThrow(/cannot be read .*apply them again/);
});
