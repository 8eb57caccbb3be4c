/** A suite as TypeScript, in the words of `expect`. */
import type { Expectation } from '#contracts/validation.ts';

export function suiteModule(data: string, expectations: readonly Expectation[]): string {
  const lines = expectations.map((each) => `  ${call(each)},`);
  return `/** Suggested from ${data.replaceAll('*/', '* /')}: every one holds there. Tighten what you know, drop what you do not mean. */
import { expect } from 'ratchet-ml';

export default [
${lines.join('\n')}
];
`;
}

function call({ type, kwargs }: Expectation): string {
  const { column, min_value: min, max_value: max, mostly } = kwargs;
  const of = `expect.column(${show(column)})`;
  const options = mostly === undefined ? '' : `{ mostly: ${show(mostly)} }`;
  switch (type) {
    case 'expect_table_row_count_to_be_between':
      return `expect.rowCount({ min: ${show(min)}, max: ${show(max)} })`;
    case 'expect_table_columns_to_match_set':
      return `expect.columns(${show(kwargs.column_set)})`;
    case 'expect_column_values_to_be_of_type':
      return `${of}.type(${show(kwargs.type_)})`;
    case 'expect_column_values_to_not_be_null':
      return `${of}.notNull(${options})`;
    case 'expect_column_values_to_be_unique':
      return `${of}.unique(${options})`;
    case 'expect_column_values_to_be_in_set':
      return `${of}.oneOf(${show(kwargs.value_set)})`;
    default:
      return `${of}.between(${show(min ?? null)}, ${show(max ?? null)})`;
  }
}

/** A JSON value in single quotes where that is plain. */
function show(value: unknown): string {
  if (typeof value === 'string' && /^[\p{L}\p{N} _.,:;()[\]/+@#%-]*$/u.test(value)) return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  return JSON.stringify(value) ?? 'undefined';
}
