/** What a metric of an estimate is: computed on a range of rows, with labels or without. */
import type { Residual } from '#contracts/estimate.ts';
import type { Bounds } from './limits.ts';

export type Side = 'reference' | 'analysis';

/** NaN wherever it is not defined. `start` inclusive, `stop` not. */
interface ChunkFigures {
  estimated(side: Side, start: number, stop: number): number;
  realized(side: Side, start: number, stop: number): number;
  samplingError(side: Side, start: number, stop: number): number;
}

/** Mean of what the labels say beyond what was expected, and its standard error; null without labels. See contracts/estimate.ts. */
export type ResidualOf = (side: Side, start: number, stop: number) => Residual | null;

/** Row by row: what came of it, and what was expected of it; NaN where there is none. */
export interface Expectation {
  outcome(side: Side): Float64Array;
  expected(side: Side): Float64Array;
  /** true: the outcome is 0 or 1 and what was expected its probability. */
  readonly events: boolean;
}

export interface MetricFacts {
  readonly name: string;
  readonly label: string;
  readonly higherIsBetter: boolean | null;
  /** What the metric can be: limits and bands are clipped to it. */
  readonly possible: Bounds;
}
export type EstimatedMetric = MetricFacts & ChunkFigures;

export const shareBounds: Bounds = { lower: 0, upper: 1 };
export const positive: Bounds = { lower: 0, upper: null };
