/** What a look at a dataset found: a summary of every column, alone or beside a reference. The same data gives the same JSON. */
import { z } from 'zod';
import { Figure } from './trigger.ts';

const Count = z.number().int();
const Share = z.number();

/** A condition that was asked of a figure; `column` is null for a figure of the whole dataset. */
export const QualityTest = z.object({
  name: z.string(),
  column: z.string().nullable(),
  /** The condition in words: `≤ 0.1`, `≤ 2 × reference (0.08)`. */
  condition: z.string(),
  value: Figure.nullable(),
  passed: z.boolean(),
});
export type QualityTest = z.output<typeof QualityTest>;

/** Of values that are neither null nor NaN nor infinite. Quantiles interpolate linearly; `std` divides by n − 1. */
export const NumberSummary = z.object({
  min: Figure.nullable(),
  max: Figure.nullable(),
  mean: Figure.nullable(),
  std: Figure.nullable(),
  q05: Figure.nullable(),
  q25: Figure.nullable(),
  q50: Figure.nullable(),
  q75: Figure.nullable(),
  q95: Figure.nullable(),
  zeros: Count,
  negatives: Count,
  infinite: Count,
  /** Least and greatest, every digit: of whole numbers and decimals with a value beyond 2^53, which a JSON number would round. */
  exact: z.object({ min: z.string(), max: z.string() }).optional(),
});
export type NumberSummary = z.output<typeof NumberSummary>;

/** ISO 8601, UTC. */
export const TimeSummary = z.object({ first: z.string().nullable(), last: z.string().nullable() });
export type TimeSummary = z.output<typeof TimeSummary>;
/** Lengths in code points. */
export const TextSummary = z.object({ shortest: Count.nullable(), longest: Count.nullable(), empty: Count });
export type TextSummary = z.output<typeof TextSummary>;

export const ColumnSummary = z.object({
  /** Null and NaN. */
  missing: Count,
  missingShare: Share,
  /** Different values, missing ones not counted. */
  distinct: Count,
  /** All values are the same, and at least one is there (missing ones not counted). */
  constant: z.boolean(),
  /** Most frequent first, at most ten; texts cut to 80 characters; none where no value of many occurs twice. */
  mostCommon: z.array(z.object({ value: z.string(), count: Count, share: Share })),
  numbers: NumberSummary.nullable(),
  times: TimeSummary.nullable(),
  texts: TextSummary.nullable(),
});
export type ColumnSummary = z.output<typeof ColumnSummary>;

/**
 * Rows by bin (`edges` has one more entry than `current`; times are milliseconds since 1970; the outer bins also hold
 * what lies beyond the edges) or by value (`values`: numbers in their order, others most frequent first; then `other`).
 * Both sides share the bins.
 */
export const Distribution = z.discriminatedUnion('by', [
  z.object({
    by: z.literal('bin'),
    of: z.enum(['number', 'time']),
    edges: z.array(z.number()),
    current: z.array(Count),
    reference: z.array(Count).nullable(),
  }),
  z.object({
    by: z.literal('value'),
    values: z.array(z.string()),
    current: z.array(Count),
    reference: z.array(Count).nullable(),
    other: z.object({ current: Count, reference: Count.nullable() }),
  }),
]);
export type Distribution = z.output<typeof Distribution>;

export const QualityColumn = z.object({
  name: z.string(),
  /** DuckDB's name of the current side's type; the reference's when the column is only there. */
  type: z.string(),
  kind: z.enum(['number', 'text', 'boolean', 'time', 'other']),
  /** Null where this side has no such column. */
  current: ColumnSummary.nullable(),
  reference: ColumnSummary.nullable(),
  distribution: Distribution.nullable(),
});
export type QualityColumn = z.output<typeof QualityColumn>;

/** Evidently's DatasetStats, by its meaning of each figure. */
export const DatasetSummary = z.object({
  /** Path, glob or URI as it was given. */
  name: z.string(),
  rows: Count,
  columns: Count,
  /** Rows that equal an earlier row in every column. */
  duplicateRows: Count,
  /** Rows in which every value is missing. */
  emptyRows: Count,
  missing: Count,
  missingShare: Share,
  /** Names, in the order of the columns. */
  emptyColumns: z.array(z.string()),
  /** At most one value, missing ones not counted: empty columns too. */
  constantColumns: z.array(z.string()),
  /** One value in at least 95 % of the rows: constant columns without much missing too. */
  almostConstantColumns: z.array(z.string()),
  /** Groups of columns of one type that are equal in every row. */
  duplicateColumns: z.array(z.array(z.string())),
});
export type DatasetSummary = z.output<typeof DatasetSummary>;

