import { z } from 'zod';
import { define, type Family } from './definition.ts';
import { everyValue, mostlyKwargs } from './values.ts';

const kwargs = z.strictObject({ ...mostlyKwargs, regex: z.string() });

/** Patterns, found anywhere in the value's text. */
export const valueText: Family = {
  expect_column_values_to_match_regex: define(kwargs, (given) =>
    everyValue(given, { is: 'matches', regex: given.regex }, `a match of ${given.regex}`),
  ),
  expect_column_values_to_not_match_regex: define(kwargs, (given) =>
    everyValue(given, { is: 'notMatches', regex: given.regex }, `no match of ${given.regex}`),
  ),
};
