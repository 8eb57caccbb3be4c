/** Values of vectors as texts, which their declared types read back exactly: times as microseconds since 1970, lists as lists. */
import type { FeatureType, ValueType } from './value-types.ts';

export type ValueText = string | null | readonly (string | null)[];

/** The value as a function over features is given it: see `ValueOf`. */
export function valueOfText(type: FeatureType, text: ValueText): unknown {
  if (text === null) return null;
  if (typeof text !== 'string') {
    // A list's type is its values' with [] behind.
    const one = type.replace(/\[\]$/, '') as ValueType;
    return text.map((item) => valueOfText(one, item));
  }
  switch (type) {
    case 'int64':
      return BigInt(text);
    case 'float64':
      return numberOf(text);
    case 'bool':
      return text === 'true';
    case 'timestamp':
    case 'date':
      return new Date(Math.floor(Number(text) / 1_000));
    default:
      return text;
  }
}

/** DuckDB writes `nan`, `inf` and `-inf`. */
const words: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
};
const numberOf = (text: string): number => words[text.toLowerCase()] ?? Number(text);

/** Of what a function answered, which its caller has held to the type. */
export function textOfValue(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return String(BigInt(value.getTime()) * 1_000n);
  return Object.is(value, -0) ? '-0' : String(value);
}
