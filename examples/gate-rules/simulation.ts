import { TestWorkflowEnvironment } from '@temporalio/testing';
import { continuousTraining, newRows, python } from 'ratchet-ml';
import { quietTemporal, simulate } from 'ratchet-ml/testing';

const churn = continuousTraining({
  name: 'churn',
  data: 'churn.csv',
  target: 'left',
  trainer: python('train.py'),
  // Better by at least 0.002 with confidence, and never below 0.6.
  rules: { metric: 'roc_auc', minimumEffect: 0.002, floors: { roc_auc: 0.6 } },
  triggers: newRows({ atLeast: 1 }),
});

/** What the model of each day shows on its holdout; a comparison's interval is ±0.01. */
const shown = [0.71, 0.55, 0.705, 0.715, 0.74];

quietTemporal();
// Temporal's test server is downloaded once, unless its path is given.
const path = process.env.RATCHET_TEST_SERVER;
const environment = await TestWorkflowEnvironment.createTimeSkipping(
  path ? { server: { executable: { type: 'existing-path', path } } } : {},
);
let today = 0;
const { runs } = await simulate({
  ...{ environment, pipeline: churn, days: shown.length, interval: 0.01 },
  day: (day) => {
    today = day.number;
    return day.rows(1_000);
  },
  candidate: () => ({ roc_auc: shown[today - 1] ?? 0 }),
});
for (const { result } of runs) console.log(`${result.status}: ${result.reasons.join('; ')}`);
await environment.teardown();
