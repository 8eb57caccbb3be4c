/** How one test of rows is carried out: which rows count, how many fail, and where they are. */
import type { Answer, Problem, TestMeasure } from '#ports/measures.ts';
import { count } from '../host/session.ts';
import type { Read, Scan, Subqueries } from '../scan.ts';
import { repeatedPlaces, repeatedRows } from './groups.ts';
import { anyNumber } from './literal.ts';
import { BASE, type MeasuredColumn, type MeasuredTable, PLACE } from './measured-table.ts';
import { asNumber, rowConditionSql } from './row-condition.ts';
import { rowTestSql } from './row-test.ts';

/** A test ready to run. */
export interface PlannedTest {
  readonly columns: readonly MeasuredColumn[];
  readonly rows: Read<number>;
  readonly counted: Read<number>;
  readonly unexpected: Read<number>;
  /** SQL of rows that fail, with the base relation's columns. */
  readonly failing: string;
  /** SQL that is true of a row of the base relation that fails. */
  readonly fails: string;
}

/** Figures over all rows that a test of single rows needs first. */
export type Deviation = { readonly mean: number; readonly deviation: number } | null;

export function planTest(
  measure: TestMeasure,
  table: MeasuredTable,
  scan: Scan,
  queries: Subqueries,
  deviation: Deviation,
): PlannedTest | Problem {
  const columns: MeasuredColumn[] = [];
  for (const name of measure.columns) {
    const column = table.column(name);
    if (!column) return { problem: `The column "${name}" does not exist.` };
    columns.push(column);
  }
  const where = rowConditionSql(measure.where, table);
  if ('problem' in where) return where;
  const nulls = columns.map(({ sql }) => `${sql} IS NULL`);
  const ignored = { any: nulls.join(' OR '), all: nulls.join(' AND '), never: 'false' }[measure.ignore];
  const counts = measure.ignore === 'never' ? where.sql : `${where.sql} AND NOT (${ignored})`;
  const rows = scan.countOf(where.sql);
  const counted = measure.ignore === 'never' ? rows : scan.countOf(counts);
  const { test } = measure;

  if (test.is === 'unique') {
    const places = repeatedPlaces(columns, counts);
    return {
      columns,
      rows,
      counted,
      unexpected: repeatedRows(columns, counts, queries),
      failing: `SELECT * FROM ${BASE} WHERE ${PLACE} IN (${places}) ORDER BY ${PLACE}`,
      fails: `${PLACE} IN (${places})`,
    };
  }
  if (test.is === 'ordered') {
    const [column] = columns;
    if (!column || !['number', 'boolean', 'time'].includes(column.family))
      return { problem: `${column?.name} is ${column?.type}, which has no differences: numbers and times have` };
    const sign = test.descending ? (test.strictly ? '<' : '<=') : test.strictly ? '>' : '>=';
    const value = column.family === 'time' ? column.sql : asNumber(column);
    // Without an ORDER BY the window streams over the rows in the file's order.
    const sequence = `(SELECT *, lag(${value}) OVER () AS before FROM ${BASE} WHERE ${counts})`;
    const failing = `SELECT * EXCLUDE (before) FROM ${sequence} WHERE NOT (${value} ${sign} before)`;
    const read = queries.value(`SELECT CAST(count(*) AS VARCHAR) FROM (${failing})`);
    return {
      columns,
      rows,
      counted,
      unexpected: (row) => count(read(row) as string),
      failing,
      fails: `${PLACE} IN (SELECT ${PLACE} FROM (${failing}))`,
    };
  }
  const passes =
    test.is === 'zScore'
      ? zScore(test, columns[0], deviation)
      : rowTestSql(test, columns, `(SELECT * FROM ${BASE} WHERE ${counts})`, table);
  if ('problem' in passes) return passes;
  const fails = `${counts} AND (${passes.sql}) IS NOT TRUE`;
  return {
    columns,
    rows,
    counted,
    unexpected: scan.countOf(fails),
    failing: `SELECT * FROM ${BASE} WHERE ${fails}`,
    fails,
  };
}

function zScore(
  test: TestMeasure['test'] & { is: 'zScore' },
  column: MeasuredColumn | undefined,
  found: Deviation,
): { sql: string } | Problem {
  if (column?.family !== 'number' && column?.family !== 'boolean')
    return {
      problem: `Cannot complete Z-score calculations on a non-numerical column: ${column?.name} is ${column?.type}`,
    };
  // Of a constant column, of one value, of infinities there is no score: nothing is out of line.
  if (!found || !(found.deviation > 0) || !Number.isFinite(found.deviation) || !Number.isFinite(found.mean))
    return { sql: 'true' };
  const score = `(${asNumber(column)} - ${anyNumber(found.mean)}) / ${anyNumber(found.deviation)}`;
  return test.doubleSided
    ? { sql: `abs(${score}) < ${anyNumber(Math.abs(test.threshold))}` }
    : { sql: `${score} < ${anyNumber(test.threshold)}` };
}

/** The answer of a test, without examples. */
export function testedAnswer(
  test: PlannedTest,
  row: Readonly<Record<string, unknown>>,
): Answer & { unexpected: number } {
  return {
    rows: test.rows(row),
    counted: test.counted(row),
    unexpected: test.unexpected(row),
    places: [],
    values: [],
  };
}
