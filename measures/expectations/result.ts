/** One expectation's judgement in Great Expectations' result shape, as much of it as the format wants. */
import { grouped } from '#contracts/grouped.ts';
import type { Json } from '#contracts/json.ts';
import type { ExpectationResult, ResultFormat } from '#contracts/validation.ts';
import type { Problem, Tested, Value } from '#ports/measures.ts';
import type { Bound, Given, Judgement } from './definition.ts';
import { REDACTED, withoutSet, withoutSets, withoutValues } from './redaction.ts';
import { unexpectedCounts } from './unexpected-counts.ts';

/** Values in `partial_…` lists, as theirs. */
const PARTIAL = 20;
/** Theirs lists no more values, whatever the format; of the places it lists all. */
const MOST_VALUES = 200;
/** Texts in messages are cut here. */
const LONGEST_SAMPLE = 80;

const severities = { fail: 'critical', warn: 'warning', quarantine: 'critical' } as const;
const noException = { raised_exception: false, exception_message: null, exception_traceback: null };

/**
 * @param redacted columns whose values are told nowhere
 * @param isText whether the column of this name holds texts: their order is another than that of numbers
 */
export function resultOf(
  given: Given,
  bound: Bound,
  judgement: Judgement | Problem,
  format: ResultFormat,
  redacted: readonly string[],
  isText: (column: string) => boolean,
): ExpectationResult {
  const { type, kwargs, meta = {}, id = null, severity } = given;
  const hidden = bound.columns.filter((name) => redacted.includes(name));
  const problem = 'problem' in judgement ? judgement.problem : null;
  const tested = 'tested' in judgement && judgement.tested ? hiding(judgement.tested, bound, hidden) : null;
  const said = problem ?? ('message' in judgement ? judgement.message : '');
  const message = hidden.length > 0 ? withoutSet(said, kwargs) : said;
  const figures = 'figures' in judgement && judgement.figures ? judgement.figures : {};
  const told = hidden.length > 0 ? withoutValues(type, message, figures) : { message, figures };
  const examples = exampleRows(tested, bound);
  const success = !('problem' in judgement) && judgement.success;
  const untested = success ? nothingTested(tested, figures, bound) : null;
  return {
    success,
    expectation_config: {
      type,
      kwargs: hidden.length > 0 ? withoutSets(kwargs) : kwargs,
      meta,
      id,
      severity: severities[severity],
    },
    result:
      problem !== null || format === 'BOOLEAN_ONLY'
        ? {}
        : tested
          ? rowFigures(tested, bound, format, isText)
          : { ...told.figures },
    meta: {},
    exception_info:
      problem === null
        ? noException
        : { [bound.metric]: { raised_exception: true, exception_message: problem, exception_traceback: null } },
    ratchet: {
      severity,
      columns: [...bound.columns],
      ...(untested === null ? {} : { untested }),
      message: named([told.message, ...samples(tested, bound, format)].join('; '), bound),
      examples: format === 'BOOLEAN_ONLY' ? [] : examples,
    },
  };
}

/** Why what holds says nothing: no row was chosen, no row has a value. Null where something was tested. */
function nothingTested(tested: Tested | null, figures: ExpectationResult['result'], bound: Bound): string | null {
  if (!tested) return bound.columns.length > 0 && figures.observed_value === null ? 'it has no value' : null;
  if (tested.rows === 0) return 'there is no row to test';
  return tested.counted === 0 && !bound.overRows ? `all ${grouped(tested.rows)} rows miss a value` : null;
}

/** What a message about a column begins with. */
function named(message: string, { columns }: Bound): string {
  const [column] = columns;
  if (column === undefined || columns.length > 1) return message;
  return message.startsWith(`${column} `) || message.startsWith(`column ${column} `)
    ? message
    : `${column}: ${message}`;
}

function samples(tested: Tested | null, bound: Bound, format: ResultFormat): string[] {
  const [first] = tested?.places ?? [];
  if (!tested || first === undefined || format === 'BOOLEAN_ONLY') return [];
  // The same one five times says no more than once.
  const texts = tested.values.map((row) => cut(JSON.stringify(row.length === 1 ? row[0] : row)));
  const values = [...new Set(texts)].slice(0, 5);
  const told =
    bound.overRows && tested.values.every(([value]) => value === null) ? [] : [`such as ${values.join(', ')}`];
  return [...told, `first in row ${grouped(first + 1)}`];
}

const cut = (text: string) => (text.length > LONGEST_SAMPLE ? `${text.slice(0, LONGEST_SAMPLE)}…` : text);

function hiding(tested: Tested, bound: Bound, hidden: readonly string[]): Tested {
  if (hidden.length === 0) return tested;
  const hide = (value: Value, index: number): Value =>
    value !== null && hidden.includes(bound.columns[index] ?? '') ? REDACTED : value;
  return { ...tested, values: tested.values.map((row) => row.map(hide)) };
}

function exampleRows(tested: Tested | null, { columns }: Bound): ExpectationResult['ratchet']['examples'] {
  return (tested?.places ?? []).slice(0, PARTIAL).map((place, index) => ({
    row: place + 1,
    values: Object.fromEntries(columns.map((name, column) => [name, tested?.values[index]?.[column] ?? null])),
  }));
}

/** Their figures of a test of rows. Percentages are of what is not missing; null when there is none. */
function rowFigures(
  tested: Tested,
  bound: Bound,
  format: ResultFormat,
  isText: (column: string) => boolean,
): ExpectationResult['result'] {
  const { rows, counted, unexpected, places } = tested;
  const values = tested.values.slice(0, MOST_VALUES);
  const percent = (part: number, whole: number) => (whole === 0 ? null : (part / whole) * 100);
  const list = values.map((row) => listedValue(row, bound));
  const basic = {
    element_count: rows,
    unexpected_count: unexpected,
    unexpected_percent: percent(unexpected, counted),
    partial_unexpected_list: list.slice(0, PARTIAL),
    ...(bound.overRows
      ? {}
      : {
          missing_count: rows - counted,
          missing_percent: percent(rows - counted, rows),
          unexpected_percent_total: percent(unexpected, rows),
          unexpected_percent_nonmissing: percent(unexpected, counted),
        }),
  };
  if (format === 'BASIC') return basic;
  const counts = unexpectedCounts(values, bound.columns.map(isText), PARTIAL);
  const summary = {
    ...basic,
    ...(counts ? { partial_unexpected_counts: counts } : {}),
    partial_unexpected_index_list: places.slice(0, PARTIAL),
  };
  return format === 'SUMMARY' ? summary : { ...summary, unexpected_list: list, unexpected_index_list: [...places] };
}

/** One column's value; a pair; several by name. */
function listedValue(row: readonly Value[], { columns, metric }: Bound): Json {
  if (columns.length === 1) return row[0] ?? null;
  if (metric.startsWith('column_pair_values')) return [...row];
  return Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null]));
}
