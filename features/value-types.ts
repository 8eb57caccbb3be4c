/** What a feature's values can be, and what each is in TypeScript. */
import { z } from 'zod';

/** One value, null where there is none. */
export const ValueType = z.enum(['int64', 'float64', 'string', 'bool', 'timestamp', 'date']);
/**
 * What a value is: `int64` (exact beyond 2^53, too), `float64` (NaN and ±∞ included), `string`, `bool`, `timestamp` (an instant, kept in
 * microseconds UTC) and `date`.
 * @example
 * ```ts
 * const amount: ValueType = 'float64';
 * ```
 */
export type ValueType = z.output<typeof ValueType>;

/** What a key may be: two computations of one fraction need not be equal, so `float64` is none. */
export const KeyType = ValueType.exclude(['float64']);
export type KeyType = z.output<typeof KeyType>;

export const FeatureType = z.union([
  ValueType,
  z.enum(['int64[]', 'float64[]', 'string[]', 'bool[]', 'timestamp[]', 'date[]']),
]);
/**
 * What a feature is: one value, or of `lastN` a list of them, newest first.
 * @example
 * ```ts
 * const amounts: FeatureType = 'float64[]';
 * ```
 */
export type FeatureType = z.output<typeof FeatureType>;

interface Values {
  int64: bigint;
  float64: number;
  string: string;
  bool: boolean;
  timestamp: Date;
  date: Date;
}
type Lists = { [V in ValueType as `${V}[]`]: readonly Values[V][] };
/**
 * A feature's value as a function over features is given it: int64 as bigint, so that none is rounded; times as Date (milliseconds,
 * what is finer is cut), a date as its midnight in UTC; a list as an array.
 * @example
 * ```ts
 * const days: ValueOf<'int64'> = 12n;
 * ```
 */
export type ValueOf<T extends FeatureType> = T extends keyof Values
  ? Values[T]
  : T extends keyof Lists
    ? Lists[T]
    : never;

/**
 * What a function may answer, as {@link ValueOf}; of int64 a whole number up to 2^53 as well.
 * @example
 * ```ts
 * const days: ResultOf<'int64'> = 12;
 * ```
 */
export type ResultOf<T extends ValueType> = T extends 'int64' ? bigint | number : Values[T];

/** Is `value` what a function may answer where `type` is declared? */
export function isResult(type: ValueType, value: unknown): boolean {
  switch (type) {
    case 'int64':
      return typeof value === 'bigint' ? BigInt.asIntN(64, value) === value : Number.isSafeInteger(value);
    case 'float64':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'timestamp':
    case 'date':
      return value instanceof Date && !Number.isNaN(value.getTime());
  }
}

export const isNumber = (type: ValueType): boolean => type === 'int64' || type === 'float64';
export const isOrdered = (type: ValueType): boolean => type !== 'string' && type !== 'bool';
