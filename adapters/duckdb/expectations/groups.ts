/** What needs the values of a column grouped: distinct ones, the most common, how often each occurs. */
import type { Answer, Measure } from '#ports/measures.ts';
import { count } from '../host/session.ts';
import type { Read, Subqueries } from '../scan.ts';
import { asAnswer, toValue } from './answer-value.ts';
import { literalOf } from './literal.ts';
import { BASE, type MeasuredColumn } from './measured-table.ts';

/** Values in an answer: more are no list for anybody. */
const MOST_VALUES = 10_000;
const EXAMPLES = 20;

type Struct = Readonly<Record<string, unknown>>;
const struct = (value: unknown): Struct => (typeof value === 'object' && value !== null ? (value as Struct) : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** SQL of (v, n): each value of the columns and how often it occurs. */
function grouped(columns: readonly MeasuredColumn[], counted: string): string {
  const names = columns.map(({ sql }) => sql).join(', ');
  return `(SELECT ${names}, count(*) AS n FROM ${BASE} WHERE ${counted} GROUP BY ALL)`;
}

export function distinctCount(column: MeasuredColumn, where: string, queries: Subqueries): Read<Answer> {
  const known = `${where} AND ${column.sql} IS NOT NULL`;
  const read = queries.value(`SELECT CAST(count(*) AS VARCHAR) FROM ${grouped([column], known)}`);
  return (row) => ({ value: count(read(row) as string) });
}

/** Rows whose values occur in more than one row. */
export function repeatedRows(columns: readonly MeasuredColumn[], counted: string, queries: Subqueries): Read<number> {
  const read = queries.value(
    `SELECT CAST(coalesce(sum(n), 0) AS VARCHAR) FROM ${grouped(columns, counted)} WHERE n > 1`,
  );
  return (row) => count(read(row) as string);
}

/** SQL of the places of those rows. */
export function repeatedPlaces(columns: readonly MeasuredColumn[], counted: string): string {
  const same = columns.map(({ sql }) => `a.${sql} IS NOT DISTINCT FROM b.${sql}`).join(' AND ');
  return `SELECT a.place FROM (SELECT * FROM ${BASE} WHERE ${counted}) a SEMI JOIN (SELECT * FROM ${grouped(columns, counted)} WHERE n > 1) b ON (${same})`;
}

export function modesOf(column: MeasuredColumn, where: string, queries: Subqueries): Read<Answer> {
  const known = `${where} AND ${column.sql} IS NOT NULL`;
  const read = queries.value(
    `WITH g AS MATERIALIZED ${grouped([column], known)} SELECT list(${asAnswer('v', column)} ORDER BY v) FROM (SELECT ${column.sql} AS v FROM g WHERE n = (SELECT max(n) FROM g) ORDER BY v LIMIT ${MOST_VALUES})`,
  );
  return (row) => ({ list: listOf(read(row)).map((text) => toValue(text, column)) });
}

export function countsOf(column: MeasuredColumn, where: string, queries: Subqueries): Read<Answer> {
  const known = `${where} AND ${column.sql} IS NOT NULL`;
  const read = queries.value(
    `SELECT list({v: ${asAnswer('v', column)}, n: CAST(n AS VARCHAR)} ORDER BY v) FROM (SELECT ${column.sql} AS v, n FROM ${grouped([column], known)} LIMIT ${MOST_VALUES + 1})`,
  );
  return (row) => {
    const counts = listOf(read(row)).map((each) => ({
      value: toValue(struct(each).v, column),
      count: count(struct(each).n as string),
    }));
    if (counts.length > MOST_VALUES)
      return {
        problem: `${column.name} has more than ${MOST_VALUES.toLocaleString('en-US')} different values: compare it by bins`,
      };
    return { counts };
  };
}

export function against(
  measure: Measure & { of: 'against' },
  column: MeasuredColumn,
  where: string,
  queries: Subqueries,
): Read<Answer> {
  const known = `${where} AND ${column.sql} IS NOT NULL`;
  const values = [...new Set(measure.values)];
  const literals = values.map((value) => literalOf(value, column));
  const inSet = [...new Set(literals.filter((literal) => literal !== null))].join(', ');
  const distinct = `(SELECT DISTINCT ${column.sql} AS v FROM ${BASE} WHERE ${known})`;
  const outside = inSet ? `WHERE v NOT IN (${inSet})` : '';
  const unexpected = queries.value(
    `SELECT {n: CAST(count(*) AS VARCHAR), first: list_transform(min(v, ${EXAMPLES}), x -> ${asAnswer('x', column)})} FROM ${distinct} ${outside}`,
  );
  const rows = literals.flatMap((literal, index) => (literal === null ? [] : [`(${index}, ${literal})`]));
  // Which of the set's own values are there, by their place in the set.
  const present =
    rows.length === 0
      ? null
      : queries.value(
          `SELECT list(CAST(i AS VARCHAR)) FROM (VALUES ${rows.join(', ')}) s(i, l) SEMI JOIN ${distinct} d ON (s.l = d.v)`,
        );
  return (row) => {
    const found = struct(unexpected(row));
    const there = new Set(present ? listOf(present(row)) : []);
    return {
      unexpected: count(found.n as string),
      first: listOf(found.first).map((text) => toValue(text, column)),
      missing: values.filter((_, index) => !there.has(String(index))),
    };
  };
}
