import { TestWorkflowEnvironment } from '@temporalio/testing';
import { any, continuousTraining, drift, newRows, python } from 'ratchet-ml';
import { quietTemporal, simulate } from 'ratchet-ml/testing';

const churn = continuousTraining({
  name: 'churn',
  data: 'churn.csv',
  target: 'left',
  trainer: python('train.py'),
  rules: { metric: 'roc_auc', minimumEffect: 0.002 },
  triggers: any(newRows({ atLeast: 20_000 }), drift({ share: 0.3, windows: 2 })),
  limits: { coolDown: '7d' },
});

quietTemporal();
// Temporal's test server is downloaded once, unless its path is given.
const path = process.env.RATCHET_TEST_SERVER;
const environment = await TestWorkflowEnvironment.createTimeSkipping(
  path ? { server: { executable: { type: 'existing-path', path } } } : {},
);
const { days } = await simulate({
  ...{ environment, pipeline: churn, days: 30 },
  // A thousand rows a day; from day 24 on, they are others.
  day: async (day) => {
    await day.rows(1_000);
    await day.drift(day.number < 24 ? 0.1 : 0.5, ['plan']);
  },
  candidate: () => ({ roc_auc: 0.71 }),
});
const kinds = (of: readonly { kind: string }[]) => of.map(({ kind }) => kind).join(', ');
for (const { number, decisions } of days)
  for (const { outcome, reasons, held } of decisions) {
    if (outcome === 'run') console.log(`day ${number}: a run, by ${kinds(reasons)}`);
    if (outcome === 'held')
      console.log(`day ${number}: waits (${held.map(({ rule }) => rule).join(', ')}), by ${kinds(reasons)}`);
  }
await environment.teardown();