/** Symmetric, rows and columns in the order of `columns`; null where it is not defined (a constant column). */
export const Correlations = z.object({
  method: z.enum(['pearson', 'spearman', 'cramer_v']),
  columns: z.array(z.string()),
  current: z.array(z.array(z.number().nullable())),
  reference: z.array(z.array(z.number().nullable())).nullable(),
  /** Columns beyond the bound, left out. */
  leftOut: Count,
  /** Their names; reports from before they were told have none. */
  leftOutColumns: z.array(z.string()).optional(),
  /** Of figures from a choice of the rows: the largest standard error among them, estimated; absent where all rows count. */
  standardError: z.number().nullish(),
});
export type Correlations = z.output<typeof Correlations>;

/** A time column as the clock of the dataset. */
export const TimeLine = z.object({
  column: z.string(),
  first: z.string().nullable(),
  last: z.string().nullable(),
  missing: Count,
  /** Rows whose time an earlier row has. */
  duplicates: Count,
  /** Median distance of neighbouring different times, in seconds. */
  step: z.number().nullable(),
  /** Longer than `gapFrom` seconds, longest first, at most 20. */
  gaps: z.array(z.object({ from: z.string(), to: z.string(), seconds: z.number() })),
  gapCount: Count,
  gapFrom: z.number().nullable(),
  /** Rows in equal spans of time from `first` to `last`. */
  rows: z.array(z.object({ from: z.string(), rows: Count })),
});
export type TimeLine = z.output<typeof TimeLine>;

const Point = z.tuple([z.number(), z.number()]);
const Bin = z.object({ rows: Count, predicted: z.number(), observed: z.number() });
/** Predictions against labels of one side. */
export const Performance = z.object({
  task: z.enum(['binary', 'multiclass', 'regression']),
  rows: Count,
  /** Rows left out: label or prediction is missing. */
  dropped: Count,
  metrics: z.record(z.string(), Figure),
  classes: z.array(z.string()).nullable(),
  /** Scores from here on count as positive; null unless there are two classes. */
  threshold: z.number().nullable(),
  confusion: z.array(z.array(Count)).nullable(),
  calibration: z.array(Bin).nullable(),
  roc: z.array(Point).nullable(),
  precisionRecall: z.array(Point).nullable(),
  /** Prediction − label. */
  residuals: z
    .object({
      edges: z.array(z.number()),
      counts: z.array(Count),
      mean: z.number(),
      std: z.number().nullable(),
      /** By bins of rising prediction: mean prediction, quartiles of the residual. */
      byPrediction: z.array(
        z.object({ rows: Count, predicted: z.number(), q25: z.number(), q50: z.number(), q75: z.number() }),
      ),
    })
    .nullable(),
});
export type Performance = z.output<typeof Performance>;

export const QualityReport = z.object({
  format: z.literal(1),
  kind: z.literal('quality'),
  current: DatasetSummary,
  reference: DatasetSummary.nullable(),
  /** In the order of the current side; columns of the reference alone come last. */
  columns: z.array(QualityColumn),
  correlations: z.array(Correlations),
  time: z.object({ current: TimeLine, reference: TimeLine.nullable() }).nullable(),
  performance: z
    .object({
      target: z.string(),
      prediction: z.string(),
      /** Metric → what it says, and is more of it better? */
      meanings: z.record(z.string(), z.string()),
      directions: z.record(z.string(), z.boolean()),
      current: Performance,
      reference: Performance.nullable(),
    })
    .nullable(),
  tests: z.array(QualityTest),
  /** Every test holds; also true without any. */
  passed: z.boolean(),
  /** False where a sketch stands for exact figures; `notes` says which and how far it may be off. */
  exact: z.boolean(),
  notes: z.array(z.string()),
});
export type QualityReport = z.output<typeof QualityReport>;
