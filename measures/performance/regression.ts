/** Performance of a regression: realized from labels, estimated from a model of the error (NannyML's DLE). */
import { UserError } from '#contracts/failures.ts';
import { type EstimatedMetric, positive } from './metric.ts';
import { complete, paired, type RegressionColumns, type Sides } from './sides.ts';

interface Loss {
  readonly name: string;
  readonly label: string;
  /** Of one row. */
  of(truth: number, predicted: number): number;
  /** The metric is the root of the mean. */
  readonly root: boolean;
  /** Not defined below 0. */
  readonly logarithmic: boolean;
  /** What the sampling error is computed from, where it is not the loss. */
  spread?(truth: number, predicted: number): number;
}

const EPSILON = 2 ** -52;
const squared = (truth: number, predicted: number) => (truth - predicted) ** 2;
const squaredLog = (truth: number, predicted: number) => (Math.log1p(truth) - Math.log1p(predicted)) ** 2;
const plain = { root: false, logarithmic: false };

export const losses: readonly Loss[] = [
  { name: 'mae', label: 'MAE', ...plain, of: (truth, predicted) => Math.abs(truth - predicted) },
  {
    ...{ name: 'mape', label: 'MAPE', ...plain },
    of: (truth, predicted) => Math.abs(truth - predicted) / Math.max(EPSILON, Math.abs(truth)),
    // NannyML divides by the truth with its sign here.
    spread: (truth, predicted) => Math.abs(truth - predicted) / truth,
  },
  { name: 'mse', label: 'MSE', ...plain, of: squared },
  { name: 'rmse', label: 'RMSE', ...plain, root: true, of: squared },
  { name: 'msle', label: 'MSLE', root: false, logarithmic: true, of: squaredLog },
  { name: 'rmsle', label: 'RMSLE', root: true, logarithmic: true, of: squaredLog },
];

/** The loss that a model of the error expects of each row, by name of the metric; not negative. */
export type ExpectedLosses = Readonly<Record<string, Sides<Float64Array>>>;

/**
 * @param expected null: nothing is estimated, only realized
 * @throws UserError DataInvalid for a logarithmic metric of negative values
 */
export function regressionMetric(
  loss: Loss,
  sides: Sides<RegressionColumns>,
  expected: ExpectedLosses | null,
): EstimatedMetric {
  const { label, predicted } = sides.reference;
  const [y, p] = paired([label, predicted], 0, label.length) as [Float64Array, Float64Array];
  if (loss.logarithmic) refuseNegative(loss, sides);
  const spread = y.map((truth, row) => (loss.spread ?? loss.of)(truth, p[row] as number));
  const centre = mean(spread);
  const variance = mean(spread.map((value) => (value - centre) ** 2));
  const rooted = (value: number) => (loss.root ? Math.sqrt(value) : value);
  return {
    ...{ name: loss.name, label: loss.label, higherIsBetter: false, possible: positive },
    estimated: (side, start, stop) => {
      const row = expected?.[loss.name]?.[side];
      return row ? rooted(mean(row.subarray(start, stop).map((value) => Math.max(0, value)))) : Number.NaN;
    },
    realized: (side, start, stop) => {
      const [truth, guess] = paired([sides[side].label, sides[side].predicted], start, stop) as [
        Float64Array,
        Float64Array,
      ];
      return rooted(mean(truth.map((value, row) => loss.of(value, guess[row] as number))));
    },
    samplingError: (side, start, stop) => {
      const rows = complete([sides[side].predicted], start, stop);
      return Math.sqrt(loss.root ? variance / (4 * rows * centre) : variance / rows);
    },
  };
}

function refuseNegative(loss: Loss, sides: Sides<RegressionColumns>): void {
  for (const side of ['reference', 'analysis'] as const)
    for (const what of ['label', 'predicted'] as const) {
      const found = sides[side][what].find((value) => value < 0);
      if (found !== undefined)
        throw new UserError(
          'DataInvalid',
          `${loss.name} takes logarithms, and a ${what} value of the ${side} is ${found}: ask for mae or rmse`,
        );
    }
}

/** NaN for nothing. */
function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
