/** Texts of a table as labels and classes. Everything goes through the column's few distinct values. */

import { UserError } from '#contracts/failures.ts';
import type { TextColumn } from '#ports/tables.ts';

const isOne = new Set(['1', '1.0', 'true', 't']);
const isZero = new Set(['0', '0.0', 'false', 'f']);

/**
 * 1, 0 or NaN for null.
 * @param positive the value that is 1, all others are 0; undefined: 1 and true are, 0 and false are not
 * @throws UserError DataInvalid for another value
 */
export function binaryLabels(column: TextColumn, name: string, positive: string | undefined): Float64Array {
  const plain = column.values.map(plainLabel);
  // CSV's `yes` and `no` are truth values by the time they are read.
  const named =
    positive !== undefined && !(plain.every((value) => value !== null) && !column.values.includes(positive));
  const meaning = column.values.map((value, at) => {
    if (named) return value === positive ? 1 : 0;
    const known = plain[at] ?? null;
    if (known !== null) return known;
    throw new UserError(
      'DataInvalid',
      `column ${name} holds "${value.slice(0, 40)}", which is neither 0 nor 1: name the positive value (--positive VALUE)`,
    );
  });
  return byCode(column, meaning);
}

function plainLabel(value: string): number | null {
  const text = value.toLowerCase();
  if (isOne.has(text)) return 1;
  if (isZero.has(text)) return 0;
  return text === 'nan' ? Number.NaN : null;
}

/**
 * Index into `classes`, NaN for null.
 * @throws UserError DataInvalid for a class that has no score
 */
export function classLabels(column: TextColumn, name: string, classes: readonly string[]): Float64Array {
  const meaning = column.values.map((value) => {
    const index = classes.findIndex((each) => each === value || sameNumber(each, value));
    if (index < 0)
      throw new UserError(
        'DataInvalid',
        `column ${name} holds the class "${value.slice(0, 40)}", of which there is no score; scores are given for ${classes.join(', ')}`,
      );
    return index;
  });
  return byCode(column, meaning);
}

/** `1` and `1.0`: a column with a null is floating in many tools. */
const sameNumber = (a: string, b: string) => /^-?\d+(\.0+)?$/.test(b) && Number(a) === Number(b) && a.trim() !== '';

function byCode({ codes }: TextColumn, meaning: readonly number[]): Float64Array {
  return Float64Array.from(codes, (code) => meaning[code] ?? Number.NaN);
}
