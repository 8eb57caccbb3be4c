/** Names and values in SQL text. Everything that is not ours goes through here or through the parser's check. */

/** A quoted identifier. */
export function identifier(name: string): string {
  return `"${withoutNul(name).replaceAll('"', '""')}"`;
}

/** A text literal: DuckDB's plain strings know no escape but the doubled quote. */
export function text(value: string): string {
  return `'${withoutNul(value).replaceAll("'", "''")}'`;
}

export function list(values: readonly string[]): string {
  return `[${values.map(text).join(', ')}]`;
}

/** A finite number as a DOUBLE or, when it is whole and exact, as an integer. */
export function number(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is not a finite number`);
  return Number.isSafeInteger(value) ? String(value) : `${value.toExponential()}::DOUBLE`;
}

/** A TIMESTAMP (UTC) from milliseconds since 1970. */
export function time(milliseconds: number): string {
  return `epoch_ms(${Math.round(milliseconds)})`;
}

function withoutNul(value: string): string {
  if (value.includes('\0')) throw new RangeError('a name or text holds a NUL character');
  return value;
}
