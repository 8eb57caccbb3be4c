/** Confidence-based performance estimation of a binary classifier: NannyML's CBPE. */
import { averagePrecision } from '../statistics/average-precision.ts';
import { compute } from '../statistics/metric.ts';
import { rocAuc } from '../statistics/roc-auc.ts';
import { type BinaryRows, bytesOf } from '../statistics/rows.ts';
import { calibrator } from './calibration.ts';
import type { CellMetric } from './cell-metrics.ts';
import { countedCells, expectedCells } from './cells.ts';
import { type EstimatedMetric, type Expectation, type ResidualOf, shareBounds } from './metric.ts';
import {
  averagePrecisionError,
  expectedAveragePrecision,
  expectedRocAuc,
  type RankingError,
  rocAucError,
} from './ranking.ts';
import { residualOfEvents } from './residual.ts';
import { type BinaryColumns, complete, paired, type Sides } from './sides.ts';

export interface BinaryEstimator {
  readonly calibrated: boolean;
  readonly expectation: Expectation;
  readonly residual: ResidualOf;
  ofCells(metric: CellMetric): EstimatedMetric;
  rocAuc(): EstimatedMetric;
  averagePrecision(): EstimatedMetric;
}

/**
 * Fits on the reference's labelled rows, in the order that they are given in: the calibration's trials depend on it.
 * @param inFileOrder score and label of the reference as they lie in the file
 * @param sides the same reference, and the analysis, in the order of the chunks
 */
export function binaryEstimator(
  inFileOrder: Pick<BinaryColumns, 'score' | 'label'>,
  sides: Sides<BinaryColumns>,
): BinaryEstimator {
  const [score, label] = paired([inFileOrder.score, inFileOrder.label], 0, inFileOrder.score.length) as [
    Float64Array,
    Float64Array,
  ];
  const calibrate = calibrator(score, label);
  const probability: Sides<Float64Array> = {
    reference: calibrate ? sides.reference.score.map(calibrate) : sides.reference.score,
    analysis: calibrate ? sides.analysis.score.map(calibrate) : sides.analysis.score,
  };
  const whole = countedCells(sides.reference.label, sides.reference.predicted, 0, sides.reference.label.length);

  const ranking = (
    name: string,
    label: string,
    expected: typeof expectedRocAuc,
    observed: typeof rocAuc,
    error: RankingError,
  ): EstimatedMetric => ({
    ...{ name, label, higherIsBetter: true, possible: shareBounds },
    estimated: (side, start, stop) => {
      const [p, s] = paired([probability[side], sides[side].score], start, stop) as [Float64Array, Float64Array];
      return p.length === 0 ? Number.NaN : expected(p, s);
    },
    realized: (side, start, stop) => {
      const rows = labelled(sides[side], start, stop);
      return rows.y.includes(1) ? compute(observed, rows) : Number.NaN;
    },
    samplingError: (side, start, stop) =>
      error.deviation / Math.sqrt(complete([sides[side].score], start, stop) * error.share),
  });

  const expectation: Expectation = {
    outcome: (side) => sides[side].label,
    expected: (side) => probability[side],
    events: true,
  };
  return {
    calibrated: calibrate !== null,
    expectation,
    residual: residualOfEvents(expectation),
    rocAuc: () => ranking('roc_auc', 'ROC AUC', expectedRocAuc, rocAuc, rocAucError(label, score)),
    averagePrecision: () =>
      ranking(
        'average_precision',
        'Average precision',
        expectedAveragePrecision,
        averagePrecision,
        averagePrecisionError(labelled({ score, label }, 0, score.length)),
      ),
    ofCells: (metric) => ({
      ...metric,
      estimated: (side, start, stop) => {
        if (complete([sides[side].score, sides[side].predicted], start, stop) === 0) return Number.NaN;
        return metric.of(expectedCells(probability[side], sides[side].predicted, start, stop));
      },
      realized: (side, start, stop) => {
        if (complete([sides[side].label, sides[side].predicted], start, stop) === 0) return Number.NaN;
        const cells = countedCells(sides[side].label, sides[side].predicted, start, stop);
        return metric.defined(cells) ? metric.of(cells) : Number.NaN;
      },
      samplingError: (side, start, stop) =>
        metric.samplingError(whole, complete([sides[side].score, sides[side].predicted], start, stop)),
    }),
  };
}

function labelled({ score, label }: Pick<BinaryColumns, 'score' | 'label'>, start: number, stop: number): BinaryRows {
  const [s, y] = paired([score, label], start, stop) as [Float64Array, Float64Array];
  return { task: 'binary', y: bytesOf(y, (value) => value), score: s, threshold: 0.5 };
}
