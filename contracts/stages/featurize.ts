import { z } from 'zod';
import { DatasetRef } from '../data.ts';
import { Duration } from '../duration.ts';
import { defineStage } from './stage.ts';

/**
 * A table joined to the rows of `data`. With `time`: the last row at or before the data row's time (point in time). Without: by key alone.
 * @example
 * ```ts
 * const weather: Omit<View, 'data'> = { name: 'weather', on: { airport: 'origin' }, time: 'at', maxAge: '2h' };
 * ```
 */
export const View = z.strictObject({
  name: z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/),
  data: DatasetRef,
  /** The view's time column; absent: a lookup table that has no time. */
  time: z.string().optional(),
  /** Among rows of one key and time, the greatest of this column counts (when it was written); default the last in the file. */
  created: z.string().optional(),
  /** Columns of `data` → columns of the view. */
  on: z.record(z.string(), z.string()),
  /** Columns to bring over; default: all but keys and time. */
  columns: z.array(z.string()).optional(),
  /** Put before each column's name; default none. */
  prefix: z.string().default(''),
  /** Older rows of the view count as missing. */
  maxAge: Duration.optional(),
  /** The view's row is known only this long after its time. */
  availableAfter: Duration.optional(),
});
export type View = z.input<typeof View>;

/**
 * Which rows are trained on and which are held out.
 * @example
 * ```ts
 * const split: Split = { by: 'time', asOf: '2026-06-01', train: '180d', holdout: '14d', gap: '7d' };
 * ```
 */
export const Split = z.discriminatedUnion('by', [
  /** train: the `train` before the holdout; holdout: the `holdout` before `asOf`. */
  z.strictObject({
    by: z.literal('time'),
    asOf: z.string(),
    train: Duration,
    holdout: Duration,
    gap: Duration.optional(),
  }),
  /** The last share of the rows in time order (file order without a time column). */
  z.strictObject({ by: z.literal('share'), holdout: z.number().gt(0).lt(1) }),
]);
export type Split = z.input<typeof Split>;

/**
 * Joins, derives and splits, all in DuckDB, Parquet to Parquet. Row order is by time, ties by file order.
 * @example
 * ```ts
 * definePipeline({
 *   name: 'featured',
 *   params: z.object({}),
 *   graph: ({ run }) => {
 *     const { rows } = run(load, { path: 'churn.csv' });
 *     return run(featurize, { data: rows, target: 'left', derive: { long: 'CAST(months > 24 AS INTEGER)' } });
 *   },
 * });
 * ```
 */
export const featurize = defineStage({
  name: 'featurize',
  version: '2',
  input: z.strictObject({
    data: DatasetRef,
    /** Time column of `data`: needed by views with a time and by a split by time. */
    time: z.string().optional(),
    views: z.array(View).default([]),
    /** New columns as DuckDB expressions over the joined columns, in order; each may use those before it. */
    derive: z.record(z.string(), z.string()).default({}),
    /** Rows to keep, a DuckDB expression over all columns. */
    where: z.string().optional(),
    /** Columns of the result, in order; default all. The target must be among them. */
    select: z.array(z.string()).optional(),
    /** Columns that must not reach the trainer: known only after the fact. Named in error messages when selected. */
    leakage: z.array(z.string()).default([]),
    target: z.string().optional(),
    split: Split.default({ by: 'share', holdout: 0.2 }),
  }),
  output: z.object({
    train: DatasetRef,
    holdout: DatasetRef,
    /** Share of rows that found a row in each view. */
    matched: z.record(z.string(), z.number()),
  }),
  settings: { timeout: '1h' },
});
