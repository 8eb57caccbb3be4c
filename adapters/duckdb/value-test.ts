/** A test of one value as a SQL condition on it. */
import type { Bounds, ComparisonTest, Scalar } from '#activities/ports/measures.ts';
import type { Column } from '#contracts/data.ts';
import { regexForRe2 } from './regex.ts';
import { number, text } from './sql.ts';
import { family, sqlValue } from './value.ts';

export type Condition = { readonly sql: string } | { readonly problem: string };

/** What is true of a value that passes. Nulls are the caller's matter. */
export function conditionOf(test: ComparisonTest, column: Column): Condition {
  const value = sqlValue(column);
  if (test.is === 'between') return between(test, column);
  if (test.is === 'length') {
    const bounds = boundsOf(`length(${asText(column)})`, test, (bound) =>
      typeof bound === 'number' ? number(bound) : null,
    );
    return bounds ? { sql: bounds } : { problem: 'a length is a number' };
  }
  if ('regex' in test) {
    const regex = regexForRe2(test.regex);
    if ('problem' in regex) return regex;
    return { sql: `${test.is === 'matches' ? '' : 'NOT '}regexp_matches(${asText(column)}, ${text(regex.pattern)})` };
  }
  const literals = test.values.map((item) => literalOf(item, column)).filter((item) => item !== null);
  const member = literals.length === 0 ? 'false' : `${value} IN (${literals.join(', ')})`;
  return { sql: test.is === 'in' ? member : `NOT (${member})` };
}

function between(bounds: Bounds, column: Column): Condition {
  const kind = family(column.type);
  const numeric = kind === 'number' || kind === 'boolean';
  const target = kind === 'boolean' ? `${sqlValue(column)}::INT` : sqlValue(column);
  const sql = boundsOf(target, bounds, (bound) => {
    if (numeric) return typeof bound === 'number' ? number(bound) : null;
    return kind === 'time' && typeof bound === 'string' ? timeLiteral(bound) : null;
  });
  if (sql) return { sql };
  const wanted = typeof (bounds.min ?? bounds.max) === 'number' ? 'a number' : 'a time';
  return { problem: `${column.name} is ${column.type}, which cannot be compared with ${wanted}` };
}

function boundsOf(target: string, bounds: Bounds, literal: (bound: number | string) => string | null): string | null {
  const parts: string[] = [];
  for (const [bound, sign] of [
    [bounds.min, bounds.strictMin ? '>' : '>='],
    [bounds.max, bounds.strictMax ? '<' : '<='],
  ] as const) {
    if (bound === undefined) continue;
    const sql = literal(bound);
    if (sql === null) return null;
    parts.push(`${target} ${sign} ${sql}`);
  }
  return parts.length === 0 ? 'true' : parts.join(' AND ');
}

/** A time of ISO 8601; without a zone it is UTC. */
function timeLiteral(value: string): string | null {
  const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(value) || /^\d{4}-\d\d-\d\d$/.test(value) ? value : `${value}Z`;
  const milliseconds = Date.parse(zoned);
  return Number.isNaN(milliseconds) ? null : `epoch_ms(${milliseconds})`;
}

/** Null for a value that no value of the column can equal. */
function literalOf(value: Scalar, column: Column): string | null {
  const kind = family(column.type);
  if (kind === 'number' && typeof value !== 'string' && value !== null) return number(Number(value));
  if (kind === 'text' && typeof value === 'string') return text(value);
  if (kind === 'boolean' && (typeof value === 'boolean' || value === 0 || value === 1)) return value ? 'true' : 'false';
  if (kind === 'time' && typeof value === 'string') return timeLiteral(value);
  return null;
}

/** The value as Python's `str` writes it. */
function asText(column: Column): string {
  const value = sqlValue(column);
  return family(column.type) === 'boolean'
    ? `CASE ${value} WHEN true THEN 'True' WHEN false THEN 'False' END`
    : `CAST(${value} AS VARCHAR)`;
}
