import { z } from 'zod';
import { DatasetRef, FileRef } from '../data.ts';
import { Reading } from '../reading.ts';
import { Expectation, ExpectationSummary } from '../validation.ts';
import { defineStage } from './stage.ts';

/**
 * Reads a source once, checks it, and stores an immutable snapshot of it.
 * Fails (DataInvalid) when an expectation of severity `fail` does not hold; the message names each. Rows that break one of
 * severity `quarantine` go to a dataset of their own, with the reason; the snapshot is of the rest. What is judged are the
 * rows as they came.
 * @example
 * ```ts
 * definePipeline({
 *   name: 'validated',
 *   params: z.object({}),
 *   graph: ({ run }) =>
 *     run(validateData, { source: 'churn.csv', expectations: [expect.column('left').oneOf([0, 1])] }).snapshot,
 * });
 * ```
 */
export const validateData = defineStage({
  name: 'validateData',
  version: '3',
  input: z.strictObject({
    /** Path or glob (relative to the pipeline's folder) of CSV (also .gz), Parquet or JSON lines, an `s3://` URI, or a dataset or file of an earlier step. */
    source: z.union([z.string(), DatasetRef, FileRef]),
    /** Default: by the source's extension. */
    format: z.enum(['parquet', 'csv', 'jsonl']).optional(),
    expectations: z.array(Expectation).default([]),
    /** Rows before this time only: `timeColumn` < asOf. Needs `timeColumn`. */
    asOf: z.string().optional(),
    timeColumn: z.string().optional(),
    /** The former name of `missing`. */
    nullStrings: z.array(z.string()).optional(),
    ...Reading.shape,
    /** Columns whose values appear in no result, message or report. */
    redact: z.array(z.string()).optional(),
  }),
  output: z.object({
    snapshot: DatasetRef,
    /** Every expectation holds, whatever its severity. */
    passed: z.boolean(),
    /** All of them; where they are too many for a history, those that do not hold. */
    results: z.array(ExpectationSummary),
    /** Rows that were set aside, with `__ratchet_reason` besides; null when there were none. */
    quarantined: DatasetRef.nullable().default(null),
    /** The whole result as JSON, in Great Expectations' shape (contracts/validation.ts); null without expectations. */
    validation: FileRef.nullable().default(null),
    /** The same as a page: one HTML file that needs no network; null without expectations. */
    report: FileRef.nullable().default(null),
  }),
  settings: { timeout: '1h' },
});
