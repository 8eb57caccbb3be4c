/** Is this payment its owner's? Asked when it is made, of what is known of the card then: the features that are served. */
import {
  definePipeline,
  evaluate,
  expect,
  FileRef,
  featuresOf,
  featurize,
  gate,
  getHistoricalFeatures,
  promote,
  promotionChecklist,
  python,
  register,
  scriptStep,
  skew,
  train,
  validateData,
} from 'ratchet-ml';
import { z } from 'zod';
import features from './features.ts';

const makeTables = scriptStep({
  name: 'makeTables',
  program: python('data.py', { files: ['data.py'] }),
  input: z.object({}),
  output: z.object({ payments: FileRef, logins: FileRef, labels: FileRef }),
});

export default definePipeline({
  name: 'fraud',
  model: 'fraud',
  description: 'Payments with made-up cards: is this one fraud?',
  params: z.object({
    asOf: z.iso.date().default('2026-06-01').describe('The day that the run is made for: it sees no payment of later.'),
  }),
  graph: ({ params, champion, run, when }) => {
    const { asOf } = params;
    const tables = run(makeTables, {});
    const labels = run(
      validateData,
      {
        source: tables.labels,
        format: 'csv',
        expectations: [expect.rowCount({ min: 10_000 }), expect.column('fraud').oneOf([0, 1])],
        timeColumn: 'event_timestamp',
        asOf,
      },
      { id: 'validateLabels' },
    );
    const payments = run(
      validateData,
      { source: tables.payments, format: 'csv', expectations: [expect.column('amount').between(0, 100_000)] },
      { id: 'validatePayments' },
    );
    const logins = run(validateData, { source: tables.logins, format: 'csv' }, { id: 'readLogins' });

    const known = run(getHistoricalFeatures, {
      entities: labels.snapshot,
      time: 'event_timestamp',
      ...featuresOf(features, { service: 'fraud' }),
      sources: { payments: payments.snapshot, profile: logins.snapshot },
    });
    const rows = run(featurize, {
      data: known.features,
      time: 'event_timestamp',
      select: [
        ...['transaction_count_7d', 'avg_transaction_amount', 'days_since_last_login', 'account_age_days'],
        'fraud',
      ],
      target: 'fraud',
      split: { by: 'time', asOf, train: '40d', holdout: '14d' },
    });
    const candidate = run(train, {
      features: rows.train,
      trainer: python('train.py', { files: ['train.py'] }),
      target: 'fraud',
    });
    const report = run(evaluate, {
      candidate: candidate.model,
      champion,
      holdout: rows.holdout,
      target: 'fraud',
      task: 'binary',
    });
    const verdict = run(gate, {
      report: report.evidence,
      rules: promotionChecklist({ metric: 'roc_auc', minimumEffect: 0, floors: { roc_auc: 0.7 } }),
    });
    const live = when(verdict.passed, () => {
      const version = run(register, {
        candidate: candidate.model,
        verdict: verdict.record,
        description: 'Payments with made-up cards: fraud?',
      });
      return run(promote, { version: version.ref });
    });
    return { verdict: verdict.record, service: known.features, champion: live.champion };
  },
  // What the feature server was asked is held against `data/` once an hour: see the README.
  watch: {
    source: 'data/labels.csv',
    timeColumn: 'event_timestamp',
    skew: { service: 'fraud' },
  },
  triggers: skew({ share: 0.01 }),
});
