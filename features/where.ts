/** Which events a window counts: plain data, so that SQL and TypeScript judge a row alike. */
import { z } from 'zod';
import { ColumnName, unknownName } from './names.ts';
import { isNumber, type ValueType } from './value-types.ts';

const Constant = z.union([z.string(), z.number(), z.boolean()]);
const Tests = z.strictObject({
  is: Constant.optional(),
  not: Constant.optional(),
  in: z.array(Constant).min(1).max(1_000).optional(),
  above: z.number().optional(),
  atLeast: z.number().optional(),
  below: z.number().optional(),
  atMost: z.number().optional(),
  /** true: the value is missing; false: it is there. */
  missing: z.boolean().optional(),
});
type Constant = string | number | boolean;
type Tests = {
  is?: Constant | undefined;
  not?: Constant | undefined;
  in?: Constant[] | undefined;
  above?: number | undefined;
  atLeast?: number | undefined;
  below?: number | undefined;
  atMost?: number | undefined;
  missing?: boolean | undefined;
};

/** Column → a value, or tests of it; all must hold. */
export const Where: z.ZodType<Where, Where> = z.record(ColumnName, z.union([Constant, Tests]));
/**
 * Which events are counted: column → the value it must have, or tests (`is`, `not`, `in`, `above`, `atLeast`, `below`, `atMost`,
 * `missing`), all of which must hold. A missing value, NaN included, meets none of them but `missing: true`.
 * @example
 * ```ts
 * const where: Where = { status: 'declined', amount: { above: 100 } };
 * ```
 */
export type Where = Record<string, Constant | Tests>;

export const testsOf = (condition: Where[string]): Tests =>
  typeof condition === 'object' ? condition : { is: condition };

/** Do all conditions hold? `value` gives a row's value of a column: int64 as bigint or number. */
export function holds(where: Where, value: (column: string) => unknown): boolean {
  return Object.entries(where).every(([column, condition]) => passes(testsOf(condition), value(column)));
}

function passes(tests: Tests, value: unknown): boolean {
  const missing = value === null || value === undefined || Number.isNaN(value);
  if (missing) return Object.entries(tests).every(([name, wanted]) => name === 'missing' && wanted === true);
  // JavaScript compares a bigint with a number by value, exactly; its === tells them apart.
  const same = (constant: Constant) =>
    typeof value === 'bigint' && typeof constant === 'number'
      ? value >= constant && value <= constant
      : value === constant;
  const number = value as number | bigint;
  return (
    (tests.is === undefined || same(tests.is)) &&
    (tests.not === undefined || !same(tests.not)) &&
    (tests.in === undefined || tests.in.some(same)) &&
    (tests.above === undefined || number > tests.above) &&
    (tests.atLeast === undefined || number >= tests.atLeast) &&
    (tests.below === undefined || number < tests.below) &&
    (tests.atMost === undefined || number <= tests.atMost) &&
    tests.missing !== true
  );
}

/** What is wrong with the conditions, given the types of the columns; null where nothing is. */
export function whereProblem(where: Where, columns: Readonly<Record<string, ValueType>>): string | null {
  for (const [column, condition] of Object.entries(where)) {
    const type = columns[column];
    if (type === undefined) return `where: ${unknownName('column', column, Object.keys(columns))}`;
    const { missing: _any, is, not, in: among, ...bounds } = testsOf(condition);
    if (Object.keys(bounds).length > 0 && !isNumber(type))
      return `where: ${column} is ${type}, and ${Object.keys(bounds).join(', ')} is asked of numbers`;
    const wanted = isNumber(type) ? 'number' : type === 'bool' ? 'boolean' : type === 'string' ? 'string' : 'nothing';
    for (const constant of [is, not, ...(among ?? [])])
      if (constant !== undefined && typeof constant !== wanted)
        return `where: ${column} is ${type} and is compared with ${JSON.stringify(constant)}${wanted === 'nothing' ? '; of times only `missing` can be asked' : `; give a ${wanted}`}`;
  }
  return null;
}
