/** Windows over the feature server: pushed, read in the next moment, in Feast's form and in people's; and what is refused. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  count,
  defineFeatures,
  entity,
  feature,
  featureService,
  featureView,
  last,
  lastN,
  mean,
  onDemandFeatures,
  sum,
} from 'ratchet-ml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLmdb } from '#adapters/lmdb/online-store.ts';
import { catalogueOf } from '#serving/definitions.ts';
import { startTestFeatureServer, type TestFeatureServer } from '../../servers/feature-server.ts';

const customer = entity({ name: 'customer', joinKeys: { customer_id: 'int64' } });
const payments = featureView({
  ...{ name: 'payments', entities: [customer], source: 'payments.csv', timestamp: 'paid_at' },
  columns: { amount: 'float64', id: 'int64', status: 'string' },
  features: {
    city: 'string',
    count_7d: count('7d'),
    declined_7d: count('7d', { where: { status: 'declined' } }),
    mean_7d: mean('amount', '7d'),
    ids: sum('id', '7d'),
    last_id: last('id', '1h'),
    amounts: lastN('amount', 2, '30d'),
  },
});
const late = featureView({
  ...{ name: 'late', entities: [customer], source: 'late.csv', timestamp: 'at', availableAfter: '2h' },
  features: { seen: count('1d') },
});
const share = onDemandFeatures({
  name: 'share',
  inputs: { all: feature(payments, 'count_7d'), declined: feature(payments, 'declined_7d') },
  outputs: { declined_share: 'float64' },
  compute: ({ all, declined }) => ({ declined_share: all ? Number(declined) / Number(all) : null }),
});
const service = featureService({
  name: 'fraud',
  features: ['payments:count_7d', 'payments:ids', 'payments:city', 'share:declined_share'],
});
const catalogue = catalogueOf(
  defineFeatures({ entities: [customer], views: [payments, late], onDemand: [share], services: [service] }),
);

const folder = mkdtempSync(join(tmpdir(), 'ratchet-windows-'));
let server: TestFeatureServer;
let now = Date.parse('2026-06-08T00:00:00Z');
beforeAll(async () => {
  const store = await openLmdb({ path: join(folder, 'online') });
  server = await startTestFeatureServer({ catalogue, store, now: () => now });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const payment = (customer_id: number, paid_at: string, more: Record<string, unknown> = {}) => ({
  ...{ customer_id, paid_at, amount: 1.5, id: '9007199254740993', status: 'ok', city: 'Oslo' },
  ...more,
});
const push = (rows: Record<string, unknown>[], view = 'payments') =>
  server.post('/push', {
    push_source_name: view,
    df: Object.fromEntries(Object.keys(rows[0] ?? {}).map((name) => [name, rows.map((row) => row[name])])),
  });
const person = async (id: number) => {
  const answer = await fetch(`${server.url}/v1/features/fraud?customer_id=${id}`);
  return (await answer.json()) as { features: Record<string, unknown> };
};

test('what was pushed is in the next answer, told twice it is one, and both edges are exact', async () => {
  const rows = [
    payment(1, '2026-06-01T00:00:00Z'),
    payment(1, '2026-06-01T00:00:00.000001Z', { status: 'declined', city: 'Rome' }),
    payment(1, '2026-06-07T00:00:00Z'),
  ];
  for (let times = 0; times < 2; times++) expect((await push(rows)).status).toBe(200);
  expect((await person(1)).features).toEqual({
    count_7d: { value: 2, status: 'PRESENT', at: '2026-06-07T00:00:00Z' },
    // JSON.parse rounds it; see the text below.
    ids: { value: 2 * 9_007_199_254_740_992, status: 'PRESENT', at: '2026-06-07T00:00:00Z' },
    city: { value: 'Oslo', status: 'PRESENT', at: '2026-06-07T00:00:00Z' },
    declined_share: { value: 0.5, status: 'PRESENT', at: null },
  });
  const features = ['payments:ids', 'payments:amounts', 'payments:last_id', 'payments:mean_7d'];
  const feast = await server.post('/get-online-features', { features, entities: { customer_id: [1, 1, 404] } });
  expect(feast.text).toContain('{"values":[18014398509481986,18014398509481986,null]');
  expect(feast.text).toContain('{"values":[[1.5,1.5],[1.5,1.5],null],"statuses":["PRESENT","PRESENT","NOT_FOUND"]');
  expect(feast.text).toContain('{"values":[null,null,null],"statuses":["NULL_VALUE","NULL_VALUE","NOT_FOUND"]');
});

test('of an entity that was never seen a count is 0', async () => {
  expect((await person(404)).features).toEqual({
    count_7d: { value: 0, status: 'PRESENT', at: null },
    ids: { value: null, status: 'NOT_FOUND', at: null },
    city: { value: null, status: 'NOT_FOUND', at: null },
    declined_share: { value: null, status: 'NULL_VALUE', at: null },
  });
});

test('an event is known after availableAfter', async () => {
  await push([{ customer_id: 1, at: '2026-06-07T22:00:00.001Z' }], 'late');
  const asked = { features: ['late:seen'], entities: { customer_id: [1] } };
  expect((await server.post('/get-online-features', asked)).text).toContain('"values":[0]');
  now += 1;
  expect((await server.post('/get-online-features', asked)).text).toContain('"values":[1]');
  now -= 1;
});

test('two alike in one push are two, pushed one by one they are one', async () => {
  const row = payment(2, '2026-06-07T12:00:00Z');
  await push([row, row]);
  await push([row]);
  expect((await person(2)).features).toMatchObject({ count_7d: { value: 2 } });
});

test.each([
  ['without a column that a window reads', { amount: undefined }, /have no amount/],
  ['with a text for a number', { amount: 'x' }, /amount\[0\]/],
  ['with an int64 that is none', { id: '9223372036854775808' }, /id\[0\]/],
  ['from more than five minutes ahead', { paid_at: '2026-06-08T00:05:00.001Z' }, /five minutes ahead/],
])('a push %s is refused, and nothing of it is kept', async (_, wrong, words) => {
  const row = { ...payment(3, '2026-06-07T00:00:00Z'), ...wrong };
  const columns = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
  const answer = await push([columns]);
  expect(answer).toMatchObject({ status: 422, text: expect.stringMatching(words) });
  expect((await person(3)).features).toMatchObject({ count_7d: { value: 0 }, city: { status: 'NOT_FOUND' } });
});

test('NaN and infinities are values; a sum past 64 bits is refused with it', async () => {
  const at = '2026-06-07T00:00:00Z';
  await push([payment(4, at, { amount: 'Infinity' }), payment(4, at, { amount: 'NaN', id: '9223372036854775807' })]);
  const features = ['payments:mean_7d', 'payments:count_7d'];
  const answer = await server.post('/get-online-features', { features, entities: { customer_id: [4] } });
  expect(answer.text).toContain('"values":["Infinity"]');
  expect(answer.text).toContain('"values":[2]');
  const refused = await server.post('/get-online-features', {
    features: ['payments:ids'],
    entities: { customer_id: [4] },
  });
  expect(refused).toMatchObject({ status: 422, text: expect.stringMatching(/payments:ids.*past 64 bits/) });
});
