/** A test of rows as SQL that is true where a row passes. Which rows count is the caller's matter. */

import { translateRegex } from '#expectations/python-regex.ts';
import { strptimeShortcuts, strptimeTest } from '#expectations/strptime-format.ts';
import type { Bounds, RowTest } from '#ports/measures.ts';
import { isDate } from '../reading/dateutil/is-date.ts';
import { text } from '../sql.ts';
import { anyNumber, literalOf, timeLiteral } from './literal.ts';
import type { MeasuredColumn, MeasuredTable } from './measured-table.ts';
import { isJson } from './python-json.ts';
import { pythonText } from './python-text.ts';
import { asNumber, comparable, type Sql } from './row-condition.ts';

/** Tests of one row by itself. */
export type SimpleTest = Exclude<RowTest, { is: 'unique' | 'ordered' | 'zScore' }>;

/**
 * @param columns one or more, as the test says
 * @param rows SQL of the rows that count, where a test must look at all of them
 */
export function rowTestSql(
  test: SimpleTest,
  columns: readonly MeasuredColumn[],
  rows: string,
  table: MeasuredTable,
): Sql {
  const [column, other] = columns;
  if (!column) return { problem: 'there is no column to test' };
  switch (test.is) {
    case 'null':
      return { sql: `${column.sql} IS NULL` };
    case 'notNull':
      return { sql: `${column.sql} IS NOT NULL` };
    case 'between':
      return between(test, column);
    case 'length': {
      const length = `length(${pythonText(column, rows)})`;
      return {
        sql: bounded(length, test, (bound) => (typeof bound === 'number' ? anyNumber(bound) : null)) ?? 'false',
      };
    }
    case 'in': {
      const literals = test.values.map((value) => literalOf(value, column)).filter((each) => each !== null);
      const member = literals.length === 0 ? 'false' : `${column.sql} IN (${literals.join(', ')})`;
      return { sql: test.not ? `NOT (${member})` : member };
    }
    case 'matches': {
      const parts = test.regexes.map((regex) => matchSql(regex, pythonText(column, rows), table));
      const found = `(${parts.join(test.all ? ' AND ' : ' OR ')})`;
      return { sql: test.not ? `NOT ${found}` : found };
    }
    case 'strptime': {
      if (column.type !== 'VARCHAR') return notText(column, 'a format');
      const { format } = test;
      const exact = table.python.call(`strptime ${format}`, () => checked(strptimeTest(format)), column.sql);
      const sure = (strptimeShortcuts(format) ?? []).map(
        (pattern) => `WHEN regexp_matches(${column.sql}, ${text(pattern)}) THEN true`,
      );
      return { sql: sure.length === 0 ? exact : `(CASE ${sure.join(' ')} ELSE ${exact} END)` };
    }
    case 'dateutil':
      if (column.type !== 'VARCHAR') return notText(column, 'a date in its text');
      return { sql: table.python.call('dateutil', () => isDate, column.sql) };
    case 'json':
      // Python's json reads texts alone: a number is none.
      if (column.family !== 'text') return { sql: 'false' };
      return { sql: table.python.call('json', () => isJson, `CAST(${column.sql} AS VARCHAR)`) };
    case 'greater':
      if (!other || !comparable(column, other)) return { problem: cannotCompare(column, other) };
      return { sql: `${asNumber(column)} ${test.orEqual ? '>=' : '>'} ${asNumber(other)}` };
    case 'equal':
      return { sql: other && comparable(column, other) ? `${asNumber(column)} = ${asNumber(other)}` : 'false' };
    case 'pairIn':
      return { sql: other ? pairIn(test.pairs, column, other) : 'false' };
    case 'sum': {
      const wrong = columns.find(({ family }) => family !== 'number' && family !== 'boolean');
      if (wrong) return { problem: `${wrong.name} is ${wrong.type}, which has no sum` };
      return { sql: `(${columns.map((each) => `${asNumber(each)}::DOUBLE`).join(' + ')}) = ${anyNumber(test.total)}` };
    }
    case 'distinctWithin': {
      const pairs = columns.flatMap((a, index) => columns.slice(index + 1).map((b) => differs(a, b)));
      return { sql: `(${pairs.join(' AND ')})` };
    }
  }
}

