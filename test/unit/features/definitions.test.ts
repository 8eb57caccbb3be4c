/** What a project defines of its features: held against each other, in plain JSON, and every mistake said where it is made. */
import {
  approxDistinct,
  count,
  defineFeatures,
  entity,
  feature,
  featureService,
  featureView,
  last,
  lastN,
  max,
  mean,
  onDemandFeatures,
  std,
  sum,
} from 'ratchet-ml';
import { describe, expect, test } from 'vitest';
import { FeatureDocument } from '#features/document.ts';
import { computed } from '#features/on-demand.ts';
import { resolveFeatures } from '#features/resolve.ts';
import { holds } from '#features/where.ts';

const customer = entity({ name: 'customer', joinKeys: { customer_id: 'int64' }, owner: 'risk' });
const payments = featureView({
  name: 'payments',
  entities: [customer],
  source: 'data/payments/*.parquet',
  timestamp: 'paid_at',
  created: 'written_at',
  columns: { amount: 'float64', status: 'string' },
  features: {
    transaction_count_7d: count('7d'),
    avg_transaction_amount: mean('amount', '7d'),
    declined_7d: count('7d', { where: { status: 'declined' } }),
    spent_30d: sum('amount', '30d'),
    last_amounts: lastN('amount', 3, '30d'),
    states: approxDistinct('status', '30d'),
    last_status: last('status', '30d'),
  },
});
const profile = featureView({
  name: 'profile',
  entities: ['customer'],
  source: { path: 'profile.csv', missing: ['-'] },
  timestamp: 'at',
  ttl: '365d',
  features: { opened_at: 'timestamp', city: 'string', points: { type: 'int64', column: 'score' } },
});
const account = onDemandFeatures({
  name: 'account',
  inputs: { opened_at: feature(profile, 'opened_at'), points: feature(profile, 'points') },
  request: { amount: 'float64' },
  outputs: { account_age_days: 'float64', doubled: 'int64' },
  compute: ({ opened_at, points }, { at }) => ({
    account_age_days: opened_at === null ? null : (at.getTime() - opened_at.getTime()) / 86_400_000,
    doubled: points === null ? null : points * 2n,
  }),
});
const fraud = featureService({
  name: 'fraud',
  features: ['payments:transaction_count_7d', 'account:account_age_days'],
});
const all = { entities: [customer], views: [payments, profile], onDemand: [account], services: [fraud] };

