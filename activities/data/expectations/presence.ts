import { z } from 'zod';
import { define, type Family } from './definition.ts';
import { everyValue, mostlyKwargs } from './values.ts';

const kwargs = z.strictObject(mostlyKwargs);

/** Null or not. `mostly` counts over all rows. */
export const presence: Family = {
  expect_column_values_to_not_be_null: define(kwargs, (given) =>
    everyValue(given, { is: 'notNull' }, 'a value in every row', 'rows'),
  ),
  expect_column_values_to_be_null: define(kwargs, (given) =>
    everyValue(given, { is: 'null' }, 'no value in any row', 'rows'),
  ),
  /** All copies of a value that occurs twice are unexpected; nulls do not count. */
  expect_column_values_to_be_unique: define(kwargs, (given) => everyValue(given, { is: 'unique' }, 'each value once')),
};
