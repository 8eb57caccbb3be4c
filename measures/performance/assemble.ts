/** Metrics on chunks, with their limits: the result that reports and the watch read. */
import type { ChunkMetric, Estimate, EstimateChunk } from '#contracts/estimate.ts';
import type { Range } from './chunks.ts';
import { type LimitRule, type Limits, limitsOf, outside } from './limits.ts';
import type { EstimatedMetric, ResidualOf, Side } from './metric.ts';

/** A band is this many sampling errors to either side. */
const BAND = 3;

export interface Measured {
  readonly metric: EstimatedMetric;
  readonly limits: Limits;
}

export function measured(metric: EstimatedMetric, reference: readonly Range[], rule: LimitRule): Measured {
  const realized = reference.map(({ start, stop }) => metric.realized('reference', start, stop));
  return { metric, limits: limitsOf(realized, rule, metric.possible) };
}

export function metricsOf(all: readonly Measured[]): Estimate['metrics'] {
  return all.map(({ metric, limits }) => ({
    name: metric.name,
    label: metric.label,
    higherIsBetter: metric.higherIsBetter,
    lower: finite(limits.lower),
    upper: finite(limits.upper),
    rule: limits.rule,
  }));
}

/** @param label NaN where none has come */
export function chunkOf(
  range: Range,
  index: number,
  side: Side,
  label: Float64Array,
  all: readonly Measured[],
  residual: ResidualOf,
): EstimateChunk {
  const { start, stop } = range;
  return {
    key: range.key,
    index,
    start,
    end: stop - 1,
    from: instant(range.from),
    to: instant(range.to),
    rows: stop - start,
    labelled: label.subarray(start, stop).reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0),
    metrics: Object.fromEntries(all.map((one) => [one.metric.name, figuresOf(one, side, start, stop)])),
    residual: residual(side, start, stop),
  };
}

function figuresOf({ metric, limits }: Measured, side: Side, start: number, stop: number): ChunkMetric {
  const estimated = metric.estimated(side, start, stop);
  const realized = metric.realized(side, start, stop);
  const samplingError = metric.samplingError(side, start, stop);
  const middle = Number.isNaN(estimated) ? realized : estimated;
  const band = BAND * samplingError;
  return {
    estimated: finite(estimated),
    realized: finite(realized),
    lower: finite(limits.lower),
    upper: finite(limits.upper),
    alert: outside(middle, limits),
    realizedAlert: outside(realized, limits),
    samplingError: finite(samplingError),
    confidence: Number.isFinite(middle + band)
      ? {
          lower: Math.max(middle - band, metric.possible.lower ?? Number.NEGATIVE_INFINITY),
          upper: Math.min(middle + band, metric.possible.upper ?? Number.POSITIVE_INFINITY),
        }
      : null,
  };
}

const finite = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null);
const instant = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());
