/** NannyML's estimates of performance beside ours. */
import type { ReadColumns } from '#ports/tables.ts';
import { measurePerformance } from '#measures/performance/measure-performance.ts';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { type ChunkMetric, type Estimate, EstimateOptions } from '#contracts/estimate.ts';
import { type Agreement, type Comparison, comparison, exact } from './agreement.ts';
import { goldenCase, goldenFile } from './case.ts';

interface PerformanceCase {
  readonly name: string;
  readonly data: string;
  readonly options: unknown;
  /** Estimates, and a second file with what labels gave. */
  readonly golden: string;
  readonly realized?: string;
  /** Errors that cannot be equal: NannyML draws them anew each time, or by the order of equal scores. */
  readonly samplingTolerance?: Readonly<Record<string, number>>;
  readonly estimateTolerance?: Readonly<Record<string, number>>;
}

export const performanceCases: readonly PerformanceCase[] = [
  {
    name: 'CBPE employment, size 5000',
    data: 'employment',
    options: {
      ...{ problem: 'binary', target: 'employed', prediction: 'prediction', score: 'predicted_probability' },
      chunk: { by: 'size', value: 5000 },
    },
    golden: 'cbpe_employment_MA_size5000.json',
    realized: 'realized_employment_MA_size5000.json',
  },
  {
    name: 'CBPE car loan, size 5000',
    data: 'car_loan',
    options: {
      ...{ problem: 'binary', target: 'repaid', prediction: 'y_pred', score: 'y_pred_proba', time: 'timestamp' },
      chunk: { by: 'size', value: 5000 },
    },
    golden: 'cbpe_synthetic_car_loan_size5000.json',
    realized: 'realized_synthetic_car_loan_size5000.json',
    samplingTolerance: { roc_auc: 1e-5 },
  },
  {
    name: 'CBPE car loan, more metrics, by month',
    data: 'car_loan',
    options: {
      ...{ problem: 'binary', target: 'repaid', prediction: 'y_pred', score: 'y_pred_proba', time: 'timestamp' },
      metrics: ['average_precision', 'specificity', 'confusion_matrix', 'business_value', 'f1'],
      worth: { tn: 1, fp: -4, fn: -20, tp: 10 },
      chunk: { by: 'period', value: 'M' },
    },
    golden: 'cbpe_car_loan_more_periodM.json',
    // From 50 random samples here and there: a chunk of 207 rows has 0.020 there, up to a quarter more or less here.
    samplingTolerance: { average_precision: 6e-3 },
  },
  {
    name: 'CBPE three classes, 10 chunks',
    data: 'multiclass',
    options: {
      ...{ problem: 'multiclass', target: 'y_true', prediction: 'y_pred', time: 'timestamp' },
      score: {
        prepaid_card: 'y_pred_proba_prepaid_card',
        highstreet_card: 'y_pred_proba_highstreet_card',
        upmarket_card: 'y_pred_proba_upmarket_card',
      },
      metrics: ['roc_auc', 'f1', 'precision', 'recall', 'specificity', 'accuracy', 'average_precision'],
      chunk: { by: 'number', value: 10 },
    },
    golden: 'cbpe_multiclass_number10.json',
    // Rows of one score have several probabilities here, so the order of equal scores counts; numpy's is the processor's.
    estimateTolerance: { roc_auc: 1e-4, average_precision: 1e-4 },
    samplingTolerance: { roc_auc: 2e-4, average_precision: 6e-3 },
  },
];

export async function comparePerformance(one: PerformanceCase): Promise<Agreement[]> {
  const tables = createTablesInProcess();
  try {
    const read: ReadColumns = (file, columns) => tables.columns(file, columns);
    const file = (side: string) => ({ name: side, file: goldenFile(`${one.data}_${side}.parquet`) });
    const made = await measurePerformance(
      {
        tables: { reference: file('reference'), analysis: file('analysis'), targets: null },
        options: EstimateOptions.parse(one.options),
        expectedLosses: null,
      },
      read,
    );
    return compareEstimate(one, made);
  } finally {
    await tables.close();
  }
}

export function compareEstimate(
  one: Omit<PerformanceCase, 'data' | 'options'>,
  made: Estimate,
): Agreement[] {
  const golden = goldenCase(one.golden);
  const { compare, rows } = comparison(one.name);
  const chunks = [...made.reference, ...made.chunks];
  compare('number of chunks', chunks.length, golden.rows.length);
  if (golden.needsCalibration !== undefined)
    compare('calibration needed', made.estimator.calibrated, golden.needsCalibration);
  const realized = one.realized ? goldenCase(one.realized).rows : null;
  for (const [index, chunk] of chunks.entries()) {
    const theirs = golden.rows[index] ?? {};
    compare('chunks', chunk.key, theirs['chunk|key']);
    compare('chunks', chunk.start, theirs['chunk|start_index']);
    compare('chunks', chunk.end, theirs['chunk|end_index']);
    for (const [name, ours] of Object.entries(chunk.metrics)) {
      compareMetric(name, ours, theirs, compare, one.samplingTolerance?.[name], one.estimateTolerance?.[name]);
      const later = realized?.[index] ?? (one.realized ? {} : { [`${name}|value`]: theirs[`${name}|realized`] });
      compare(`${name} realized`, ours.realized, later[`${name}|value`]);
      if (realized) compare(`${name} alerts`, ours.realizedAlert, later[`${name}|alert`]);
    }
  }
  return rows();
}

function compareMetric(
  name: string,
  ours: ChunkMetric,
  theirs: Readonly<Record<string, unknown>>,
  compare: Comparison['compare'],
  sampling = exact,
  estimate = exact,
): void {
  compare(`${name} estimated`, ours.estimated, theirs[`${name}|value`], estimate);
  compare(`${name} limits`, ours.lower, theirs[`${name}|lower_threshold`]);
  compare(`${name} limits`, ours.upper, theirs[`${name}|upper_threshold`]);
  compare(`${name} sampling error`, ours.samplingError, theirs[`${name}|sampling_error`], sampling);
  const band = sampling === exact ? exact : estimate + 3 * sampling;
  compare(`${name} band`, ours.confidence?.lower, theirs[`${name}|lower_confidence_boundary`], band);
  compare(`${name} band`, ours.confidence?.upper, theirs[`${name}|upper_confidence_boundary`], band);
  compare(`${name} alerts`, ours.alert, theirs[`${name}|alert`]);
}
