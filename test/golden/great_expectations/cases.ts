/** Our result of a suite beside Great Expectations' own, expectation by expectation. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { suiteOfGreatExpectations } from '#measures/expectations/great-expectations.ts';
import { suiteOf } from '#measures/expectations/suite.ts';
import { validateTable } from '#measures/expectations/validation.ts';
import type { Tables } from '#ports/tables.ts';
import { ResultFormat, ValidationResult } from '#contracts/validation.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Of the issue's own sets, and of one that nobody tuned to. */
export const cases: readonly (readonly [set: string, format: ResultFormat])[] = [
  ['edge', 'BOOLEAN_ONLY'],
  ['edge', 'BASIC'],
  ['edge', 'SUMMARY'],
  ['edge', 'COMPLETE'],
  ['traffic', 'SUMMARY'],
  ['flights', 'SUMMARY'],
  ['untuned', 'SUMMARY'],
  ['untuned', 'COMPLETE'],
  ['order', 'SUMMARY'],
];

const Theirs = z.object({
  validation_result: z.object({
    success: z.boolean(),
    statistics: z.object({ evaluated_expectations: z.number() }),
    results: z.array(
      z.object({
        success: z.boolean(),
        expectation_config: z.object({ id: z.string(), type: z.string(), kwargs: z.record(z.string(), z.json()) }),
        result: z.record(z.string(), z.json()),
        exception_info: z.looseObject({}),
      }),
    ),
  }),
});

export interface Comparison {
  readonly expectations: number;
  readonly types: number;
  readonly figures: number;
  /** Largest relative difference of a figure that is a number. */
  readonly largest: number;
  readonly differences: readonly string[];
  /** Why expectations were left out, each once, and how many were. */
  readonly excused: { readonly cases: number; readonly why: string } | undefined;
}

/** What is theirs (see docs/great-expectations.md) is left out and counted. */
export async function compare(
  set: string,
  format: ResultFormat,
  tables: Pick<Tables, 'inspect' | 'measure'>,
): Promise<Comparison> {
  const given = suiteOfGreatExpectations(JSON.parse(readFileSync(here(`${set}.suite.json`), 'utf8')));
  const theirs = Theirs.parse(JSON.parse(readFileSync(here(`${set}.${format}.result.json`), 'utf8'))).validation_result;
  const wanted = new Set(theirs.results.map(({ expectation_config }) => expectation_config.id));
  const expectations = given.expectations.filter(({ id }) => id !== undefined && wanted.has(id));
  const file = here(`${set}.parquet`);
  const shape = await tables.inspect(file);
  const ours = ValidationResult.parse(
    await validateTable({ files: [file], shape, data: set, suite: suiteOf(expectations), format }, tables),
  );
  const mine = new Map(ours.results.map((result) => [result.expectation_config.id, result]));
  const differences: string[] = [];
  const excuses: string[] = [];
  let figures = 0;
  let largest = 0;
  for (const one of theirs.results) {
    const { id, type, kwargs } = one.expectation_config;
    const result = mine.get(id);
    const theirMistake = theirMistakes.find((each) => each.is(type, kwargs));
    if (theirMistake) {
      excuses.push(theirMistake.why);
      continue;
    }
    const wrong: string[] = [];
    const tell = (path: string, a: unknown, b: unknown) => {
      figures++;
      const difference = differ(a, b);
      largest = Math.max(largest, Number.isFinite(difference) ? difference : 0);
      if (difference > 1e-9) wrong.push(`${path} is ${JSON.stringify(a)}, not ${JSON.stringify(b)}`);
    };
    tell('success', result?.success, one.success);
    tell('an exception', result?.exception_info.raised_exception !== false, one.exception_info.raised_exception !== false);
    for (const [key, value] of Object.entries(one.result))
      if (!left(key, value)) tell(key, canonical(key, result?.result[key]), canonical(key, value));
    if (wrong.length > 0) differences.push(`${type} ${JSON.stringify(kwargs)}: ${wrong.join('; ')} (${result?.ratchet.message})`);
  }
  return {
    expectations: theirs.results.length,
    types: new Set(theirs.results.map(({ expectation_config }) => expectation_config.type)).size,
    figures,
    largest,
    differences,
    excused: excuses.length > 0 ? { cases: excuses.length, why: [...new Set(excuses)].join('; ') } : undefined,
  };
}

/** A query for pandas; and counts of nulls, each of which theirs counts apart (NaN is not NaN) and sorts at random. */
function left(key: string, value: unknown): boolean {
  return (
    key === 'unexpected_index_query' ||
    (key === 'partial_unexpected_counts' && /"value": ?(null|"NaT"|\[[^\]]*(null|"NaT"))/.test(JSON.stringify(value)))
  );
}

/** A set has no order, `NaT` is no value, and times are written alike. */
function canonical(key: string, given: unknown): unknown {
  const value = alike(given);
  return key === 'partial_missing_list' && Array.isArray(value) ? [...value].map((each) => JSON.stringify(each)).sort() : value;
}

function alike(value: unknown): unknown {
  if (value === 'NaT') return null;
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT[\d:]+\.\d+$/.test(value) ? value.replace(/\.?0+$/, '') : value;
  if (Array.isArray(value)) return value.map(alike);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, alike(each)]));
}

/** 0 for equal, the relative difference of numbers, infinity for anything else. */
function differ(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number')
    return a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length ? Math.max(0, ...a.map((each, index) => differ(each, b[index]))) : Infinity;
  if (a !== null && b !== null && typeof a === 'object' && typeof b === 'object') {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return Math.max(0, ...keys.map((key) => differ(Reflect.get(a, key), Reflect.get(b, key))));
  }
  return (a ?? null) === (b ?? null) ? 0 : Infinity;
}

type Kwargs = Readonly<Record<string, unknown>>;

/** Where theirs is wrong, or less exact, and ours is not like it; docs/great-expectations.md has the proofs. */
const theirMistakes: readonly { readonly why: string; readonly is: (type: string, kwargs: Kwargs) => boolean }[] = [
  {
    why: 'a list of types never matches a column of texts or times',
    is: (type, { type_list: types }) =>
      type === 'expect_column_values_to_be_in_type_list' && /"(str|datetime64)"/.test(JSON.stringify(types) ?? ''),
  },
  {
    why: 'a date as the bound of a column of times is an exception',
    is: (type, { column, min_value: min, max_value: max }) =>
      /_(min|max|values)_to_be_between$/.test(type) &&
      ['when', 'day'].includes(String(column)) &&
      [min, max].some((bound) => /^\d{4}-\d\d-\d\d$/.test(String(bound))),
  },
  {
    why: 'the order of truths is taken from their exclusive or, and that of infinities from their difference',
    is: (type, { column }) => /creasing$/.test(type) && ['flag', 'wild'].includes(String(column)),
  },
  {
    why: 'figures of single-precision numbers are computed or rounded in single precision',
    is: (type, { column }) => /_(min|max|mean|median|sum|stdev)_to_be_between$|most_common/.test(type) && column === 'tiny',
  },
  {
    why: 'the deviation of numbers near 2^53 is taken from rounded ones',
    is: (type, { column }) => /_(stdev_to_be_between|z_scores_to_be_less_than)$/.test(type) && column === 'big',
  },
];
