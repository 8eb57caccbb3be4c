/** What concerns whole rows: equal ones, empty ones, and columns that are equal in all of them. */
import { count, type Session } from '../host/session.ts';
import type { Aggregates } from './aggregates.ts';
import type { CommonValues } from './common-values.ts';
import { batches, type SummaryColumn, type SummaryTable } from './table.ts';

/**
 * Rows that equal an earlier one in every column, by a 64-bit hash of the row: two different rows count as equal with a
 * probability of rows² / 2⁶⁵, one in ten thousand at 50 M rows.
 */
export async function duplicateRows(session: Session, { from, rows, columns }: SummaryTable): Promise<number> {
  if (rows === 0 || columns.length === 0) return 0;
  const values = columns.map(({ value }) => value).join(', ');
  const [row] = await session.rows(`SELECT count(DISTINCT hash(${values})) AS n FROM ${from}`);
  return rows - count(row?.n);
}

/** Rows without any value. Only columns that miss values can make one, and one that never does rules them all out. */
export async function emptyRows(
  session: Session,
  { from, rows, columns }: SummaryTable,
  aggregates: readonly Aggregates[],
): Promise<number> {
  if (rows === 0 || columns.length === 0) return 0;
  if (aggregates.some(({ present }) => present === rows)) return 0;
  const filled = columns.filter((_, i) => (aggregates[i]?.present ?? 0) > 0);
  if (filled.length === 0) return rows;
  const empty = filled.map(({ value }) => `${value} IS NULL`).join(' AND ');
  const [row] = await session.rows(`SELECT count(*) FILTER (${empty}) AS n FROM ${from}`);
  return count(row?.n);
}

/** Groups of columns of one type that are equal in every row: guessed by their figures, then compared. */
export async function duplicateColumns(
  session: Session,
  { from, rows, columns }: SummaryTable,
  aggregates: readonly Aggregates[],
  common: readonly CommonValues[],
): Promise<string[][]> {
  if (rows === 0) return [];
  const alike = new Map<string, SummaryColumn[]>();
  for (const [i, column] of columns.entries()) {
    const { distinct: _, ...figures } = aggregates[i] as Aggregates;
    const key = JSON.stringify([column.type, figures, common[i]]);
    alike.set(key, [...(alike.get(key) ?? []), column]);
  }
  const pairs = [...alike.values()]
    .filter((group) => group.length > 1)
    .flatMap((group) => group.slice(1).map((other) => [group[0] as SummaryColumn, other] as const));
  const groups = new Map<string, string[]>();
  for (const batch of batches(pairs, 200)) {
    const select = batch.map(([a, b], i) => `count(*) FILTER (${a.value} IS DISTINCT FROM ${b.value}) AS d${i}`);
    const [row] = await session.rows(`SELECT ${select.join(', ')} FROM ${from}`);
    for (const [i, [a, b]] of batch.entries())
      if (count(row?.[`d${i}`]) === 0) groups.set(a.name, [...(groups.get(a.name) ?? [a.name]), b.name]);
  }
  return [...groups.values()];
}
