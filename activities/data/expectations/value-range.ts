import { z } from 'zod';
import { define, type Family } from './definition.ts';
import { boundsOf, rangeInWords, rangeKwargs } from './range.ts';
import { everyValue, mostlyKwargs } from './values.ts';

const kwargs = z.strictObject({ ...mostlyKwargs, ...rangeKwargs });
const lengthKwargs = z.strictObject({
  ...mostlyKwargs,
  ...rangeKwargs,
  min_value: z.number().nullish(),
  max_value: z.number().nullish(),
});
const equalKwargs = z.strictObject({ ...mostlyKwargs, value: z.number() });

/** Bounds of values (numbers, or times against times in ISO 8601) and of the lengths of their texts, in code points. */
export const valueRange: Family = {
  expect_column_values_to_be_between: define(kwargs, (given) =>
    everyValue(given, { is: 'between', ...boundsOf(given) }, rangeInWords(boundsOf(given))),
  ),
  expect_column_value_lengths_to_be_between: define(lengthKwargs, (given) =>
    everyValue(given, { is: 'length', ...boundsOf(given) }, `a length ${rangeInWords(boundsOf(given))}`),
  ),
  expect_column_value_lengths_to_equal: define(equalKwargs, (given) =>
    everyValue(given, { is: 'length', min: given.value, max: given.value }, `a length of ${given.value}`),
  ),
};
