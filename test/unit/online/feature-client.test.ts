/** The typed client against the server: values of every type, exact; what is true of each; and what it throws. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  count,
  defineFeatures,
  entity,
  feature,
  featureService,
  featureView,
  lastN,
  onDemandFeatures,
} from 'ratchet-ml';
import { FeatureServerError, featureClient } from 'ratchet-ml/feature-client';
import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest';
import { catalogueOf } from '#serving/definitions.ts';
import { startTestFeatureServer, type TestFeatureServer } from '../../servers/feature-server.ts';

const customer = entity({ name: 'customer', joinKeys: { customer_id: 'int64' } });
const profile = featureView({
  ...{ name: 'profile', entities: [customer], source: 'profile.csv', timestamp: 'at', ttl: '30d' },
  features: { balance: 'int64', score: 'float64', city: 'string', vip: 'bool', opened_at: 'timestamp', born: 'date' },
});
const payments = featureView({
  ...{ name: 'payments', entities: [customer], source: 'payments.csv', timestamp: 'at' },
  columns: { cents: 'int64' },
  features: { count_7d: count('7d'), cents: lastN('cents', 2, '7d') },
});
const account = onDemandFeatures({
  name: 'account',
  inputs: { balance: feature(profile, 'balance') },
  request: { amount: 'float64' },
  outputs: { large: 'bool', next: 'int64' },
  compute: ({ balance, amount }) => ({
    large: amount === null ? null : amount > 100,
    next: balance === null ? null : balance + 1n,
  }),
});
const fraud = featureService({ name: 'fraud', features: [feature(profile, 'city'), feature(account, 'next')] });
const all = {
  balance: feature(profile, 'balance'),
  score: feature(profile, 'score'),
  city: feature(profile, 'city'),
  vip: feature(profile, 'vip'),
  opened: feature(profile, 'opened_at'),
  born: feature(profile, 'born'),
  count: feature(payments, 'count_7d'),
  cents: feature(payments, 'cents'),
  large: feature(account, 'large'),
  next: feature(account, 'next'),
};
const now = Date.parse('2026-06-08T00:00:00Z');
const key = 9_007_199_254_740_993n;

let server: TestFeatureServer;
beforeAll(async () => {
  const catalogue = catalogueOf(
    defineFeatures({ entities: [customer], views: [profile, payments], onDemand: [account], services: [fraud] }),
  );
  server = await startTestFeatureServer({ catalogue, now: () => now });
  const push = (view: string, df: Record<string, unknown[]>) => server.post('/push', { push_source_name: view, df });
  await push('profile', {
    customer_id: [String(key), 2, 3],
    at: ['2026-06-07T00:00:00Z', '2026-06-07T00:00:00Z', '2026-01-01T00:00:00Z'],
    balance: ['-9223372036854775808', null, 5],
    score: ['NaN', 1, 2],
    city: ['Åre "x"', null, 'Rome'],
    vip: [true, false, null],
    opened_at: ['2020-02-29T12:00:00.123456Z', null, null],
    born: ['1980-02-29', null, null],
  });
  await push('payments', {
    customer_id: [String(key), String(key)],
    at: ['2026-06-06T00:00:00Z', '2026-06-07T00:00:00Z'],
    cents: ['9007199254740995', 7],
  });
});
afterAll(() => server.close());

test('every type as the definitions say, exact, in the order of the rows', async () => {
  const client = featureClient({ url: server.url });
  const vectors = await client.read(all, [
    { customer_id: key, amount: 100.5 },
    { customer_id: 2n },
    { customer_id: 4, amount: null },
  ]);
  const [first, second, third] = vectors;
  expectTypeOf(first?.values.balance).toEqualTypeOf<bigint | null | undefined>();
  expectTypeOf(first?.values.opened).toEqualTypeOf<Date | null | undefined>();
  expectTypeOf(first?.values.large).toEqualTypeOf<boolean | null | undefined>();
  expect(first?.values).toEqual({
    balance: -9_223_372_036_854_775_808n,
    score: Number.NaN,
    city: 'Åre "x"',
    vip: true,
    opened: new Date('2020-02-29T12:00:00.123Z'),
    born: new Date('1980-02-29'),
    count: 2n,
    cents: [7n, 9_007_199_254_740_995n],
    large: true,
    next: -9_223_372_036_854_775_807n,
  });
  expect(first?.at).toMatchObject({ balance: new Date('2026-06-07T00:00:00Z'), large: null });
  expect(second?.status).toMatchObject({
    balance: 'NULL_VALUE',
    score: 'PRESENT',
    count: 'PRESENT',
    large: 'NULL_VALUE',
  });
  expect(third?.status).toMatchObject({ balance: 'NOT_FOUND', count: 'PRESENT', cents: 'NOT_FOUND' });
  expect(third?.values).toMatchObject({ balance: null, count: 0n });
});

test('what is too old has no value; two names of one feature are one column', async () => {
  const client = featureClient({ url: `${server.url}/` });
  const city = feature(profile, 'city');
  const [vector] = await client.read({ a: city, b: city }, [{ customer_id: 3n }]);
  expect(vector).toMatchObject({
    values: { a: null, b: null },
    status: { a: 'OUTSIDE_MAX_AGE', b: 'OUTSIDE_MAX_AGE' },
  });
});

test('a service by its name; nothing asked is nothing answered', async () => {
  const client = featureClient({ url: server.url });
  const [vector] = await client.service('fraud', [{ customer_id: key, amount: 1 }]);
  expect(vector?.values).toEqual({ profile__city: 'Åre "x"', account__next: -9_223_372_036_854_775_807n });
  expect(await client.service('fraud', [])).toEqual([]);
  expect(await client.read({}, [{ customer_id: 1n }])).toEqual([{ values: {}, status: {}, at: {} }]);
});

test.each<[string, () => Promise<unknown>, number | null, RegExp]>([
  [
    'an unknown service',
    () => featureClient({ url: server.url }).service('frad', [{ customer_id: 1n }]),
    404,
    /no feature service "frad"/,
  ],
  [
    'a key that is missing',
    () => featureClient({ url: server.url }).service('fraud', [{ amount: 1 }]),
    422,
    /customer_id/,
  ],
  [
    'a key of another type',
    () => featureClient({ url: server.url }).service('fraud', [{ customer_id: 'x', amount: 1 }]),
    422,
    /an int64/,
  ],
  [
    'a feature of an unknown view',
    () =>
      featureClient({ url: server.url }).read({ city: { feature: 'profil:city', type: 'string' } }, [
        { customer_id: 1n },
      ]),
    404,
    /profil/,
  ],
  [
    'nobody there',
    () => featureClient({ url: 'http://127.0.0.1:9' }).service('fraud', [{ customer_id: 1n }]),
    null,
    /127\.0\.0\.1:9 is out of reach/,
  ],
  [
    'definitions that say another type',
    () =>
      featureClient({ url: server.url }).read({ city: { feature: 'profile:city', type: 'int64' } }, [
        { customer_id: 1n },
      ]),
    200,
    /profile:city is string at the server, and int64 in the definitions at hand/,
  ],
])('%s is an error with its status', async (_what, asked, status, message) => {
  const error = await asked().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FeatureServerError);
  expect(error).toMatchObject({ status, message: expect.stringMatching(message) });
});

test('a server that is silent, and one that is another', async () => {
  const other = createServer((request, response) => {
    if (request.headers.authorization === undefined) return;
    response.end('<html>');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const asked = (token?: string) =>
    featureClient({ url, timeoutMs: token ? 5_000 : 50, ...(token ? { token } : {}) }).service('fraud', [
      { customer_id: 1n },
    ]);
  await expect(asked()).rejects.toMatchObject({
    status: null,
    message: `the feature server at ${url} did not answer within 50 ms`,
  });
  await expect(asked('t')).rejects.toMatchObject({ status: 200, message: expect.stringMatching(/answers no JSON/) });
  other.closeAllConnections();
  other.close();
});
