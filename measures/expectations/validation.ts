/** A suite against a table: measured, judged, and told in one result. */
import type { Quarantine, ResultFormat, ValidationResult } from '#contracts/validation.ts';
import type { TableShape, Tables } from '#ports/tables.ts';
import type { Suite } from './suite.ts';

/** Unexpected values that COMPLETE lists of each expectation, at most. */
const MOST_LISTED = 100_000;

export interface ValidationRequest {
  /** Parquet files of one table. */
  readonly files: readonly string[];
  readonly shape: TableShape;
  /** What messages call the data. */
  readonly data: string;
  readonly suite: Suite;
  readonly suiteName?: string | undefined;
  readonly format?: ResultFormat | undefined;
  /** Columns whose values are told nowhere. */
  readonly redacted?: readonly string[] | undefined;
}

/** Severity quarantine is judged here and not carried out; see quarantineOf. */
export async function validateTable(
  request: ValidationRequest,
  tables: Pick<Tables, 'measure'>,
  signal?: AbortSignal,
): Promise<ValidationResult> {
  const { files, shape, suite, format = 'SUMMARY', redacted = [] } = request;
  const measures = suite.measures(shape);
  const examples = { BOOLEAN_ONLY: 0, BASIC: 20, SUMMARY: 20, COMPLETE: MOST_LISTED }[format];
  const answers = measures.length === 0 ? [] : await tables.measure({ files, measures, examples }, signal);
  return validationResult(request, await suite.judgeInTurns(answers, shape, { format, redacted }), null);
}

export function validationResult(
  { shape, data, suiteName = 'suite', redacted = [] }: Omit<ValidationRequest, 'files' | 'suite'>,
  results: ValidationResult['results'],
  quarantine: Quarantine | null,
): ValidationResult {
  const successful = results.filter(({ success }) => success).length;
  const notes = results.flatMap(({ expectation_config: { type }, ratchet: { columns, untested } }) =>
    untested === undefined ? [] : [`not tested: ${columns.join(', ')}: ${untested}, so that ${type} holds of nothing`],
  );
  return {
    success: successful === results.length,
    results,
    suite_name: suiteName,
    suite_parameters: {},
    statistics: {
      evaluated_expectations: results.length,
      successful_expectations: successful,
      unsuccessful_expectations: results.length - successful,
      success_percent: results.length === 0 ? null : (successful / results.length) * 100,
    },
    meta: {},
    id: null,
    ratchet: {
      passed: results.every((result) => result.success || !stops(result)),
      data,
      rows: shape.rows,
      columns: shape.columns.map(({ name, type }) => ({ name, type })),
      redacted: [...redacted],
      quarantine,
      ...(notes.length > 0 ? { notes } : {}),
    },
  };
}

/** An unmet expectation that ends a run: of severity fail, or one whose bad rows cannot be found and set aside. */
export function stops({ ratchet, exception_info }: ValidationResult['results'][number]): boolean {
  if (ratchet.severity === 'quarantine') return exception_info.raised_exception !== false;
  return ratchet.severity === 'fail';
}
