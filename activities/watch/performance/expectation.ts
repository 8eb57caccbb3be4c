/** What is expected of each row's label, whatever the problem. */
import type { EstimateOptions } from '#contracts/estimate.ts';
import { binaryEstimator } from './binary.ts';
import type { Expectation } from './metric.ts';
import { multiclassEstimator } from './multiclass.ts';
import type { SidesRead } from './read-sides.ts';

/**
 * Of a binary problem the calibrated probability, of a multiclass one that the predicted class is right, of a regression
 * the prediction.
 */
export function expectationOf({ problem }: EstimateOptions, { sides, inFileOrder }: SidesRead): Expectation {
  if (problem === 'regression')
    return { outcome: (side) => sides[side].label, expected: (side) => sides[side].predicted, events: false };
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