test('the document is plain JSON that reads back the same, with the type of every feature', () => {
  const { document } = defineFeatures(all);
  expect(FeatureDocument.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
  expect(Object.fromEntries(Object.entries(payments.features).map(([name, { type }]) => [name, type]))).toEqual({
    transaction_count_7d: 'int64',
    avg_transaction_amount: 'float64',
    declined_7d: 'int64',
    spent_30d: 'float64',
    last_amounts: 'float64[]',
    states: 'int64',
    last_status: 'string',
  });
  expect(profile).toMatchObject({
    ttl: '365d',
    online: true,
    features: { points: { column: 'score', type: 'int64' } },
  });
});

test('a service has a version: it follows what features mean, and nothing else', () => {
  const version = (changed: object) => defineFeatures({ ...all, ...changed }).document.services[0]?.version;
  const now = version({});
  expect(now).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(version({ views: [{ ...payments, description: 'of cards', online: false, tags: { a: 'b' } }, profile] })).toBe(
    now,
  );
  expect(version({ views: [{ ...payments, availableAfter: '1h' }, profile] })).not.toBe(now);
  // The input of an on-demand feature is part of what that one means.
  expect(version({ views: [payments, { ...profile, ttl: '1d' }] })).not.toBe(now);
  const other = onDemandFeatures({
    name: 'account',
    outputs: { account_age_days: 'float64' },
    compute: () => ({ account_age_days: 1 }),
  });
  expect(version({ onDemand: [other] })).not.toBe(now);
});

test('what is asked for: views with their join keys, inputs of functions, fields of the request', () => {
  const { document } = defineFeatures(all);
  const resolved = resolveFeatures(document, { service: 'fraud' });
  expect(resolved.columns.map(({ reference, type, onDemand }) => [reference, type, onDemand])).toEqual([
    ['payments:transaction_count_7d', 'int64', false],
    ['account:account_age_days', 'float64', true],
  ]);
  expect(resolved.views.map(({ view, joinKeys, features }) => [view.name, joinKeys, Object.keys(features)])).toEqual([
    ['payments', { customer_id: 'int64' }, ['transaction_count_7d']],
    ['profile', { customer_id: 'int64' }, ['opened_at', 'points']],
  ]);
  expect(resolved.request).toEqual({ amount: 'float64' });
});

test('a function is given what was declared, and held to what it declared', () => {
  const at = new Date('2026-01-03T00:00:00Z');
  const vector = { opened_at: new Date('2026-01-01T00:00:00Z'), points: 2n ** 60n + 1n, amount: null };
  expect(computed(account, vector, at, 'row 1')).toEqual({ account_age_days: 2, doubled: 2n ** 61n + 2n });
  const answering = (answer: () => unknown) =>
    onDemandFeatures({
      name: 'odd',
      outputs: { whole: 'int64' },
      // As JavaScript would have it.
      compute: answer as () => { whole: bigint },
    });
  const said = (answer: () => unknown) => () => computed(answering(answer), {}, at, 'row 7');
  expect(said(() => ({ whole: 1.5 }))).toThrow(
    'the on-demand odd, row 7: compute answered 1.5 for whole, which is declared int64',
  );
  expect(said(() => ({ whole: 2n ** 63n }))).toThrow('compute answered 9223372036854775808n for whole');
  expect(said(() => ({}))).toThrow(
    'compute answered undefined for whole, which is declared int64; null says that there is no value',
  );
  expect(said(() => 3)).toThrow('compute answered 3: it is to answer { whole }, at once');
  expect(said(async () => ({ whole: 1 }))).toThrow('compute answered a Promise');
  expect(
    said(() => {
      throw new RangeError('no such thing');
    }),
  ).toThrow('the on-demand odd, row 7: compute threw RangeError: no such thing');
});

test('conditions of windows: a missing value meets none but missing', () => {
  const row = { status: 'declined', amount: 2n ** 53n + 1n, hole: null, odd: Number.NaN } as Record<string, unknown>;
  const asked = (where: Parameters<typeof holds>[0]) => holds(where, (column) => row[column]);
  expect(asked({ status: 'declined', amount: { above: 2 ** 53 } })).toBe(true);
  expect(asked({ amount: { atMost: 2 ** 53 } })).toBe(false);
  expect(asked({ status: { in: ['paid', 'declined'], not: 'paid' } })).toBe(true);
  expect(asked({ hole: { not: 'x' } })).toBe(false);
  expect(asked({ odd: { below: 5 } })).toBe(false);
  expect(asked({ hole: { missing: true }, odd: { missing: true }, status: { missing: false } })).toBe(true);
  expect(asked({ status: { missing: true } })).toBe(false);
});

describe('mistakes are told with the value, the limit and what to write', () => {
  const view = (options: object) => () =>
    featureView({
      name: 'v',
      entities: ['customer'],
      source: 's',
      timestamp: 't',
      features: { a: 'int64' },
      ...options,
    } as never);
  const defined = (options: object) => () => defineFeatures({ ...all, ...options });
  test.each<[string, () => unknown, string]>([
    [
      'a name',
      () => entity({ name: 'two words' }),
      'the entity two words: name is "two words": a name starts with a letter',
    ],
    [
      'a full name within a name',
      view({ features: { a__b: 'int64' } }),
      'a name starts with a letter and holds letters, digits and single "_"',
    ],
    [
      'a key of fractions',
      () => entity({ name: 'c', joinKeys: { x: 'float64' as 'int64' } }),
      'joinKeys.x is "float64"',
    ],
    ['an unknown type', view({ features: { a: 'int' } }), 'the view v: features.a is "int"'],
    ['an unknown field', view({ timestmp: 'x' }), 'there is no field "timestmp"'],
    ['ttl', view({ ttl: '0d' }), 'ttl is "0d": ttl is \'0\' (never expires) or a length of time'],
    ['ttl too long', view({ ttl: '40000d' }), 'ttl is "40000d"'],
    ['a window too short', () => count('0.5s'), 'window is "0.5s": a window is from 1s to 3660d'],
    ['no window', () => count('a week' as '7d'), 'the window count(…)'.replace('the ', 'a ')],
    ['n', () => lastN('a', 0, '7d'), 'n is 0'],
    [
      'a window over text',
      view({ columns: { s: 'string' }, features: { a: mean('s', '7d') } }),
      'the view v, a: mean is of numbers, and the column s is string',
    ],
    [
      'std of times',
      view({ columns: { s: 'timestamp' }, features: { a: std('s', '7d') } }),
      'std is of numbers, and the column s is timestamp',
    ],
    ['max of text', view({ columns: { s: 'string' }, features: { a: max('s', '7d') } }), 'max is of numbers and times'],
    [
      'a column nobody declared',
      view({ columns: { amount: 'float64' }, features: { a: sum('amuont', '7d') } }),
      "there is no column amuont; there is amount, if that is meant. Columns that windows read are declared: columns: { amuont: 'float64' }",
    ],
    [
      'a condition of another type',
      view({ columns: { s: 'string' }, features: { a: count('7d', { where: { s: 3 } }) } }),
      'where: s is string and is compared with 3; give a string',
    ],
    [
      'a bound of text',
      view({ columns: { s: 'string' }, features: { a: count('7d', { where: { s: { above: 3 } } }) } }),
      'where: s is string, and above is asked of numbers',
    ],
    [
      'created that is not there',
      view({ availableAfter: 'created' }),
      "availableAfter is 'created', and there is no `created`",
    ],
    ['a feature twice', view({ features: { a: 'int64', A: 'int64' } }), 'the feature A is there twice'],
    [
      'one column of two types',
      view({ columns: { a: 'string' } }),
      'the column a is declared string and, for a, int64',
    ],
    [
      'an unknown entity',
      defined({ views: [{ ...payments, entities: ['custmer'] }] }),
      'the view payments: there is no entity custmer; there is customer, if that is meant',
    ],
    ['two views of one name', defined({ views: [payments, payments] }), 'there are two of the name payments'],
    [
      'a view and a function of one name',
      defined({ onDemand: [{ ...account, definition: { ...account.definition, name: 'payments' } }] }),
      'there are two of the name payments',
    ],
    [
      'an unknown view',
      defined({ services: [featureService({ name: 'x', features: ['payment:a'] })] }),
      'the service x: payment:a: there is no view payment; there is payments, if that is meant',
    ],
    [
      'an unknown feature',
      defined({ services: [featureService({ name: 'x', features: ['profile:ciyt'] })] }),
      'profile:ciyt: the view profile: there is no feature ciyt; there is city, if that is meant',
    ],
    [
      'a feature twice in a service',
      () => featureService({ name: 'x', features: ['a:b', 'a:b'] }),
      'the service x: a:b is there twice',
    ],
    [
      'a feature with the name of a key',
      defined({ views: [profile, { ...payments, features: { customer_id: profile.features.points } }] }),
      'the feature customer_id has the name of a join key',
    ],
    [
      'an input of another type',
      defined({
        onDemand: [
          {
            ...account,
            definition: { ...account.definition, inputs: { x: { feature: 'profile:city', type: 'int64' } } },
          },
        ],
      }),
      'profile:city is string, and the function was written for int64',
    ],
    [
      'a function that is none',
      () => onDemandFeatures({ name: 'x', outputs: { a: 'int64' }, compute: 3 as never }),
      'the on-demand x: compute is 3: give the function',
    ],
    [
      'an unknown service',
      () => resolveFeatures(defineFeatures(all).document, { service: 'frad' }),
      'there is no service frad; there is fraud, if that is meant',
    ],
    ['neither features nor a service', () => resolveFeatures(defineFeatures(all).document, {}), 'one of the two'],
    ['no lists', () => defineFeatures({ views: [payments] } as never), 'entities is undefined: give a list'],
  ])('%s', (_what, made, words) => {
    expect(made).toThrow(words);
    expect(made).toThrow(expect.objectContaining({ name: 'UserError', type: 'InvalidInput' }));
  });
});
