/** What the watch of a pipeline looks at, and how late its labels are. */
import { z } from 'zod';
import { Format } from './data.ts';
import { DriftOptions } from './drift.ts';
import { Duration } from './duration.ts';
import { Reading } from './reading.ts';
import { View } from './stages/featurize.ts';

/** A table that training joins: where it lies, instead of a dataset of an earlier step. */
const WatchedView = View.omit({ data: true }).extend({
  source: z.string().min(1),
  format: Format.optional(),
  reading: Reading.optional(),
});

export const WatchPolicy = z.strictObject({
  /** How often it looks: five cron fields (UTC), or a duration. */
  every: z.union([Duration, z.string().regex(/^\S+( \S+){4}$/, 'a duration, "1h", or five cron fields')]).default('1h'),
  /** File, glob or `s3://…` that grows: what new rows and partitions are counted in. Relative to the pipeline's folder. */
  source: z.string().min(1),
  format: Format.optional(),
  /** How its files are read; as in validateData. */
  reading: Reading.optional(),
  /** Needed for drift and performance: their windows are cut by it. */
  timeColumn: z.string().min(1).optional(),
  /** The newest rows that drift and performance are measured on. */
  window: Duration.default('28d'),
  target: z.string().min(1).optional(),
  /** A row's label is known this long after the row's time. */
  labelsAfter: Duration.default('0s'),
  task: z.enum(['binary', 'regression', 'multiclass']).default('binary'),
  /** How rows become what the model reads, as `featurize` is told. */
  features: z
    .strictObject({
      derive: z.record(z.string(), z.string()).optional(),
      where: z.string().optional(),
      select: z.array(z.string()).optional(),
      /** Columns that training leaves out, and what is derived of them. */
      leakage: z.array(z.string()).optional(),
      views: z.array(WatchedView).max(20).optional(),
    })
    .prefault({}),
  /**
   * Chance that drift is told falsely at least once in a year of looks while nothing changes; that performance is, the same
   * again. Default 0.05. It is split evenly among looks and columns, or conditions, and so holds for windows that overlap.
   */
  falseAlarms: z.number().gt(0).lt(1).optional(),
  /** Fewer rows are not judged, of a column fewer values. Default 200. */
  leastRows: z.number().int().min(30).optional(),
  /** How columns are compared with those of the champion's rows; `ratchet drift` says the defaults. */
  drift: DriftOptions.pick({ methods: true, numerical: true, categorical: true }).optional(),
  /**
   * Vectors of this service that the feature server sampled are held against history, as of the definitions that were applied: those of
   * the `window` before the look, up to `after` before it, by when sources know what was pushed. Fewer than `leastVectors` are not judged.
   */
  skew: z
    .strictObject({
      service: z.string().min(1),
      window: Duration.default('1d'),
      after: Duration.default('0s'),
      leastVectors: z.number().int().min(1).default(100),
    })
    .optional(),
  /**
   * A promotion is provisional until the labels of the rows of this much time after it are in: then the new champion is
   * compared with the one before on these rows, and rolled back when it is worse by more than `tolerance`.
   */
  provisional: z
    .strictObject({ cohort: Duration, metric: z.string().min(1), tolerance: z.number().nonnegative().default(0) })
    .optional(),
});
export type WatchPolicy = z.output<typeof WatchPolicy>;
