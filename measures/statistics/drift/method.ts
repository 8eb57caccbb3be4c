import type { DriftMethod } from '#contracts/drift.ts';
import type { CategoryCounts } from './category-counts.ts';
import type { Sample } from './sample.ts';

/** One of Evidently's tests. Its file says which formula it is; names, thresholds and comparisons are Evidently's. */
export interface DriftStatistic {
  readonly name: DriftMethod;
  /** As Evidently's reports call it. */
  readonly title: string;
  readonly measures: 'p_value' | 'distance';
  readonly threshold: number;
  /** At the threshold itself. Default: a p-value must be below it, a distance may equal it. */
  readonly driftedWhenEqual: boolean;
  /**
   * Either is absent where the method does not apply. NaN: not defined for these data, and so no drift.
   * @throws NotTestable with the reason
   */
  readonly numbers?: (reference: Sample, current: Sample) => number;
  readonly categories?: (counts: CategoryCounts) => number;
}

/** The method cannot be applied to these data. The message says why, and what to use instead. */
export class NotTestable extends Error {
  override readonly name = 'NotTestable';
}

export function isDrifted({ measures, driftedWhenEqual }: DriftStatistic, value: number, threshold: number): boolean {
  if (value === threshold) return driftedWhenEqual;
  return measures === 'p_value' ? value < threshold : value > threshold;
}
