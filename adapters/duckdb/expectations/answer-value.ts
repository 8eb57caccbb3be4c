/** Values that DuckDB gave as text, as JSON has them. */
import type { Value } from '#ports/measures.ts';
import type { MeasuredColumn } from './measured-table.ts';

/** Longer texts are cut: they are examples for people. */
const LONGEST = 1_000;

/** SQL of the value as text, for {@link toValue}. */
export function asAnswer(sql: string, column: Pick<MeasuredColumn, 'family' | 'type'>): string {
  if (column.family === 'time') return `strftime(${sql}, '%Y-%m-%dT%H:%M:%S.%f')`;
  // What a single-precision number is, not the shortest text that gives it back.
  if (column.type === 'FLOAT') return `CAST(${sql}::DOUBLE AS VARCHAR)`;
  return column.family === 'number' || column.family === 'boolean'
    ? `CAST(${sql} AS VARCHAR)`
    : `left(CAST(${sql} AS VARCHAR), ${LONGEST + 1})`;
}

export function toValue(text: unknown, column: Pick<MeasuredColumn, 'family' | 'type'>): Value {
  if (typeof text !== 'string') return null;
  if (column.family === 'number') return numberOf(text);
  if (column.family === 'boolean') return text === 'true';
  if (column.family === 'time') {
    const written = text
      .replace(/\.?0+$/, (zeros) => (zeros.startsWith('.') ? '' : zeros))
      .replace(/(\.\d*?)0+$/, '$1');
    const time = column.type === 'DATE' ? written.slice(0, 10) : written;
    return column.type === 'TIMESTAMP WITH TIME ZONE' ? `${time}+00:00` : time;
  }
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** What is not finite, and whole numbers that JavaScript cannot hold, stay texts. */
export function numberOf(text: string): Value {
  const value = Number(text);
  if (/^-?inf/.test(text)) return text.startsWith('-') ? '-Infinity' : 'Infinity';
  if (Number.isNaN(value)) return /^-?nan$/.test(text) ? null : text;
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(value) ? text : value;
}
