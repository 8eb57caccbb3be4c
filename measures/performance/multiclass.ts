/** CBPE for several classes: each class against the rest, calibrated apart, averaged over the classes. */
import { averagePrecision } from '../statistics/average-precision.ts';
import { compute } from '../statistics/metric.ts';
import { rocAuc } from '../statistics/roc-auc.ts';
import { bytesOf } from '../statistics/rows.ts';
import { calibrator } from './calibration.ts';
import { accuracy, type CellMetric } from './cell-metrics.ts';
import { type Cells, countedCells, expectedCells } from './cells.ts';
import { type EstimatedMetric, type Expectation, type ResidualOf, type Side, shareBounds } from './metric.ts';
import {
  averagePrecisionError,
  expectedAveragePrecision,
  expectedRocAuc,
  type RankingError,
  rocAucError,
} from './ranking.ts';
import { residualOfEvents } from './residual.ts';
import { complete, type MulticlassColumns, paired, type Sides } from './sides.ts';

export interface MulticlassEstimator {
  /** Any class was calibrated. */
  readonly calibrated: boolean;
  readonly expectation: Expectation;
  readonly residual: ResidualOf;
  ofCells(metric: CellMetric): EstimatedMetric;
  accuracy(): EstimatedMetric;
  rocAuc(): EstimatedMetric;
  averagePrecision(): EstimatedMetric;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const isClass = (values: Float64Array, of: number) =>
  values.map((value) => (Number.isNaN(value) ? Number.NaN : value === of ? 1 : 0));

/** @param inFileOrder scores and labels of the reference as they lie in the file; see binaryEstimator */
export function multiclassEstimator(
  inFileOrder: Pick<MulticlassColumns, 'scores' | 'label'>,
  sides: Sides<MulticlassColumns>,
): MulticlassEstimator {
  const classes = inFileOrder.scores.map((_, index) => index);
  const fitted = classes.map((of) => {
    const scores = inFileOrder.scores[of] as Float64Array;
    const [score, label] = paired([scores, isClass(inFileOrder.label, of)], 0, scores.length) as [
      Float64Array,
      Float64Array,
    ];
    return { score, label, calibrate: calibrator(score, label) };
  });
  const calibrators = fitted.map(({ calibrate }) => calibrate);
  const view = (side: Side) => ({
    ...sides[side],
    probabilities: normalized(sides[side].scores, calibrators),
    right: sides[side].label.map((value, row) => {
      const said = sides[side].predicted[row] as number;
      return Number.isNaN(value) || Number.isNaN(said) ? Number.NaN : value === said ? 1 : 0;
    }),
    predictedAs: classes.map((of) => isClass(sides[side].predicted, of)),
    labelledAs: classes.map((of) => isClass(sides[side].label, of)),
  });
  const views = { reference: view('reference'), analysis: view('analysis') };
  /** Probability of the predicted class. */
  const sureOf = (side: Side) =>
    views[side].predicted.map((of, row) => views[side].probabilities[of]?.[row] ?? Number.NaN);
  const sure = { reference: sureOf('reference'), analysis: sureOf('analysis') };
  const whole = classes.map((of) => {
    const { labelledAs, predictedAs, label } = views.reference;
    return countedCells(labelledAs[of] as Float64Array, predictedAs[of] as Float64Array, 0, label.length);
  });
  const usable = (side: Side, start: number, stop: number) =>
    complete([...sides[side].scores, sides[side].predicted], start, stop);
  const cellsOf = (side: Side, start: number, stop: number, count: typeof expectedCells): Cells[] => {
    const { probabilities, labelledAs, predictedAs } = views[side];
    const positive = count === expectedCells ? probabilities : labelledAs;
    return classes.map((of) => count(positive[of] as Float64Array, predictedAs[of] as Float64Array, start, stop));
  };

  const ofCells = (metric: CellMetric): EstimatedMetric => ({
    ...metric,
    estimated: (side, start, stop) =>
      usable(side, start, stop) === 0
        ? Number.NaN
        : mean(cellsOf(side, start, stop, expectedCells).map((cells) => metric.of(cells))),
    realized: (side, start, stop) => {
      const { label, predicted } = views[side];
      const [y, p] = paired([label, predicted], start, stop) as [Float64Array, Float64Array];
      if (new Set(y).size < 2 || new Set(p).size < 2) return Number.NaN;
      return mean(cellsOf(side, start, stop, countedCells).map((cells) => metric.of(cells)));
    },
    samplingError: (side, start, stop) => {
      const rows = usable(side, start, stop);
      return rootOfSum(whole.map((cells) => metric.samplingError(cells, rows) ** 2)) / classes.length;
    },
  });

  const ranking = (
    facts: { name: string; label: string },
    expected: typeof expectedRocAuc,
    observed: typeof rocAuc,
    error: (side: Side, start: number, stop: number) => number,
    defined: (found: number) => boolean,
  ): EstimatedMetric => ({
    ...facts,
    higherIsBetter: true,
    possible: shareBounds,
    estimated: (side, start, stop) => {
      const { probabilities, scores } = views[side];
      return mean(
        classes.map((of) => {
          const [p, s] = paired([probabilities[of] as Float64Array, scores[of] as Float64Array], start, stop) as [
            Float64Array,
            Float64Array,
          ];
          return p.length === 0 ? Number.NaN : expected(p, s);
        }),
      );
    },
    realized: (side, start, stop) => {
      const { scores, label } = views[side];
      const [y, ...s] = paired([label, ...scores], start, stop) as [Float64Array, ...Float64Array[]];
      if (!defined(new Set(y).size)) return Number.NaN;
      return mean(
        s.map((score, of) =>
          compute(observed, {
            task: 'binary',
            y: bytesOf(y, (value) => (value === of ? 1 : 0)),
            score,
            threshold: 0.5,
          }),
        ),
      );
    },
    samplingError: (side, start, stop) => error(side, start, stop),
  });
  const rankingError = (errors: readonly RankingError[], side: Side, start: number, stop: number) => {
    const rows = complete(sides[side].scores, start, stop);
    return errors.map(({ deviation, share }) => deviation ** 2 / (rows * share));
  };

  const expectation: Expectation = {
    outcome: (side) => views[side].right,
    expected: (side) => sure[side],
    events: true,
  };
  return {
    calibrated: calibrators.some((calibrate) => calibrate !== null),
    expectation,
    residual: residualOfEvents(expectation),
    ofCells,
    accuracy: () => ({
      ...ofCells(accuracy),
      // The probability of the class that was predicted; a mean over one-against-rest would count every error twice.
      estimated: (side, start, stop) => mean(Array.from(known(sure[side].subarray(start, stop)))),
      realized: (side, start, stop) => {
        const [y, p] = paired([views[side].label, views[side].predicted], start, stop) as [Float64Array, Float64Array];
        if (new Set(y).size < 2 || new Set(p).size < 2) return Number.NaN;
        return mean(Array.from(known(views[side].right.subarray(start, stop))));
      },
      samplingError: (side, start, stop) => {
        const right = mean(Array.from(known(views.reference.right)));
        return Math.sqrt((right * (1 - right)) / usable(side, start, stop));
      },
    }),
    rocAuc: () => {
      const errors = fitted.map(({ label, score }) => rocAucError(label, score));
      return ranking(
        { name: 'roc_auc', label: 'ROC AUC' },
        expectedRocAuc,
        rocAuc,
        // NannyML found the plain value a fifth too small, and adds it.
        (...at) => (rootOfSum(rankingError(errors, ...at)) / classes.length) * 1.2,
        (found) => found === classes.length,
      );
    },
    averagePrecision: () => {
      const errors = fitted.map(({ label, score }) =>
        averagePrecisionError({ task: 'binary', y: bytesOf(label, (value) => value), score, threshold: 0.5 }),
      );
      return ranking(
        { name: 'average_precision', label: 'Average precision' },
        expectedAveragePrecision,
        averagePrecision,
        (...at) => Math.sqrt(mean(rankingError(errors, ...at))),
        (found) => found > 1,
      );
    },
  };
}

const known = (values: Float64Array) => values.filter((value) => !Number.isNaN(value));
const rootOfSum = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value, 0));

/** Calibrated probabilities that sum to 1 in each row; equal ones where all are 0. */
function normalized(
  scores: readonly Float64Array[],
  calibrators: readonly (((score: number) => number) | null)[],
): Float64Array[] {
  const made = scores.map((score, of) => {
    const calibrate = calibrators[of];
    return calibrate ? score.map(calibrate) : score.slice();
  });
  const rows = made[0]?.length ?? 0;
  for (let row = 0; row < rows; row++) {
    const sum = made.reduce((so, score) => so + (score[row] as number), 0);
    for (const score of made) score[row] = sum === 0 ? 1 / made.length : (score[row] as number) / sum;
  }
  return made;
}
