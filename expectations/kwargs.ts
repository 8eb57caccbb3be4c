/** What each expectation type takes, as Great Expectations 1.24 checks it: what it refuses, is refused. */

import { z } from 'zod';
import { issuesInWords } from '#contracts/describe-issues.ts';
import { translateRegex } from './python-regex.ts';
import { rowConditionOf } from './row-condition.ts';
import { strptimeTest } from './strptime-format.ts';

const name = z.string().min(1);
const column = { column: name };
/** Share of the values for which it must hold, inclusive. */
const mostly = { mostly: z.number().min(0).max(1).default(1) };
const where = {
  row_condition: z.unknown().optional(),
  condition_parser: z.enum(['great_expectations', 'great_expectations__experimental__', 'pandas', 'spark']).nullish(),
};

/** A number, also as text (theirs reads "5" as 5), or a time in ISO 8601. */
const bound = z
  .union([z.number(), z.string()])
  .transform((given, context) => (typeof given === 'number' ? given : boundOfText(given, context)))
  .nullish();
const strict = { strict_min: z.boolean().default(false), strict_max: z.boolean().default(false) };
const range = { min_value: bound, max_value: bound, ...strict };
const numbers = { min_value: z.number().nullish(), max_value: z.number().nullish(), ...strict };
const whole = { min_value: z.number().int().nullish(), max_value: z.number().int().nullish(), ...strict };

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const regex = z.string().check((context) => {
  const translated = translateRegex(context.value);
  if ('problem' in translated)
    context.issues.push({ code: 'custom', input: context.value, message: translated.problem });
});
const format = z.string().check((context) => {
  const test = strptimeTest(context.value);
  if (typeof test !== 'function') context.issues.push({ code: 'custom', input: context.value, message: test.problem });
});

function boundOfText(text: string, context: z.RefinementCtx): number | string {
  if (/^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/.test(text)) return Number(text);
  const time = /^\d{4}-\d\d?-\d\d?([T ]\d\d?:\d\d(:\d\d(\.\d{1,9})?)?\s*(Z|[-+]\d\d(:?\d\d)?)?)?$/i.test(text);
  if (!time || Number.isNaN(Date.parse(text.replace(' ', 'T').replace(/\s/g, '')))) {
    context.addIssue({ code: 'custom', message: `"${text}" is neither a number nor a date such as 2013-12-31` });
    return z.NEVER;
  }
  return text;
}

const oneBound = (given: { min_value?: unknown; max_value?: unknown }) =>
  (given.min_value ?? null) !== null || (given.max_value ?? null) !== null;
const noBound = { message: 'min_value and max_value cannot both be None' };

const values = { ...column, ...mostly, ...where };
const aggregate = { ...column, ...where };
const sets = { value_set: z.array(scalar) };
const pair = {
  column_A: name,
  column_B: name,
  ...mostly,
  ...where,
  ignore_row_if: z
    .enum(['both_values_are_missing', 'either_value_is_missing', 'neither'])
    .default('both_values_are_missing'),
};
const several = {
  column_list: z.array(z.string()).min(2, 'column_list must contain at least two columns'),
  ...mostly,
  ...where,
  ignore_row_if: z.enum(['all_values_are_missing', 'any_value_is_missing', 'never']).default('all_values_are_missing'),
};
const plain = z.strictObject(values);
const ofRange = z.strictObject({ ...aggregate, ...range });
const ordered = z.strictObject({ ...values, strictly: z.boolean().nullish() });
const quantileRange = z
  .array(z.number().nullable())
  .length(2)
  .refine(([low, high]) => low == null || high == null || low <= high, 'quantile_ranges must consist of ordered pairs');

