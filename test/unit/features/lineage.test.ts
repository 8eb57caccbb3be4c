import { defineFeatures, entity, feature, featureService, featureView, onDemandFeatures } from 'ratchet-ml';
import { expect, test } from 'vitest';
import { lineageOf } from '#features/lineage.ts';
import { lineagePage } from '#reports/features/lineage-page.ts';

const customer = entity({ name: 'customer', joinKeys: { customer_id: 'int64' } });
const view = (name: string, source: string) =>
  featureView({ name, entities: [customer], source, timestamp: 'at', features: { amount: 'float64' } });
const [paid, owed] = [view('paid', 'data/<b>paid</b>.parquet'), view('owed', 'data/owed.parquet')];
const rest = onDemandFeatures({
  name: 'rest',
  inputs: { paid: feature(paid, 'amount'), owed: feature(owed, 'amount') },
  outputs: { left: 'float64' },
  compute: ({ paid, owed }) => ({ left: paid === null || owed === null ? null : owed - paid }),
});
const { document } = defineFeatures({
  entities: [customer],
  views: [paid, owed],
  onDemand: [rest],
  services: [featureService({ name: 'dunning', features: ['rest:left', 'owed:amount'] })],
});
const version = document.services[0]?.version ?? '';
const models = ['1', '2', '3'].map((each) => ({
  ...{ model: 'late', version: each, champion: each === '1', service: 'dunning' },
  serviceVersion: each === '3' ? version : 'sha256:older',
}));
const names = ({ nodes, edges }: ReturnType<typeof lineageOf>) =>
  edges.map(([from, to]) => `${nodes[from]?.name} → ${nodes[to]?.name}`).toSorted();

test('what feeds what, each once; of a model the champion and the newest version', () => {
  const lineage = lineageOf(document, models);
  expect(names(lineage)).toEqual([
    'data/<b>paid</b>.parquet → paid',
    'data/owed.parquet → owed',
    'dunning → late@1',
    'dunning → late@3',
    'owed → dunning',
    'owed → rest',
    'paid → rest',
    'rest → dunning',
  ]);
  expect(lineage.nodes.filter(({ kind }) => kind === 'model').map(({ note }) => note)).toEqual([
    'champion, sha256:older: other definitions',
    'these definitions',
  ]);
  expect(names(lineageOf(document, [{ ...models[0]!, service: 'gone' }]))).toHaveLength(6);
});

test('the page draws every node and edge, and escapes what others wrote', () => {
  const lineage = lineageOf(document, models);
  const page = lineagePage('features.ts', lineage);
  expect(page.match(/<rect /g)).toHaveLength(lineage.nodes.length);
  expect(page.match(/<path /g)).toHaveLength(lineage.edges.length);
  expect(page).not.toContain('<b>paid');
  expect(lineagePage('none', { nodes: [], edges: [] })).toContain('Lineage of none');
});
