/** What `ratchet estimate` and the watch say of a model's performance: estimated without labels, realized with them. */
import { z } from 'zod';

const EstimateProblem = z.enum(['binary', 'multiclass', 'regression']);

/** A figure of a chunk; null where it is not defined (one class only, no label yet). */
const Value = z.number().nullable();

/**
 * One metric on one chunk. `lower` and `upper` are the limits that decide `alert`: strictly below or above. They are
 * the same for all chunks of a result; null: no limit on that side.
 */
export const ChunkMetric = z.object({
  /** Without labels, from scores and predictions alone; null when the estimator could not say, or none was asked for. */
  estimated: Value,
  /** From the labels that have come; null when there are none that define it. */
  realized: Value,
  lower: Value,
  upper: Value,
  /** The estimate lies outside of the limits; without an estimate: the realized value does. */
  alert: z.boolean(),
  /** The realized value lies outside of the limits. */
  realizedAlert: z.boolean(),
  /** Standard error that chance alone gives a chunk of this size, from the reference. */
  samplingError: Value,
  /** `estimated` (without one: `realized`) ± 3 sampling errors, within the metric's range. */
  confidence: z.object({ lower: Value, upper: Value }).nullable(),
});
export type ChunkMetric = z.output<typeof ChunkMetric>;

/**
 * What the labels say beyond what was expected of these very rows, on average: of a binary problem label − calibrated
 * probability, of a multiclass one right or wrong − probability of the predicted class, of a regression
 * truth − calibrated prediction, less its mean over the reference. Around 0 while the same rows mean the same, however the rows move.
 */
export const Residual = z.object({
  mean: z.number(),
  /** Standard error of the mean. */
  error: z.number(),
});
export type Residual = z.output<typeof Residual>;

export const EstimateChunk = z.object({
  /** NannyML's key: `[0:4999]`, or `2018-01` for a period. */
  key: z.string(),
  index: z.number().int(),
  /** First and last row, from 0, both inclusive, counted apart in reference and analysis (in time order with a time column). */
  start: z.number().int(),
  end: z.number().int(),
  /** ISO 8601, UTC; of the rows' times (the period's bounds when chunked by period); null without a time column. */
  from: z.string().nullable(),
  to: z.string().nullable(),
  rows: z.number().int(),
  /** Rows whose label has come. 0: nothing matured; = rows: all; between: partially matured. */
  labelled: z.number().int(),
  metrics: z.record(z.string(), ChunkMetric),
  residual: Residual.nullable(),
});
export type EstimateChunk = z.output<typeof EstimateChunk>;

export const EstimateMetric = z.object({
  /** `roc_auc`, `f1`, … `business_value`, `mae`, …: the key in `metrics` of each chunk. */
  name: z.string(),
  /** For people: `ROC AUC`. */
  label: z.string(),
  /** Null: neither way is better (parts of the confusion matrix). */
  higherIsBetter: z.boolean().nullable(),
  lower: Value,
  upper: Value,
  /** How the limits were made, in words: `mean ± 3 standard deviations of the realized value over 10 reference chunks`. */
  rule: z.string(),
});
export type EstimateMetric = z.output<typeof EstimateMetric>;

/** `seen`: null when nothing could tell. `why`: in words and figures, the weightiest first. */
const Sighting = z.object({ seen: z.boolean().nullable(), why: z.array(z.string()) });

/** Which of the two moved: what comes in, P(X), or what it means, P(Y|X). */
export const DriftFinding = z.object({
  /** `unknown`: neither drift tests nor labels were there. */
  kind: z.enum(['none', 'data', 'concept', 'both', 'unknown']),
  /** One or two sentences. */
  summary: z.string(),
  /** P(X), by drift tests of the features. */
  data: Sighting,
  /** P(Y|X), by labels that have come. */
  concept: Sighting,
  /** Realized performance, where labels have come, else estimated, is within its limits. */
  performance: z.object({ holds: z.boolean().nullable(), why: z.array(z.string()) }),
});
export type DriftFinding = z.output<typeof DriftFinding>;

