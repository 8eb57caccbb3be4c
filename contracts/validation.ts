/** Expectations and what came of them: Great Expectations' names and shapes, with what is ours under `ratchet`. */
import { z } from 'zod';
import { Figure } from './data.ts';
import type { Json } from './json.ts';

const json = z.custom<Json>((value) => value !== undefined);

/**
 * What an unmet expectation means. `fail`: the run ends. `warn`: it is reported. `quarantine`: the rows that break it go
 * to a dataset of their own, with the reason, and the run goes on with the rest.
 */
const Severity = z.enum(['fail', 'warn', 'quarantine']);

/**
 * Great Expectations' own names and shape, so that its suites can be read as they are.
 * @example
 * ```ts
 * const suite: Expectation[] = [
 *   { type: 'expect_column_values_to_not_be_null', kwargs: { column: 'left' }, severity: 'fail' },
 * ];
 * ```
 */
export const Expectation = z.strictObject({
  type: z.string().regex(/^expect_[a-z_]+$/, 'a name such as expect_column_values_to_not_be_null is wanted'),
  kwargs: z.record(z.string(), json),
  severity: Severity.default('fail'),
  id: z.string().optional(),
  meta: z.record(z.string(), json).optional(),
});
export type Expectation = z.input<typeof Expectation>;

/** How much a result tells: the verdict; counts and 20 examples; row numbers and how often besides; all unexpected values. */
export const ResultFormat = z.enum(['BOOLEAN_ONLY', 'BASIC', 'SUMMARY', 'COMPLETE']);
export type ResultFormat = z.output<typeof ResultFormat>;

const ExceptionInfo = z.object({
  raised_exception: z.boolean(),
  exception_message: z.string().nullable(),
  exception_traceback: z.string().nullable(),
});

/** A value of the data: a number that is not finite is a text, a time is ISO 8601, a pair is an array, several columns are an object. */
const Value = json.nullable();

/** `result` of one expectation; which fields there are depends on its kind and the format. Percentages are 0–100. */
const ResultFigures = z.looseObject({
  /** An aggregate's figure, a type's name, the columns' names, `{ quantiles, values }`, a list of the most common values. */
  observed_value: Value.optional(),
  /** Rows that the row condition chose. */
  element_count: z.number().int().optional(),
  unexpected_count: z.number().int().optional(),
  /** Of the values that are not missing; null when there are none. */
  unexpected_percent: z.number().nullable().optional(),
  unexpected_percent_total: z.number().nullable().optional(),
  unexpected_percent_nonmissing: z.number().nullable().optional(),
  missing_count: z.number().int().nullable().optional(),
  missing_percent: z.number().nullable().optional(),
  partial_unexpected_list: z.array(Value).optional(),
  partial_unexpected_index_list: z.array(z.number().int()).optional(),
  partial_unexpected_counts: z.array(z.object({ value: Value, count: z.number().int() })).optional(),
  partial_missing_list: z.array(Value).optional(),
  unexpected_list: z.array(Value).optional(),
  unexpected_index_list: z.array(z.number().int()).optional(),
  details: z.record(z.string(), json).optional(),
});

/** A row that broke an expectation. */
const FailingExample = z.object({
  /** Place in the data, from 1, a header not counted. */
  row: z.number().int(),
  /** Of the columns that the expectation is about; `[redacted]` where it was asked for. */
  values: z.record(z.string(), Value),
});

export const ExpectationResult = z.object({
  success: z.boolean(),
  expectation_config: z.object({
    type: z.string(),
    kwargs: z.record(z.string(), json),
    meta: z.record(z.string(), json),
    id: z.string().nullable(),
    /** Theirs: `fail` and `quarantine` are critical, `warn` is warning. */
    severity: z.enum(['critical', 'warning', 'info']),
  }),
  result: ResultFigures,
  meta: z.record(z.string(), json),
  /** Flat when it could be computed; by metric when it could not (a missing column, a mean of texts). */
  exception_info: z.union([ExceptionInfo, z.record(z.string(), ExceptionInfo)]),
  ratchet: z.object({
    severity: Severity,
    /** It is about these, in their order; none for the table. */
    columns: z.array(z.string()),
    /** Words: what was wanted, what was found. */
    message: z.string(),
    /** It holds of nothing: why, in words. Absent where there was something to test. */
    untested: z.string().optional(),
    /** The first failing rows, at most 20. */
    examples: z.array(FailingExample),
  }),
});
export type ExpectationResult = z.output<typeof ExpectationResult>;

/** Rows that were set aside. */
export const Quarantine = z.object({
  rows: z.number().int(),
  /** Where they are, with a column `__ratchet_reason` besides: a path, or a URI of the store; null when nobody asked for them. */
  uri: z.string().nullable(),
  /** Rows by expectation; a row may break several. */
  reasons: z.array(z.object({ reason: z.string(), rows: z.number().int() })),
});
export type Quarantine = z.output<typeof Quarantine>;

/** A whole validation, as `ratchet validate --json` prints it. */
export const ValidationResult = z.object({
  /** Every expectation holds, whatever its severity. */
  success: z.boolean(),
  /** In the suite's order. */
  results: z.array(ExpectationResult),
  suite_name: z.string(),
  suite_parameters: z.record(z.string(), json),
  statistics: z.object({
    evaluated_expectations: z.number().int(),
    successful_expectations: z.number().int(),
    unsuccessful_expectations: z.number().int(),
    /** null of none. */
    success_percent: z.number().nullable(),
  }),
  meta: z.record(z.string(), json),
  id: z.string().nullable(),
  ratchet: z.object({
    /** Nothing of severity `fail` is unmet: what `success` is to a run. */
    passed: z.boolean(),
    /** What was validated, as its author calls it. */
    data: z.string(),
    rows: z.number().int(),
    columns: z.array(z.object({ name: z.string(), type: z.string() })),
    /** Of columns whose values appear nowhere in this result. */
    redacted: z.array(z.string()),
    quarantine: Quarantine.nullable(),
    /**
     * Of reading: what should be looked at, each with the option that reads it otherwise. Of expectations: those that hold of
     * nothing.
     */
    notes: z.array(z.string()).optional(),
  }),
});
export type ValidationResult = z.output<typeof ValidationResult>;

/** The gist of one result, small enough for a history. */
const expectationSummary = z.object({
  type: z.string(),
  column: z.string().nullable(),
  success: z.boolean(),
  severity: Severity,
  message: z.string(),
  observed: z.custom<Json>().nullable(),
  unexpectedCount: z.number().nullable(),
  unexpectedPercent: Figure.nullable(),
});
export type ExpectationSummary = z.output<typeof expectationSummary> & { type: string };
/** Called by its name where the compiler tells what a step gives; see contracts/data.ts. */
export const ExpectationSummary: z.ZodType<ExpectationSummary, ExpectationSummary> = expectationSummary;
