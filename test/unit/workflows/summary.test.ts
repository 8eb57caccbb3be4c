import { expect, it } from 'vitest';
import type { Json } from '#contracts/json.ts';
import { summaryOf } from '#workflows/run/interpreter/summary.ts';

const rows = (count: number) => ({ kind: 'dataset', rows: count });

it.each<[string, string, Json, string | undefined]>([
  [
    'validateFlights',
    'validateData',
    { source: { kind: 'file', name: 'flights.csv' }, expectations: [{}, {}] },
    'validateFlights: flights.csv, 2 expectations',
  ],
  ['validateData', 'validateData', { source: 's3://rows/day/1.parquet', expectations: [] }, '1.parquet'],
  ['featurize', 'featurize', { data: rows(81_000), views: [{ name: 'weather' }] }, '81,000 rows, + weather'],
  [
    'train',
    'train',
    { features: rows(1_234_567), trainer: { command: ['python', 'train.py'] }, params: { rounds: 300, nested: {} } },
    'train.py, 1,234,567 rows, rounds 300',
  ],
  ['evaluate', 'evaluate', { holdout: rows(20), champion: null }, 'no champion yet, 20 rows'],
  ['evaluate', 'evaluate', { holdout: rows(20), champion: { version: '3' } }, 'against v3, 20 rows'],
  ['gate', 'gate', { rules: { metric: 'roc_auc', minimumEffect: 0.002 } }, 'roc_auc better by 0.002'],
  ['gate', 'gate', { rules: { metric: 'roc_auc', notWorseThan: 0.005 } }, 'roc_auc not worse by 0.005'],
  ['register', 'register', { verdict: { outcome: 'passed' } }, 'passed'],
  ['promote', 'promote', { version: { version: '4' } }, 'v4 becomes champion'],
  ['fit[3]/train', 'train', null, 'fit[3]/train'],
  ['own', 'own', {}, undefined],
  ['own', 'own', { day: 'x'.repeat(300) }, `day ${'x'.repeat(115)}…`],
])('%s of %s says what it works on', (node, step, input, line) => {
  expect(summaryOf({ node, step, input })).toBe(line);
});