export const Estimate = z.object({
  kind: z.literal('estimate'),
  problem: EstimateProblem,
  estimator: z.object({
    /** CBPE and DLE as NannyML's; `realized`: labels only, nothing estimated. */
    name: z.enum(['CBPE', 'DLE', 'realized']),
    /** CBPE: were the scores calibrated on the reference? Null for the others. */
    calibrated: z.boolean().nullable(),
    /** How it works, in one line. */
    says: z.string(),
    /** What must hold for the figures to be right, in words; missing in results of before. */
    conditions: z.array(z.string()).optional(),
  }),
  chunking: z.object({
    by: z.enum(['size', 'number', 'period']),
    /** Rows a chunk, number of chunks, or a period (`D`, `W`, `M`, …) as text. */
    value: z.union([z.number(), z.string()]),
    /** The column that orders the rows; null: the files' order. */
    time: z.string().nullable(),
  }),
  /** In the order that they were asked for. */
  metrics: z.array(EstimateMetric),
  /** The reference's own chunks: what the limits come from. */
  reference: z.array(EstimateChunk),
  /** The analysis' chunks. */
  chunks: z.array(EstimateChunk),
  rows: z.object({ reference: z.number().int(), analysis: z.number().int() }),
  /** Any chunk of the analysis alerts, by estimate or by label. */
  alert: z.boolean(),
  /** What moved. Without drift tests of the features only of what labels say. */
  drift: DriftFinding,
  /** What a reader must know: small chunks, rows left out, labels that are missing. In words, worst first. */
  notes: z.array(z.string()),
});
export type Estimate = z.output<typeof Estimate>;

/** Standard deviations of the reference's chunks around their mean, or fixed values; null: no limit on that side. */
const Limit = z.union([
  z.strictObject({
    deviations: z.strictObject({ lower: z.number().min(0).nullable(), upper: z.number().min(0).nullable() }),
  }),
  z.strictObject({ lower: z.number().nullable(), upper: z.number().nullable() }),
]);

const Worth = z.strictObject({ tp: z.number(), fp: z.number(), tn: z.number(), fn: z.number() });

/** What to estimate, from which columns. */
export const EstimateOptions = z.strictObject({
  problem: EstimateProblem,
  /** Default: roc_auc, f1, precision, recall, accuracy of a classifier; mae, rmse of a regression. */
  metrics: z.array(z.string()).optional(),
  /** Column of the label: in the reference always; in the analysis, or in the targets, as far as it has come. */
  target: z.string(),
  /** Column of what the model said. Binary without one: score ≥ `threshold`. */
  prediction: z.string().optional(),
  /** Binary: column of the positive class' probability. Multiclass: class → column. */
  score: z.union([z.string(), z.record(z.string(), z.string())]).optional(),
  /** Joins analysis and targets; needed only when the targets are a table of their own. */
  id: z.string().optional(),
  /** Orders the rows of either side; chunks by period need it. */
  time: z.string().optional(),
  chunk: z
    .strictObject({ by: z.enum(['size', 'number', 'period']), value: z.union([z.number(), z.string()]) })
    .default({ by: 'number', value: 10 }),
  /** By metric; the rest alerts 3 standard deviations from the mean of the reference's chunks. */
  limits: z.record(z.string(), Limit).default({}),
  /** Binary: the value of target and prediction that is positive; default 1 or true. */
  positive: z.string().optional(),
  threshold: z.number().min(0).max(1).default(0.5),
  /** What a row of each cell is worth; `business_value` needs it. */
  worth: Worth.optional(),
  /**
   * Columns that drift tests look at and, of a regression, that a model of the error learns from; texts and truth values
   * are categories. Default: all but target, prediction, scores, id and time. Empty: a regression is only realized.
   */
  features: z.array(z.string()).optional(),
});
export type EstimateOptions = z.output<typeof EstimateOptions>;