function checked<T>(test: T | { problem: string }): T {
  if (typeof test === 'object' && test !== null && 'problem' in test) throw new Error(String(test.problem));
  return test as T;
}

const notText = ({ name, type }: MeasuredColumn, what: string): Sql => ({
  problem: `${name} is ${type}, not text: check it for ${what} before it is converted, or check its range`,
});

const cannotCompare = (a: MeasuredColumn, b: MeasuredColumn | undefined) =>
  `${a.name} (${a.type}) cannot be compared with ${b ? `${b.name} (${b.type})` : 'nothing'}`;

function between(bounds: Bounds, column: MeasuredColumn): Sql {
  const { family, name, type } = column;
  const numeric = family === 'number' || family === 'boolean';
  if (typeof bounds.min === 'number' && typeof bounds.max === 'number' && bounds.min > bounds.max)
    return { problem: 'min_value cannot be greater than max_value' };
  const sql = bounded(asNumber(column), bounds, (bound) => {
    if (numeric) return typeof bound === 'number' ? anyNumber(bound) : null;
    return family === 'time' && typeof bound === 'string' ? timeLiteral(bound) : null;
  });
  if (sql) return { sql };
  const wanted = typeof (bounds.min ?? bounds.max) === 'number' ? 'a number' : 'a time';
  return { problem: `${name} is ${type}, which cannot be compared with ${wanted}` };
}

function bounded(target: string, bounds: Bounds, literal: (bound: number | string) => string | null): string | null {
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
  return parts.length === 0 ? 'true' : `(${parts.join(' AND ')})`;
}

/** RE2 where it agrees with Python; JavaScript for the rest. */
function matchSql(regex: string, value: string, table: MeasuredTable): string {
  const translated = translateRegex(regex);
  if ('problem' in translated) throw new Error(translated.problem);
  const { re2, js, asciiOnly } = translated;
  const byRe2 = re2 === null ? null : `regexp_matches(${value}, ${text(re2)})`;
  if (byRe2 && (!asciiOnly || !js)) return byRe2;
  if (!js) throw new Error(`no translation of ${regex}`);
  const expression = new RegExp(js.source, js.flags);
  const byJs = table.python.call(`regex ${regex}`, () => (item) => expression.test(item), value);
  return byRe2 ? `(CASE WHEN strlen(${value}) = length(${value}) THEN ${byRe2} ELSE ${byJs} END)` : byJs;
}

function pairIn(pairs: (RowTest & { is: 'pairIn' })['pairs'], a: MeasuredColumn, b: MeasuredColumn): string {
  const full: string[] = [];
  const withNull: string[] = [];
  for (const [first, second] of pairs) {
    const [left, right] = [literalOf(first, a), literalOf(second, b)];
    if ((first !== null && left === null) || (second !== null && right === null)) continue;
    if (left !== null && right !== null) full.push(`(${left}, ${right})`);
    else
      withNull.push(
        `(${a.sql} IS NOT DISTINCT FROM ${left ?? 'NULL'} AND ${b.sql} IS NOT DISTINCT FROM ${right ?? 'NULL'})`,
      );
  }
  const parts = [
    ...(full.length > 0 ? [`coalesce((${a.sql}, ${b.sql}) IN (${full.join(', ')}), false)`] : []),
    ...withNull,
  ];
  return parts.length === 0 ? 'false' : `(${parts.join(' OR ')})`;
}

function differs(a: MeasuredColumn, b: MeasuredColumn): string {
  if (!comparable(a, b)) return `NOT (${a.sql} IS NULL AND ${b.sql} IS NULL)`;
  return `${asNumber(a)} IS DISTINCT FROM ${asNumber(b)}`;
}
