import { z } from 'zod';
import { define, type Family } from './definition.ts';
import { everyValue, mostlyKwargs } from './values.ts';

const kwargs = z.strictObject({
  ...mostlyKwargs,
  value_set: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
const inWords = (values: readonly unknown[]) =>
  `${values
    .slice(0, 10)
    .map((value) => JSON.stringify(value))
    .join(', ')}${values.length > 10 ? ` … (${values.length} values)` : ''}`;

/** Membership. Numbers and texts are not converted into each other. */
export const valueSet: Family = {
  expect_column_values_to_be_in_set: define(kwargs, (given) =>
    everyValue(given, { is: 'in', values: given.value_set }, `one of ${inWords(given.value_set)}`),
  ),
  expect_column_values_to_not_be_in_set: define(kwargs, (given) =>
    everyValue(given, { is: 'notIn', values: given.value_set }, `none of ${inWords(given.value_set)}`),
  ),
};
