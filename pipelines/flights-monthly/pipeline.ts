/** Will a flight arrive late? As flight-delays asks it, on one table that grows by a file a month, and kept up by its loop. */
import { any, codeChange, continuousTraining, drift, expect, newRows, performance, python, schedule } from 'ratchet-ml';

export default continuousTraining({
  name: 'flights-monthly',
  description: 'Flights out of New York, a file a month: will this one arrive more than 15 minutes late?',
  data: 'data/*.csv',
  time: 'time_hour',
  target: 'late',
  trainer: python('train.py'),
  expectations: [expect.rowCount({ min: 10_000 }), expect.column('origin').oneOf(['EWR', 'JFK', 'LGA'])],
  derive: { late: 'CAST(arr_delay > 15 AS INTEGER)' },
  where: 'arr_delay IS NOT NULL',
  select: [
    ...['carrier', 'origin', 'dest', 'distance', 'hour', 'weekday', 'arrival_hour'],
    ...['temp', 'humid', 'wind_speed', 'precip', 'visib', 'late'],
  ],
  leakage: ['arr_delay'],
  train: '60d',
  holdout: '14d',
  rules: { metric: 'roc_auc', minimumEffect: 0, holdout: 'reused' },
  // Rows that were used before, and single ones: both wrong for decisions that count. Flights of one day hang together, and by days
  // two weeks hardly ever decide (flight-delays does it right). Here promotions are to be seen, those among them that their labels take back.
  evaluate: { by: 'rows' },
  triggers: any(
    newRows({ atLeast: 75_000 }),
    drift({ column: 'temp' }),
    performance({ metric: 'roc_auc', dropFromChampion: 0.03 }),
    schedule('0 3 10 7 *'),
    codeChange({ paths: ['pipelines/flights-monthly/**'] }),
  ),
  limits: { coolDown: '7d', budget: { runsPerMonth: 2 } },
  watch: {
    every: '0 6 1 * *',
    window: '28d',
    labelsAfter: '3d',
    provisional: { cohort: '21d', metric: 'roc_auc', tolerance: 0.005 },
  },
});
