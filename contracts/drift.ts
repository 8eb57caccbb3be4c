/** What a comparison of two tables found, column by column: printed by `ratchet drift --json`, drawn by the reports, read by the watch. */
import { z } from 'zod';
import { Figure } from './trigger.ts';

/** Evidently's names. `p` methods alarm below their threshold, distances at or above it. */
export const DriftMethod = z.enum([
  'ks',
  'chisquare',
  'z',
  'wasserstein',
  'jensenshannon',
  'psi',
  'kl_div',
  'hellinger',
  'anderson',
  'cramer_von_mises',
  't_test',
  'mannw',
  'ed',
  'TVD',
  'fisher_exact',
  'g_test',
  'empirical_mmd',
]);
export type DriftMethod = z.output<typeof DriftMethod>;

/** Methods whose value is a distance; that of the others is a p-value. */
export const DISTANCES: readonly string[] = [
  'wasserstein',
  'jensenshannon',
  'psi',
  'kl_div',
  'hellinger',
  'ed',
] satisfies DriftMethod[];

/**
 * `numerical` and `categorical` are tested; `time` (a clock moves by itself) and `text` (more than half of its values
 * are distinct) only when a method is named for them; `other` (nested values, blobs) and `empty` (no value) never.
 */
export const DriftKind = z.enum(['numerical', 'categorical', 'time', 'text', 'other', 'empty']);
export type DriftKind = z.output<typeof DriftKind>;

/** One side of a column. Of `time` columns the figures are milliseconds since 1970, UTC. */
export const DriftSide = z.object({
  /** Rows of the table. */
  rows: z.number().int(),
  /** NULL or NaN. */
  nulls: z.number().int(),
  /** ±Infinity: left out of the test, like nulls. */
  infinite: z.number().int(),
  /** Distinct values; of a sketch its cells, which are fewer. */
  distinct: z.number().int(),
  /** Null for what is no number, and without values. `std` is that of the population. */
  mean: z.number().nullable(),
  std: z.number().nullable(),
  min: z.number().nullable(),
  max: z.number().nullable(),
});
export type DriftSide = z.output<typeof DriftSide>;

/** Small enough to draw: bins with edges that both sides share, or the most frequent categories of both. */
export const DriftDistribution = z.discriminatedUnion('of', [
  z.object({
    of: z.literal('numbers'),
    /** One more than there are bins; the last bin holds its right edge. */
    edges: z.array(z.number()),
    reference: z.array(z.number()),
    current: z.array(z.number()),
  }),
  z.object({
    of: z.literal('categories'),
    /** At most 20, by rising share of change; long texts are cut. */
    categories: z.array(z.object({ value: z.string(), reference: z.number(), current: z.number() })),
    /** Rows of all other categories. */
    other: z.object({ categories: z.number().int(), reference: z.number(), current: z.number() }),
  }),
]);
export type DriftDistribution = z.output<typeof DriftDistribution>;

export const DriftColumn = z.object({
  method: DriftMethod,
  threshold: z.number(),
  /** A p-value or a distance, as the method is. `NaN` where it is not defined: then nothing drifted. */
  value: Figure,
  drifted: z.boolean(),
  /** What `value` is. */
  measures: z.enum(['p_value', 'distance']),
  kind: DriftKind,
  /** false: at least one side is a sketch, and `error` bounds what that may change. */
  exact: z.boolean(),
  /** Bound of |value − exact value|; null when exact, or when the method has none. */
  error: z.number().nullable(),
  reference: DriftSide,
  current: DriftSide,
  distribution: DriftDistribution.nullable(),
  /** What a reader should know of this column, in words. */
  notes: z.array(z.string()),
  /** Asked for by the watch: chance of a difference as large where nothing changes; null: too few rows to tell. */
  chance: z.number().nullable().optional(),
  /** Below which chance the watch counts it as drift. */
  level: z.number().optional(),
});
export type DriftColumn = z.output<typeof DriftColumn>;

/** A condition of a test suite, and what came of it. */
export const DriftTestResult = z.object({
  /** `Share of Drifted Columns: Less 0.500` */
  name: z.string(),
  status: z.enum(['SUCCESS', 'FAIL', 'ERROR']),
  column: z.string().nullable(),
  observed: Figure.nullable(),
  /** In words: what was wanted, what was found. */
  description: z.string(),
});
export type DriftTestResult = z.output<typeof DriftTestResult>;

export const DriftResult = z.object({
  columns: z.record(z.string(), DriftColumn),
  /** Number of drifted columns. */
  drifted: z.number().int(),
  /** drifted / tested columns; 0 when none was tested. */
  share: z.number(),
  /** share ≥ `share_threshold`. */
  dataset_drift: z.boolean(),
  share_threshold: z.number(),
  tested: z.number().int(),
  rows: z.object({ reference: z.number().int(), current: z.number().int() }),
  /** Columns of either side that were not tested, and why. */
  untested: z.array(z.object({ column: z.string(), kind: DriftKind, reason: z.string() })),
  tests: z.array(DriftTestResult),
  /** Exact or sketched, and whatever else concerns the whole. */
  notes: z.array(z.string()),
});
export type DriftResult = z.output<typeof DriftResult>;

/** `lt: 0.3`, or relative to the reference: `{ relative: 0.1 }` is within ± 10 % of it, `{ absolute: 2 }` within ± 2. */
const Bound = z.union([
  z.number(),
  z.strictObject({ relative: z.number().nonnegative() }),
  z.strictObject({ absolute: z.number().nonnegative() }),
]);
const bounds = {
  lt: Bound.optional(),
  lte: Bound.optional(),
  gt: Bound.optional(),
  gte: Bound.optional(),
  eq: Bound.optional(),
};

/** One condition of a test suite. */
export const DriftTest = z.discriminatedUnion('of', [
  z.strictObject({ of: z.enum(['drifted_columns', 'share_of_drifted_columns', 'rows']), ...bounds }),
  /** Fails when the column drifted by its method and threshold. */
  z.strictObject({ of: z.literal('column_drift'), column: z.string() }),
  z.strictObject({
    of: z.enum(['mean', 'std', 'min', 'max', 'missing', 'missing_share', 'distinct']),
    column: z.string(),
    ...bounds,
  }),
]);
export type DriftTest = z.output<typeof DriftTest>;

export const ColumnChoice = z.strictObject({
  method: DriftMethod.optional(),
  threshold: z.number().nonnegative().optional(),
  kind: z.enum(['numerical', 'categorical']).optional(),
});
export type ColumnChoice = z.output<typeof ColumnChoice>;

/** What to test and how. Everything has Evidently's default. */
export const DriftOptions = z.strictObject({
  /** Default: every column that both sides have. */
  columns: z.array(z.string()).optional(),
  /** By column; the rest is chosen by kind, cardinality and rows of the reference. */
  methods: z.record(z.string(), ColumnChoice).default({}),
  /** For all numerical, for all categorical columns. */
  numerical: ColumnChoice.omit({ kind: true }).default({}),
  categorical: ColumnChoice.omit({ kind: true }).default({}),
  /** Share of drifted columns from which on the dataset drifted. */
  share: z.number().min(0).max(1).default(0.5),
  /** `target`: only target and prediction are tested. */
  preset: z.enum(['data', 'target']).default('data'),
  target: z.string().optional(),
  prediction: z.string().optional(),
  tests: z.array(DriftTest).default([]),
});
export type DriftOptions = z.input<typeof DriftOptions>;
