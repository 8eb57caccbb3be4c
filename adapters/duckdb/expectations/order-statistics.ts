/**
 * The value at a rank of a column, exact, in memory that does not grow with the rows: DuckDB's own quantiles hold every value,
 * whatever its memory limit. A sample says between which values the rank lies, a pass counts what is below them, and only what
 * is between them is grouped, which spills to disk.
 */

import { count } from '../host/session.ts';
import { asAnswer } from './answer-value.ts';
import { BASE, type MeasuredColumn, type MeasuredTable, PLACE } from './measured-table.ts';

/** Rows of the sample. A rank is off by its standard error of 0.5/√rows at most: 0.16 % of the rows. */
const SAMPLE = 100_000;
/** Standard errors on both sides of the rank. */
const MARGIN = 5;

/**
 * @param where SQL of the rows that count
 * @param known how many values there are, nulls apart
 * @param ranks from 0, each below `known`
 * @returns texts for `toValue`, by rank
 */
export async function valuesAt(
  table: MeasuredTable,
  column: MeasuredColumn,
  where: string,
  known: number,
  ranks: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>();
  const kept = `SELECT ${column.sql} AS v, ${PLACE} FROM ${BASE} WHERE ${where} AND ${column.sql} IS NOT NULL`;
  const step = Math.floor(known / SAMPLE);
  for (const near of neighbours(ranks, known)) {
    const [first = 0, last = 0] = [near[0], near.at(-1)];
    const error = MARGIN * 0.5 * Math.sqrt(step / known) + (2 * step) / known;
    const [from, to] = step < 2 ? [0, 1] : [first / known - error, last / known + error];
    const told = await between(table, column, kept, near, {
      low: from > 0 ? sampled(kept, step, from) : null,
      high: to < 1 ? sampled(kept, step, to) : null,
    });
    // Rows in an order that the sample's step fits badly: all values are grouped then.
    const all = told ?? (await between(table, column, kept, near, { low: null, high: null }));
    for (const [rank, text] of all ?? []) found.set(rank, text);
  }
  return found;
}

const sampled = (kept: string, step: number, share: number): string =>
  `(SELECT quantile_disc(v, ${share}) FROM (${kept}) WHERE ${PLACE} % ${step} = 0)`;

/** Null when one of the ranks lies outside of the bounds. */
async function between(
  table: MeasuredTable,
  column: MeasuredColumn,
  kept: string,
  ranks: readonly number[],
  bounds: { readonly low: string | null; readonly high: string | null },
): Promise<Map<number, string> | null> {
  const within = [
    ...(bounds.low === null ? [] : ['v >= (SELECT low FROM b)']),
    ...(bounds.high === null ? [] : ['v <= (SELECT high FROM b)']),
  ];
  const answers = ranks.map((rank, index) => `min(v) FILTER (upto > ${rank}) AS r${index}`);
  const told = ranks.map((_, index) => `${asAnswer(`r${index}`, column)} AS t${index}`);
  const [row] = await table.rows(`
    WITH b AS MATERIALIZED (SELECT ${bounds.low ?? 'NULL'} AS low, ${bounds.high ?? 'NULL'} AS high),
    below AS MATERIALIZED (SELECT ${bounds.low === null ? '0' : `(SELECT count(*) FROM (${kept}) WHERE v < (SELECT low FROM b))`} AS n),
    grouped AS (SELECT v, count(*) AS n FROM (${kept}) WHERE ${within.join(' AND ') || 'true'} GROUP BY v),
    counted AS (SELECT v, (SELECT n FROM below) + sum(n) OVER (ORDER BY v) AS upto FROM grouped),
    found AS (SELECT max(upto) AS upto, ${answers.join(', ')} FROM counted)
    SELECT (SELECT CAST(n AS VARCHAR) FROM below) AS below, CAST(upto AS VARCHAR) AS upto, ${told.join(', ')} FROM found`);
  const [below, upto] = [count(row?.below), count(row?.upto)];
  if (ranks.some((rank) => rank < below || rank >= upto)) return null;
  return new Map(ranks.map((rank, index) => [rank, String(row?.[`t${index}`])]));
}

/** Ranks that one pair of bounds may serve. */
function neighbours(ranks: readonly number[], known: number): number[][] {
  const groups: number[][] = [];
  for (const rank of [...ranks].sort((a, b) => a - b)) {
    const last = groups.at(-1);
    if (last && rank - (last[0] ?? 0) < known / 1_000) last.push(rank);
    else groups.push([rank]);
  }
  return groups;
}
