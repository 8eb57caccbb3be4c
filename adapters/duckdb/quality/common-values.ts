/** Different values of each column and the most frequent ones: one GROUP BY a column, which reads that column alone. */
import type { Json } from '@duckdb/node-api';
import { count, type Session } from '../host/session.ts';
import { text } from '../sql.ts';
import { type Aggregates, EXACT_ROWS } from './aggregates.ts';
import { batches, type SummaryColumn, type SummaryTable } from './table.ts';

/** Values that are kept of a column: enough for its bars. */
export const KEPT = 20;
/** Characters of a value. */
const LENGTH = 80;
/** With fewer values than this a column is grouped, however many rows there are. */
const FEW = 100_000;
/** Up to so many rows columns are grouped together, so many at once; beyond, one by one: what is grouped at once lies in memory at once. */
const MANY = 100_000;
const TOGETHER = 50;
/** Up to so many rows the values of a column are counted in a map. */
const SMALL = 5_000;
/** Texts from this length on are grouped by their hash. */
const LONG = 200;

export interface CommonValues {
  /** Exact where `exact`. */
  readonly distinct: number;
  readonly exact: boolean;
  /** Most frequent first, equally frequent ones in their own order; cut to {@link LENGTH}. */
  readonly values: readonly { readonly value: string; readonly count: number }[];
}

export async function commonValues(
  session: Session,
  table: SummaryTable,
  aggregates: readonly Aggregates[],
): Promise<CommonValues[]> {
  const found: CommonValues[] = aggregates.map(({ distinct }) => ({ distinct, exact: false, values: [] }));
  const grouped = table.columns
    .map((column, index) => ({ column, index, known: aggregates[index] as Aggregates }))
    .filter(({ known }) => known.present > 0 && (table.rows <= EXACT_ROWS || known.distinct <= FEW));
  for (const [index, { present }] of aggregates.entries())
    if (present === 0) found[index] = { distinct: 0, exact: true, values: [] };
  const small = grouped.filter((each) => table.rows <= SMALL && !isLong(each));
  const keep = (index: unknown, groups: Json | undefined, top: Json | undefined) => {
    const values = (top as { n: string | number; v: string }[] | null) ?? [];
    found[Number(index)] = {
      distinct: count(groups),
      exact: true,
      values: values.map(({ n, v }) => ({ value: plain(v), count: Number(n) })),
    };
  };
  for (const batch of batches(small, TOGETHER)) {
    const [row] = await session.rows(counted(batch, table.from));
    for (const [i, { index }] of batch.entries()) keep(index, row?.[`g${i}`], row?.[`t${i}`]);
  }
  for (const batch of batches(
    grouped.filter((each) => !small.includes(each)),
    table.rows > MANY ? 1 : TOGETHER,
  ))
    for (const row of await session.rows(batch.map((each) => grouping(each, table.from)).join('\nUNION ALL\n')))
      keep(row.i, row.groups, row.top);
  return found;
}

interface Grouped {
  readonly column: SummaryColumn;
  readonly index: number;
  readonly known: Aggregates;
}

const isLong = ({ column: { kind }, known }: Grouped): boolean =>
  (kind === 'text' || kind === 'other') && (known.texts?.longest ?? LONG) >= LONG;

/** What is kept of `pairs`, a list of {n: −rows, v: value}. */
const written = (pairs: string): string =>
  `list_transform(${pairs}, lambda e: {'n': -e.n, 'v': CASE WHEN e.v IS NULL THEN '' ELSE left(CAST(e.v AS VARCHAR), ${LENGTH + 1}) END})`;

function grouping(each: Grouped, from: string): string {
  const { value } = each.column;
  const inner = isLong(each)
    ? `SELECT min(left(CAST(${value} AS VARCHAR), ${LENGTH + 1})) AS v, count(*) AS n FROM ${from} WHERE ${value} IS NOT NULL GROUP BY hash(${value})`
    : `SELECT ${value} AS v, count(*) AS n FROM ${from} WHERE ${value} IS NOT NULL GROUP BY 1`;
  // Of a million values that occur once, none is common.
  const common = each.known.distinct > 10_000 ? ' FILTER (n > 1)' : '';
  return `(SELECT ${each.index} AS i, count(*) AS groups, ${written(`min({'n': -n, 'v': v}, ${KEPT})${common}`)} AS top FROM (${inner}))`;
}

/** Few rows: a GROUP BY costs ten milliseconds whatever it groups, a map of the values hardly any. */
function counted(batch: readonly Grouped[], from: string): string {
  const maps = batch.map(({ column }, i) => `histogram(${column.value}) AS h${i}`).join(', ');
  const figures = batch.flatMap((_, i) => {
    const pairs = `list_sort(list_transform(map_entries(h${i}), lambda e: {'n': -CAST(e.value AS BIGINT), 'v': e.key}))[1:${KEPT}]`;
    return [`cardinality(h${i}) AS g${i}`, `${written(pairs)} AS t${i}`];
  });
  return `SELECT ${figures.join(', ')} FROM (SELECT ${maps} FROM ${from})`;
}

/** A whole number of a DOUBLE column without its `.0`; a long text with an ellipsis. */
function plain(value: string): string {
  const whole = value.replace(/^(-?\d+)\.0$/, '$1');
  const letters = [...whole];
  return letters.length > LENGTH ? `${letters.slice(0, LENGTH - 1).join('')}…` : whole;
}

/** Rows of these values, as {@link commonValues} writes them. */
export async function countValues(
  session: Session,
  table: SummaryTable,
  column: SummaryColumn,
  values: readonly string[],
): Promise<Map<string, number>> {
  const written = `left(CAST(${column.value} AS VARCHAR), ${LENGTH + 1})`;
  const wanted = values
    .filter((value) => !value.includes('\0'))
    .map((value) => text(value.endsWith('…') ? value.slice(0, -1) : value))
    .join(', ');
  if (wanted === '') return new Map();
  const rows = await session.rows(
    `SELECT ${written} AS v, count(*) AS n FROM ${table.from} WHERE left(${written}, ${LENGTH - 1}) IN (${wanted}) OR regexp_replace(${written}, '^(-?[0-9]+)[.]0$', '\\1') IN (${wanted}) GROUP BY 1`,
  );
  const found = new Map<string, number>();
  for (const { v, n } of rows) found.set(plain(String(v)), (found.get(plain(String(v))) ?? 0) + count(n));
  return found;
}
