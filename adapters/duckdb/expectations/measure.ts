/**
 * Measures → few scans: figures that others need first (only where some do), all aggregates in one, what needs groups or
 * order in one statement, and examples of what failed in one more.
 */
import type { Answer, Measure, Problem, Tested, Value } from '#ports/measures.ts';
import type { MeasureRequest } from '#ports/tables.ts';
import type { Session } from '../host/session.ts';
import { type Read, Scan, Subqueries } from '../scan.ts';
import { asAnswer, toValue } from './answer-value.ts';
import { figureOf, histogramOf } from './figures.ts';
import { type Before, firstFigures } from './first-figures.ts';
import { against, countsOf, distinctCount, modesOf } from './groups.ts';
import { type MeasuredColumn, MeasuredTable, PLACE } from './measured-table.ts';
import { medianOf, quantilesOf } from './quantiles.ts';
import { rowConditionSql } from './row-condition.ts';
import { type PlannedTest, planTest, testedAnswer } from './tested-rows.ts';

type Planned = { readonly read: Read<Answer> } | { readonly test: PlannedTest } | Problem;
export async function measure(session: Session, request: MeasureRequest): Promise<Answer[]> {
  const table = await MeasuredTable.open(session, request.files);
  const before = await firstFigures(table, request.measures);
  const scan = new Scan(table);
  const queries = new Subqueries(table);
  const planned = request.measures.map((each, index) => plan(each, table, scan, queries, before[index] ?? null));
  const row = { ...(await scan.run()), ...(await queries.run()) };
  const answers = planned.map((each): Answer => {
    if ('problem' in each) return each;
    return 'test' in each ? testedAnswer(each.test, row) : each.read(row);
  });
  return withExamples(table, planned, answers, request.examples ?? 20);
}

function plan(each: Measure, table: MeasuredTable, scan: Scan, queries: Subqueries, before: Before | null): Planned {
  if (each.of === 'test') {
    const test = planTest(each, table, scan, queries, before?.deviation ?? null);
    return 'problem' in test ? test : { test };
  }
  const column = 'column' in each ? table.column(each.column) : null;
  const where = rowConditionSql(each.where, table);
  if ('problem' in where) return where;
  if (each.of === 'rows') {
    const rows = scan.countOf(where.sql);
    return { read: (row) => ({ value: rows(row) }) };
  }
  if (!column) return { problem: `The column "${each.column}" does not exist.` };
  const read = columnAnswer(each, column, where.sql, scan, queries, before);
  return typeof read === 'function' ? { read } : read;
}

function columnAnswer(
  each: Exclude<Measure, { of: 'rows' | 'test' }>,
  column: MeasuredColumn,
  where: string,
  scan: Scan,
  queries: Subqueries,
  before: Before | null,
): Read<Answer> | Problem {
  switch (each.of) {
    case 'distinct':
      return distinctCount(column, where, queries);
    case 'modes':
      return modesOf(column, where, queries);
    case 'counts':
      return countsOf(column, where, queries);
    case 'against':
      return against(each, column, where, queries);
    case 'quantiles':
      return quantilesOf(each, column, where, before?.known ?? 0, before?.picked ?? null, scan);
    case 'histogram':
      return histogramOf(each, column, where, scan);
    case 'median':
      if (before?.picked) return () => medianOf(column, before.known, before.picked ?? new Map());
      return figureOf(each.of, column, where, scan);
    default:
      return figureOf(each.of, column, where, scan);
  }
}

/** The first rows that fail, for every test that has some: one statement. */
async function withExamples(
  table: MeasuredTable,
  planned: readonly Planned[],
  answers: readonly Answer[],
  limit: number,
): Promise<Answer[]> {
  const found = new Map<number, { places: number[]; values: Value[][] }>();
  const parts = planned.flatMap((each, index) => {
    const answer = answers[index];
    if (!('test' in each) || !answer || !('places' in answer) || answer.unexpected === 0 || limit === 0) return [];
    found.set(index, { places: [], values: [] });
    const values = each.test.columns.map((column) => asAnswer(column.sql, column)).join(', ');
    return [`(SELECT ${index} AS i, ${PLACE} AS p, [${values}] AS v FROM (${each.test.failing}) LIMIT ${limit})`];
  });
  if (parts.length === 0) return [...answers];
  for (const row of await table.rows(parts.join(' UNION ALL '))) {
    const index = Number(row.i);
    const each = planned[index];
    const mine = found.get(index);
    if (!mine || !each || !('test' in each) || !Array.isArray(row.v)) continue;
    mine.places.push(Number(row.p));
    mine.values.push(each.test.columns.map((column, place) => toValue((row.v as unknown[])[place], column)));
  }
  return answers.map((answer, index) => {
    const mine = found.get(index);
    if (!mine || !('places' in answer)) return answer;
    const order = mine.places.map((_, place) => place).sort((a, b) => (mine.places[a] ?? 0) - (mine.places[b] ?? 0));
    return {
      ...(answer as Tested),
      places: order.map((place) => mine.places[place] ?? 0),
      values: order.map((place) => mine.values[place] ?? []),
    };
  });
}