const kwargsSchemas = {
  expect_column_to_exist: z.strictObject({ ...column, column_index: z.number().int().nullish() }),
  expect_table_row_count_to_be_between: z
    .strictObject({ ...whole, ...where })
    .refine(
      ({ min_value, max_value }) => min_value == null || max_value == null || min_value <= max_value,
      'min_value must be less than or equal to max_value',
    ),
  expect_table_row_count_to_equal: z.strictObject({ value: z.number().int(), ...where }),
  expect_table_column_count_to_be_between: z.strictObject(numbers),
  expect_table_column_count_to_equal: z.strictObject({ value: z.number().int() }),
  expect_table_columns_to_match_ordered_list: z.strictObject({
    column_list: z.array(z.string()).nullable().default(null),
  }),
  expect_table_columns_to_match_set: z.strictObject({
    column_set: z.array(z.string()).nullable().default(null),
    exact_match: z.boolean().nullable().default(true),
  }),

  expect_column_values_to_not_be_null: plain,
  expect_column_values_to_be_null: plain,
  expect_column_values_to_be_unique: plain,
  expect_column_values_to_be_between: z.strictObject({ ...values, ...range }).refine(oneBound, noBound),
  expect_column_value_lengths_to_be_between: z.strictObject({ ...values, ...whole }).refine(oneBound, noBound),
  expect_column_value_lengths_to_equal: z.strictObject({ ...values, value: z.number() }),
  expect_column_values_to_be_in_set: z.strictObject({ ...values, ...sets }),
  expect_column_values_to_not_be_in_set: z.strictObject({ ...values, ...sets }),
  expect_column_values_to_match_regex: z.strictObject({ ...values, regex: regex.default('(?s).*') }),
  expect_column_values_to_not_match_regex: z.strictObject({ ...values, regex }),
  expect_column_values_to_match_regex_list: z.strictObject({
    ...values,
    regex_list: z.array(regex).min(1, 'regex_list must not be empty'),
    match_on: z.enum(['any', 'all']).default('any'),
  }),
  expect_column_values_to_not_match_regex_list: z.strictObject({
    ...values,
    regex_list: z.array(regex).min(1, 'regex_list must not be empty'),
  }),
  expect_column_values_to_match_strftime_format: z.strictObject({ ...values, strftime_format: format }),
  expect_column_values_to_be_dateutil_parseable: plain,
  expect_column_values_to_be_json_parseable: plain,
  expect_column_values_to_be_increasing: ordered,
  expect_column_values_to_be_decreasing: ordered,
  expect_column_values_to_be_of_type: z.strictObject({ ...values, type_: z.string() }),
  expect_column_values_to_be_in_type_list: z.strictObject({
    ...values,
    type_list: z.array(z.string()).nullable().default(null),
  }),
  expect_column_value_z_scores_to_be_less_than: z.strictObject({
    ...values,
    threshold: z.number(),
    double_sided: z.boolean(),
  }),

  expect_column_min_to_be_between: ofRange,
  expect_column_max_to_be_between: ofRange,
  expect_column_mean_to_be_between: ofRange,
  expect_column_median_to_be_between: ofRange,
  expect_column_sum_to_be_between: ofRange,
  expect_column_stdev_to_be_between: z.strictObject({ ...aggregate, ...numbers }),
  expect_column_unique_value_count_to_be_between: z.strictObject({ ...aggregate, ...whole }),
  expect_column_proportion_of_unique_values_to_be_between: z.strictObject({ ...aggregate, ...numbers }),
  expect_column_proportion_of_non_null_values_to_be_between: z.strictObject({ ...aggregate, ...numbers }),
  expect_column_most_common_value_to_be_in_set: z.strictObject({
    ...aggregate,
    ...sets,
    ties_okay: z.boolean().nullish(),
  }),
  expect_column_distinct_values_to_be_in_set: z.strictObject({
    ...aggregate,
    value_set: sets.value_set.min(1, 'value_set must be a non-empty set-like object'),
  }),
  expect_column_distinct_values_to_contain_set: z.strictObject({ ...aggregate, ...sets }),
  expect_column_distinct_values_to_equal_set: z.strictObject({ ...aggregate, ...sets }),
  expect_column_quantile_values_to_be_between: z.strictObject({
    ...aggregate,
    quantile_ranges: z
      .strictObject({ quantiles: z.array(z.number().min(0).max(1)), value_ranges: z.array(quantileRange) })
      .refine(
        ({ quantiles, value_ranges }) => quantiles.length === value_ranges.length,
        'quantile_values and quantiles must have the same number of elements',
      ),
    allow_relative_error: z
      .union([z.literal(false), z.enum(['linear', 'lower', 'higher', 'midpoint', 'nearest'])])
      .default(false),
  }),
  expect_column_kl_divergence_to_be_less_than: z.strictObject({
    ...aggregate,
    partition_object: z
      .strictObject({
        values: z.array(scalar).optional(),
        bins: z.array(z.number()).optional(),
        weights: z.array(z.number()),
        tail_weights: z.array(z.number()).length(2).optional(),
      })
      .nullable()
      .default(null),
    threshold: z
      .number()
      .min(0, 'Threshold must be specified, greater than or equal to zero.')
      .nullable()
      .default(null),
    internal_weight_holdout: z.number().min(0).max(1).nullable().default(0),
    tail_weight_holdout: z.number().min(0).max(1).nullable().default(0),
    bucketize_data: z.boolean().default(true),
    min_value: z.unknown().optional(),
    max_value: z.unknown().optional(),
  }),

  expect_column_pair_values_a_to_be_greater_than_b: z.strictObject({ ...pair, or_equal: z.boolean().nullish() }),
  expect_column_pair_values_to_be_equal: z.strictObject(pair),
  expect_column_pair_values_to_be_in_set: z.strictObject({
    ...pair,
    value_pairs_set: z.array(z.tuple([scalar, scalar])),
  }),
  expect_compound_columns_to_be_unique: z.strictObject(several),
  expect_multicolumn_sum_to_equal: z.strictObject({ ...several, sum_total: z.number() }),
  expect_select_column_values_to_be_unique_within_record: z.strictObject(several),
};

export type ExpectationType = keyof typeof kwargsSchemas;
export type Kwargs<T extends ExpectationType> = z.output<(typeof kwargsSchemas)[T]>;

/** Keys of theirs that say nothing of what is expected. */
const asides = ['batch_id', 'result_format', 'catch_exceptions', 'description', 'notes', 'windows'];

export const isExpectationType = (type: string): type is ExpectationType => Object.hasOwn(kwargsSchemas, type);

/**
 * The arguments, with their defaults.
 * @throws Error in words: each problem with the argument's name
 */
export function kwargsOf<T extends ExpectationType>(type: T, given: Readonly<Record<string, unknown>>): Kwargs<T> {
  const kept = Object.fromEntries(
    Object.entries(given).filter(([key, value]) => !asides.includes(key) && value !== undefined),
  );
  const parameter = Object.entries(kept).find(
    ([, value]) => value !== null && typeof value === 'object' && '$PARAMETER' in value,
  );
  if (parameter)
    throw new Error(
      `${parameter[0]} is the suite parameter ${JSON.stringify(parameter[1])}, which has no value here: write the value itself`,
    );
  const parsed = kwargsSchemas[type].safeParse(kept);
  if (!parsed.success) throw new Error(issuesInWords(parsed.error, kept));
  rowConditionOf(kept.row_condition, kept.condition_parser as string | undefined);
  // The schema of `type` was looked up by `type`: TypeScript does not follow an index that far.
  return parsed.data as Kwargs<T>;
}
