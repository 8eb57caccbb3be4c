import { UserError } from '#contracts/failures.ts';
import type { TextColumn } from '#ports/tables.ts';

/**
 * One spelling for a label, whoever writes it: Parquet's `true`, Python's `True`, a model's `1` and a CSV's `1.0` are
 * the same class.
 */
export function canonicalLabel(text: string): string {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true' ? '1' : '0';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? String(Number(text)) : text;
}

/**
 * Rows as numbers of `classes`, compared in canonical spelling; −1 for null.
 *
 * @throws UserError DataInvalid when the target holds a value that is no class, naming both.
 */
export function codeTarget(column: TextColumn, target: string, classes: readonly string[]): Int32Array {
  return recode(column, classes, (value) => {
    const known = classes.slice(0, 10).join(', ');
    return new UserError(
      'DataInvalid',
      `The target ${target} holds the value "${value}" in the holdout, which is none of the model's classes (${known}). Train on rows that have it, or leave such rows out.`,
    );
  });
}

/** Predicted labels; one that is no class of the model counts as no prediction. */
export const codePredicted = (column: TextColumn, classes: readonly string[]): Int32Array =>
  recode(column, classes, null);

function recode(
  { codes, values }: TextColumn,
  classes: readonly string[],
  unknown: ((value: string) => UserError) | null,
): Int32Array {
  const index = new Map(classes.map((label, i) => [canonicalLabel(label), i]));
  const to = values.map((value) => {
    const code = index.get(canonicalLabel(value)) ?? -1;
    if (code < 0 && unknown) throw unknown(value);
    return code;
  });
  return codes.map((code) => (code < 0 ? -1 : (to[code] as number)));
}

/** Labels in order: numbers by value, the rest by code unit. */
export const sortedLabels = (values: readonly string[]): string[] =>
  [...new Set(values.map(canonicalLabel))].sort((a, b) => {
    const [x, y] = [Number(a), Number(b)];
    return Number.isFinite(x) && Number.isFinite(y) ? x - y : a < b ? -1 : 1;
  });
