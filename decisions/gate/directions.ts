import type { EvidenceRef } from '#contracts/data.ts';
import type { Evidence } from '#contracts/evidence.ts';
import { UserError } from '#contracts/failures.ts';

type Travelling =
  | 'task'
  | 'rows'
  | 'candidate'
  | 'champion'
  | 'comparisons'
  | 'slices'
  | 'directions'
  | 'dropped'
  | 'overlap'
  | 'intervals'
  | 'scored'
  | 'churn'
  | 'reuse'
  | 'fairness'
  | 'latency'
  | 'calibrationFit'
  | 'robustness';
/** What the rules read; what does not travel with the reference is there when the whole evidence is judged. */
export type Figures = Pick<EvidenceRef, Travelling> & Partial<Pick<Evidence, 'signatures' | 'inputExample'>>;

/**
 * Is more of this metric better?
 *
 * @throws UserError InvalidInput when the evidence does not hold the metric, naming those that it holds.
 */
export function higherIsBetter(evidence: Figures, metric: string, rule: string): boolean {
  if (!(metric in evidence.candidate.metrics)) {
    const available = Object.keys(evidence.candidate.metrics).join(', ') || 'none';
    throw new UserError(
      'InvalidInput',
      `The gate's ${rule} asks for the metric "${metric}", which the evaluation did not measure. For a ${evidence.task} task it has: ${available}. Name one of these in the rules.`,
    );
  }
  const direction =
    evidence.directions?.[metric] ?? evidence.comparisons.find((each) => each.metric === metric)?.higherIsBetter;
  if (direction !== undefined) return direction;
  throw new UserError(
    'InvalidInput',
    `The gate's ${rule} uses the metric "${metric}", but the evidence does not say whether more of it is better. Evaluate again with this version of Ratchet.`,
  );
}
