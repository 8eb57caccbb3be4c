import { count, defineFeatures, entity, featureService, featureView, mean } from 'ratchet-ml';
import { expect, test } from 'vitest';
import { changesOf } from '#features/changes.ts';

const customer = entity({ name: 'customer', joinKeys: { customer_id: 'int64' } });
const defined = (more: object = {}, window: '7d' | '8d' = '7d', features = ['payments:count_7d']) =>
  defineFeatures({
    entities: [customer],
    views: [
      featureView({
        name: 'payments',
        entities: [customer],
        source: 'payments.parquet',
        timestamp: 'paid_at',
        columns: { amount: 'float64' },
        features: { count_7d: count(window), amount_7d: mean('amount', '7d') },
        ...more,
      }),
    ],
    services: [featureService({ name: 'fraud', features })],
  }).document;

test('the same definitions differ in nothing', () => {
  expect(changesOf(defined(), defined())).toEqual([]);
  // As it comes back from the store.
  expect(changesOf(JSON.parse(JSON.stringify(defined())), defined())).toEqual([]);
});

test('the first ones are all new', () => {
  expect(changesOf(null, defined()).map(({ kind, name, change }) => [kind, name, change])).toEqual([
    ['entity', 'customer', 'added'],
    ['view', 'payments', 'added'],
    ['service', 'fraud', 'added'],
  ]);
});

test('what changed is named by field, and a service with its versions', () => {
  const [before, now] = [defined(), defined({ description: 'what was paid', owner: 'risk' }, '8d')];
  expect(changesOf(before, now)).toEqual([
    { kind: 'view', name: 'payments', change: 'changed', fields: ['description', 'features.count_7d', 'owner'] },
    {
      ...{ kind: 'service', name: 'fraud', change: 'changed', fields: ['version'] },
      versions: { before: before.services[0]?.version, now: now.services[0]?.version },
    },
  ]);
  const others = changesOf(before, defined({}, '7d', ['payments:amount_7d']));
  expect(others).toMatchObject([{ kind: 'service', fields: ['features', 'version'] }]);
  expect(changesOf(before, { ...before, services: [] })).toMatchObject([
    { kind: 'service', name: 'fraud', change: 'removed', versions: { now: null } },
  ]);
});
