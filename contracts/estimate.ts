/** What `ratchet estimate` and the watch say of a model's performance: estimated without labels, realized with them. */
import { z } from 'zod';

export const EstimateProblem = z.enum(['binary', 'multiclass', 'regression']);
export type EstimateProblem = z.output<typeof EstimateProblem>;

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
  /** What a reader must know: small chunks, rows left out, labels that are missing. In words, worst first. */
  notes: z.array(z.string()),
});
export type Estimate = z.output<typeof Estimate>;
