/** Rows by bin or by value for every column, with the same bins on both sides. */
import type { Json } from '@duckdb/node-api';
import type { Distribution } from '#contracts/quality.ts';
import { count, type Session } from '../host/session.ts';
import type { Aggregates } from './aggregates.ts';
import { type CommonValues, countValues, KEPT } from './common-values.ts';
import { batches, type SummaryColumn, type SummaryTable } from './table.ts';

const BINS = 30;
/** Values of a text that get a bar. */
const BARS = 10;

export interface SideOfColumn {
  readonly table: SummaryTable;
  readonly column: SummaryColumn;
  readonly aggregates: Aggregates;
  readonly common: CommonValues;
}
/** The same column on both sides; either may lack it. */
export interface ColumnPair {
  readonly current: SideOfColumn | null;
  readonly reference: SideOfColumn | null;
}

export async function distributions(session: Session, pairs: readonly ColumnPair[]): Promise<(Distribution | null)[]> {
  const edges = pairs.map(binEdges);
  const [current, reference] = [
    await countBins(session, pairs, edges, 'current'),
    await countBins(session, pairs, edges, 'reference'),
  ];
  const compared = pairs.some((pair) => pair.reference !== null);
  const found: (Distribution | null)[] = [];
  for (const [i, pair] of pairs.entries()) {
    const bins = edges[i];
    const none = () => (bins ? new Array<number>(bins.length - 1).fill(0) : []);
    if (bins)
      found.push({
        by: 'bin',
        of: kindOf(pair) === 'time' ? 'time' : 'number',
        edges: bins,
        current: current.get(i) ?? none(),
        reference: compared ? (reference.get(i) ?? none()) : null,
      });
    else found.push(await byValue(session, pair, compared));
  }
  return found;
}

const sides = ({ current, reference }: ColumnPair): SideOfColumn[] =>
  [current, reference].filter((side): side is SideOfColumn => side !== null);
const kindOf = (pair: ColumnPair) => sides(pair)[0]?.column.kind;

/** Null for what is shown by value: texts, and numbers of few values. */
function binEdges(pair: ColumnPair): number[] | null {
  const both = sides(pair);
  const numeric = both.every(({ column }) => column.kind === 'number');
  if (!numeric && !both.every(({ column }) => column.kind === 'time')) return null;
  if (numeric && both.every(({ common }) => common.exact && common.distinct <= KEPT)) return null;
  const ranges = both.flatMap(({ aggregates }) => (aggregates.range ? [aggregates.range] : []));
  if (ranges.length === 0) return null;
  const min = Math.min(...ranges.map((each) => each.min));
  const max = Math.max(...ranges.map((each) => each.max));
  if (!(max > min) || !Number.isFinite(max - min)) return null;
  if (!numeric) return spaced(min, max);
  // Far tails would press everything else into one bin: they go into the outer bins.
  const low = Math.min(...ranges.map((each) => each.low));
  const high = Math.max(...ranges.map((each) => each.high));
  const reach = high > low ? (high - low) / 2 : max - min;
  const from = Math.max(min, low - reach);
  const to = Math.min(max, high + reach);
  const whole = both.every(({ column }) => /INT/.test(column.type));
  if (!whole || !Number.isSafeInteger(from + to + BINS)) return spaced(from, to);
  // Bins of equally many whole numbers, or a comb appears that is not in the data.
  const width = Math.max(1, Math.ceil((Math.ceil(to) - Math.floor(from) + 1) / BINS));
  const bins = Math.ceil((Math.ceil(to) - Math.floor(from) + 1) / width);
  return Array.from({ length: bins + 1 }, (_, i) => Math.floor(from) - 0.5 + i * width);
}

const spaced = (from: number, to: number): number[] =>
  Array.from({ length: BINS + 1 }, (_, i) => (i === BINS ? to : from + ((to - from) * i) / BINS));

/** One scan for each 200 columns. */
async function countBins(
  session: Session,
  pairs: readonly ColumnPair[],
  edges: readonly (number[] | null)[],
  which: 'current' | 'reference',
): Promise<Map<number, number[]>> {
  const wanted = pairs.flatMap((pair, index) => {
    const [bins, side] = [edges[index], pair[which]];
    return bins && side ? [{ index, bins, side }] : [];
  });
  const found = new Map<number, number[]>();
  for (const batch of batches(wanted, 200)) {
    const select = batch.map(({ bins, side }, i) => `histogram(${binOf(side.column, bins)}) AS b${i}`);
    const [row] = await session.rows(`SELECT ${select.join(',\n')} FROM ${batch[0]?.side.table.from}`);
    for (const [i, { index, bins }] of batch.entries()) {
      const counts = new Array<number>(bins.length - 1).fill(0);
      for (const { key, value } of (row?.[`b${i}`] as { key: number; value: Json }[] | null) ?? [])
        counts[key] = count(value);
      found.set(index, counts);
    }
  }
  return found;
}

function binOf({ number }: SummaryColumn, edges: readonly number[]): string {
  const first = edges[0] as number;
  const last = edges.length - 2;
  const width = ((edges.at(-1) as number) - first) / (edges.length - 1);
  // `least` and `greatest` pass over nulls.
  return `CASE WHEN ${number} IS NOT NULL THEN CAST(least(${last}, greatest(0, floor((${number} - ${first.toExponential()}::DOUBLE) / ${width.toExponential()}::DOUBLE))) AS USMALLINT) END`;
}

async function byValue(session: Session, pair: ColumnPair, compared: boolean): Promise<Distribution | null> {
  const { current, reference } = pair;
  const share = (side: SideOfColumn | null, rows: number) => rows / Math.max(1, side?.aggregates.present ?? 0);
  const weight = new Map<string, number>();
  for (const side of [current, reference])
    for (const { value, count: rows } of side?.common.values ?? [])
      weight.set(value, Math.max(weight.get(value) ?? 0, share(side, rows)));
  const numeric = kindOf(pair) === 'number';
  const values = [...weight]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, numeric ? 2 * KEPT : BARS)
    .map(([value]) => value);
  if (values.length === 0) return null;
  if (numeric) values.sort((a, b) => Number(a) - Number(b));
  const [inCurrent, inReference] = [await rowsOf(session, current, values), await rowsOf(session, reference, values)];
  const rest = (side: SideOfColumn | null, counts: readonly number[]) =>
    Math.max(0, (side?.aggregates.present ?? 0) - counts.reduce((sum, rows) => sum + rows, 0));
  return {
    by: 'value',
    values,
    current: inCurrent,
    reference: compared ? inReference : null,
    other: { current: rest(current, inCurrent), reference: compared ? rest(reference, inReference) : null },
  };
}

async function rowsOf(session: Session, side: SideOfColumn | null, values: readonly string[]): Promise<number[]> {
  if (!side) return values.map(() => 0);
  const known = new Map(side.common.values.map(({ value, count: rows }) => [value, rows]));
  const missing = values.filter((value) => !known.has(value));
  if (missing.length > 0 && side.common.distinct > side.common.values.length)
    for (const [value, rows] of await countValues(session, side.table, side.column, missing)) known.set(value, rows);
  return values.map((value) => known.get(value) ?? 0);
}
