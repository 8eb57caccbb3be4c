import { z } from 'zod';
import { DatasetRef, FileRef } from '../data.ts';
import { Expectation, ExpectationSummary } from '../validation.ts';
import { defineStage } from './stage.ts';

/**
 * Reads a source once, checks it, and stores an immutable snapshot of it.
 * Fails (DataInvalid) when an expectation of severity `fail` does not hold; the message names each.
 */
export const validateData = defineStage({
  name: 'validateData',
  version: '1',
  input: z.strictObject({
    /** Path or glob (relative to the pipeline's folder) of CSV (also .gz), Parquet or JSON lines, an `s3://` URI, or a dataset or file of an earlier step. */
    source: z.union([z.string(), DatasetRef, FileRef]),
    /** Default: by the source's extension. */
    format: z.enum(['parquet', 'csv', 'jsonl']).optional(),
    expectations: z.array(Expectation).default([]),
    /** Rows before this time only: `timeColumn` < asOf. Needs `timeColumn`. */
    asOf: z.string().optional(),
    timeColumn: z.string().optional(),
    /** CSV: texts that mean null; default ['', 'NA']. */
    nullStrings: z.array(z.string()).optional(),
    /** Types of columns, DuckDB's names (`{ zip: 'VARCHAR' }`); a value that cannot be read as one fails the run (2.5 as BIGINT can: it is rounded). Default: what the whole file holds. */
    types: z.record(z.string(), z.string()).optional(),
  }),
  output: z.object({
    snapshot: DatasetRef,
    passed: z.boolean(),
    results: z.array(ExpectationSummary),
  }),
  settings: { timeout: '1h' },
});
