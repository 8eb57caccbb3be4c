/** The summary of a table, alone or beside a reference: few scans, whatever the number of rows. */

import { UserError } from '#contracts/failures.ts';
import type { ColumnSummary, QualityColumn } from '#contracts/quality.ts';
import { howTimesAreWritten } from '#contracts/reading.ts';
import type { Summary, SummaryRequest } from '#ports/summary.ts';
import type { Session } from '../host/session.ts';
import { type Aggregates, aggregate, EXACT_ROWS } from './aggregates.ts';
import { type CommonValues, commonValues } from './common-values.ts';
import { type ColumnPair, distributions, type SideOfColumn } from './distributions.ts';
import { duplicateColumns, duplicateRows, emptyRows } from './rows.ts';
import { sample } from './sample.ts';
import { openTable, type SummaryTable } from './table.ts';
import { timeLine, writtenTimes } from './time-line.ts';

/** From this share of the rows on, one value makes a column almost constant. */
const ALMOST = 0.95;

interface Side {
  readonly table: SummaryTable;
  readonly aggregates: readonly Aggregates[];
  readonly common: readonly CommonValues[];
}

/** @throws UserError DataInvalid for a time column that is not there or holds no times */
export async function summarize(session: Session, request: SummaryRequest): Promise<Summary> {
  const current = await look(session, request.current, 'current');
  const reference = request.reference && (await look(session, request.reference, 'reference'));
  const pairs = pairedColumns(current, reference);
  const shapes = await distributions(session, pairs);
  const columns = pairs.map((pair, i): QualityColumn => {
    const { name, type, kind } = (pair.current ?? (pair.reference as SideOfColumn)).column;
    return {
      name,
      type,
      kind,
      current: pair.current && columnOf(pair.current),
      reference: pair.reference && columnOf(pair.reference),
      distribution: shapes[i] ?? null,
    };
  });
  const sides = [current, ...(reference ? [reference] : [])];
  return {
    current: await datasetOf(session, current),
    reference: reference && (await datasetOf(session, reference)),
    columns,
    time: await clock(session, request, current, reference),
    ...(await correlated(session, request, current, reference)),
    exact: sides.every(({ table }) => table.rows <= EXACT_ROWS),
    notes: notesOf(sides),
  };
}

/** The samples stay here: they are megabytes, and to correlate them takes seconds. */
async function correlated(
  session: Session,
  { first, correlate }: SummaryRequest,
  current: Side,
  reference: Side | null,
): Promise<Pick<Summary, 'correlations' | 'thinned'>> {
  const of = ({ table, aggregates, common }: Side) => sample(session, table, aggregates, common, first);
  const samples = [await of(current), reference && (await of(reference))] as const;
  const module: Record<string, unknown> = await import(correlate.module);
  const run = module[correlate.name];
  if (typeof run !== 'function') throw new Error(`${correlate.module} exports no function ${correlate.name}`);
  return {
    correlations: await run(...samples),
    thinned: samples.some((each) => each !== null && each.rows > 0 && each.rows < each.of),
  };
}

async function look(session: Session, files: readonly string[], name: string): Promise<Side> {
  const table = await openTable(session, files, name);
  const aggregates = await aggregate(session, table);
  return { table, aggregates, common: await commonValues(session, table, aggregates) };
}

function pairedColumns(current: Side, reference: Side | null): ColumnPair[] {
  const of = (side: Side, name: string): SideOfColumn | null => {
    const index = side.table.columns.findIndex((column) => column.name === name);
    const column = side.table.columns[index];
    if (!column) return null;
    const [aggregates, common] = [side.aggregates[index] as Aggregates, side.common[index] as CommonValues];
    return { table: side.table, column, aggregates, common };
  };
  const names = new Set([...current.table.columns, ...(reference?.table.columns ?? [])].map(({ name }) => name));
  return [...names].map((name) => ({ current: of(current, name), reference: reference && of(reference, name) }));
}

function columnOf({ table, aggregates, common }: SideOfColumn): ColumnSummary {
  const missing = table.rows - aggregates.present;
  return {
    missing,
    missingShare: table.rows === 0 ? 0 : missing / table.rows,
    distinct: common.distinct,
    constant: common.distinct === 1,
    mostCommon: common.values
      .slice(0, 10)
      .map(({ value, count }) => ({ value, count, share: count / Math.max(1, table.rows) })),
    numbers: aggregates.numbers,
    times: aggregates.times,
    texts: aggregates.texts,
  };
}

async function datasetOf(session: Session, { table, aggregates, common }: Side): Promise<Summary['current']> {
  const { rows, columns } = table;
  const named = (holds: (index: number) => boolean) => columns.filter((_, i) => holds(i)).map(({ name }) => name);
  const missing = aggregates.reduce((sum, { present }) => sum + rows - present, 0);
  return {
    rows,
    columns: columns.length,
    duplicateRows: await duplicateRows(session, table),
    emptyRows: await emptyRows(session, table, aggregates),
    missing,
    missingShare: missing / Math.max(1, rows * columns.length),
    emptyColumns: named((i) => aggregates[i]?.present === 0),
    constantColumns: named((i) => (common[i]?.distinct ?? 0) <= 1),
    almostConstantColumns: rows === 0 ? [] : named((i) => (common[i]?.values[0]?.count ?? 0) >= ALMOST * rows),
    duplicateColumns: await duplicateColumns(session, table, aggregates, common),
  };
}

async function clock(
  session: Session,
  request: SummaryRequest,
  current: Side,
  reference: Side | null,
): Promise<Summary['time']> {
  const times = current.table.columns.filter(({ kind }) => kind === 'time');
  const name = request.time ?? (times.length === 1 ? times[0]?.name : undefined);
  if (name === undefined) return null;
  const of = async (side: Side) => {
    const column = side.table.columns.find((each) => each.name === name);
    if (column?.kind === 'time') return timeLine(session, side.table, column);
    if (request.time === null) return null;
    if (column?.kind === 'text') return timeLine(session, side.table, await writtenTimes(session, side.table, column));
    throw new UserError(
      'DataInvalid',
      column
        ? `the time column ${name} is ${column.type}, not a date or timestamp; ${howTimesAreWritten(name)}`
        : `there is no time column ${name}; the columns of times are ${times.map((each) => each.name).join(', ') || 'none'}`,
    );
  };
  const line = await of(current);
  return line && { current: line, reference: reference && (await of(reference)) };
}

function notesOf(sides: readonly Side[]): string[] {
  const notes: string[] = [];
  if (sides.some(({ table }) => table.rows > EXACT_ROWS))
    notes.push(
      `Above ${EXACT_ROWS.toLocaleString('en-US')} rows quantiles come from a t-digest (their rank is typically within 0.5 % of the rows) and numbers of different values above 100,000 from a HyperLogLog (typically within 5 %).`,
    );
  return notes;
}
