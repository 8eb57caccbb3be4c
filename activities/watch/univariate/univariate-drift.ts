/** Drift of single columns from chunk to chunk, as NannyML measures it: each chunk against the whole reference. */

import { type Limits, limitsOf, outside } from '#measures/performance/limits.ts';
import type { TextColumn } from '#ports/tables.ts';
import { type CategoryMethod, type Counts, categoryMethods } from './category-methods.ts';
import { type NumberMethod, numberMethods } from './number-methods.ts';
import { sampleOf } from './sample-of.ts';

export interface ColumnDrift {
  readonly method: string;
  /** Null for a method that decides by its p-value. */
  readonly limits: Limits | null;
  /** NaN for a chunk without values. */
  readonly reference: readonly ChunkDrift[];
  readonly chunks: readonly ChunkDrift[];
}
interface ChunkDrift {
  readonly value: number;
  readonly alert: boolean;
}
/** Rows `start` to before `stop`. */
interface Rows {
  readonly start: number;
  readonly stop: number;
}
interface Cut {
  readonly reference: readonly Rows[];
  readonly analysis: readonly Rows[];
}

/** Only rising drift alerts: above the mean of the reference's chunks by 3 standard deviations. */
const rule = { by: 'deviation', lower: null, upper: 3 } as const;

/** Columns of numbers, in the order of the chunks. */
export function driftOfNumbers(
  method: keyof typeof numberMethods,
  reference: Float64Array,
  analysis: Float64Array,
  cut: Cut,
): ColumnDrift {
  const fitted = (numberMethods[method] as NumberMethod)(sampleOf(reference));
  const value = (values: Float64Array) => {
    const chunk = sampleOf(values);
    return chunk.size === 0 ? Number.NaN : fitted(chunk);
  };
  return limited(
    method,
    cut.reference.map(({ start, stop }) => value(reference.subarray(start, stop))),
    cut.analysis.map(({ start, stop }) => value(analysis.subarray(start, stop))),
    method === 'kolmogorov_smirnov' ? 1 : null,
  );
}

/** Columns of texts, in the order of the chunks. */
export function driftOfCategories(
  method: keyof typeof categoryMethods,
  reference: TextColumn,
  analysis: TextColumn,
  cut: Cut,
): ColumnDrift {
  const { of, alert } = categoryMethods[method] as CategoryMethod;
  const codes = new Map([...new Set([...reference.values, ...analysis.values])].map((value, code) => [value, code]));
  const count = ({ values, codes: rows }: TextColumn, { start, stop }: Rows): number[] => {
    const counts = new Array<number>(codes.size).fill(0);
    const own = values.map((value) => codes.get(value) as number);
    for (let row = start; row < stop; row++) {
      const code = own[rows[row] as number];
      if (code !== undefined) counts[code] = (counts[code] as number) + 1;
    }
    return counts;
  };
  const whole = count(reference, { start: 0, stop: reference.codes.length });
  const counted = (side: TextColumn, ranges: readonly Rows[]) =>
    ranges.map((range): Counts => ({ reference: whole, chunk: count(side, range) }));
  const parts = { reference: counted(reference, cut.reference), analysis: counted(analysis, cut.analysis) };
  const value = (counts: Counts) => (counts.chunk.every((rows) => rows === 0) ? Number.NaN : of(counts));
  if (!alert) return limited(method, parts.reference.map(value), parts.analysis.map(value), null);
  const decided = (counts: Counts) => {
    const found = value(counts);
    return { value: found, alert: !Number.isNaN(found) && alert(found, counts) };
  };
  return {
    method,
    limits: null,
    reference: parts.reference.map(decided),
    chunks: parts.analysis.map(decided),
  };
}

function limited(
  method: string,
  reference: readonly number[],
  chunks: readonly number[],
  most: number | null,
): ColumnDrift {
  const limits = limitsOf(reference, rule, { lower: 0, upper: most });
  const decided = (value: number) => ({ value, alert: outside(value, limits) });
  return { method, limits, reference: reference.map(decided), chunks: chunks.map(decided) };
}
