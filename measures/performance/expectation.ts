/** What is expected of each row's label, whatever the problem. */
import type { EstimateOptions } from '#contracts/estimate.ts';
import { binaryEstimator } from './binary.ts';
import { calibratedPrediction } from './calibrated-prediction.ts';
import type { Expectation } from './metric.ts';
import { multiclassEstimator } from './multiclass.ts';
import type { SidesRead } from './read-sides.ts';
import type { RegressionColumns, Sides } from './sides.ts';

/**
 * Of a binary problem the calibrated probability, of a multiclass one that the predicted class is right, of a regression
 * the calibrated prediction.
 */
export function expectationOf({ problem }: EstimateOptions, { sides, inFileOrder }: SidesRead): Expectation {
  if (problem === 'regression') return expectedNumbers(sides);
  if (problem === 'multiclass') return multiclassEstimator(inFileOrder, sides).expectation;
  const binary = ({ scores, ...columns }: SidesRead['sides']['reference']) => ({
    ...columns,
    score: scores[0] as Float64Array,
  });
  return binaryEstimator(
    { score: inFileOrder.scores[0] as Float64Array, label: inFileOrder.label },
    { reference: binary(sides.reference), analysis: binary(sides.analysis) },
  ).expectation;
}

/** Of a regression. */
export function expectedNumbers(sides: Sides<RegressionColumns>): Expectation {
  const calibrated = calibratedPrediction(sides.reference.predicted, sides.reference.label);
  const expected = {
    reference: sides.reference.predicted.map(calibrated),
    analysis: sides.analysis.predicted.map(calibrated),
  };
  return { outcome: (side) => sides[side].label, expected: (side) => expected[side], events: false };
}
