/** One scan: counts, moments and quantiles of every column. */
import type { Json } from '@duckdb/node-api';
import type { NumberSummary, TextSummary, TimeSummary } from '#contracts/quality.ts';
import { type Figure, figure } from '#contracts/trigger.ts';
import { count, type Session } from '../host/session.ts';
import { batches, type SummaryColumn, type SummaryTable } from './table.ts';

/** Exact quantiles keep the values of a batch of columns in memory: this many, 8 bytes each. */
const KEPT_VALUES = 20_000_000;
/** Aggregates of more columns in one query take DuckDB longer to plan than to run. */
const MOST_COLUMNS = 50;
/** Beyond these rows a t-digest gives the quantiles and a HyperLogLog the number of values. */
export const EXACT_ROWS = 10_000_000;

const QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

export interface Aggregates {
  readonly present: number;
  /** By a HyperLogLog, a few percent off: never reported where an exact count is to be had. */
  readonly distinct: number;
  readonly numbers: NumberSummary | null;
  readonly times: TimeSummary | null;
  readonly texts: TextSummary | null;
  /** Of numbers and times (milliseconds): for bins. */
  readonly range: { readonly min: number; readonly max: number; readonly low: number; readonly high: number } | null;
}

/** By column, in their order. */
export async function aggregate(session: Session, table: SummaryTable): Promise<Aggregates[]> {
  const exact = table.rows <= EXACT_ROWS;
  const most = exact ? Math.min(MOST_COLUMNS, KEPT_VALUES / Math.max(table.rows, 1)) : MOST_COLUMNS;
  const found: Aggregates[] = [];
  for (const columns of batches(table.columns, most)) {
    const row = await oneRow(session, columns, table, exact);
    found.push(...columns.map((column, i) => read(column, row, `c${i}`)));
  }
  return found;
}

/** A deviation whose squares leave the range of doubles is no reason to tell nothing: it is left out then. */
async function oneRow(session: Session, columns: readonly SummaryColumn[], table: SummaryTable, exact: boolean) {
  // Each value is made once and named: planning the same expression ten times takes longer than ten aggregates.
  const values = columns.flatMap(({ value, number, kind }, i) => [
    `${kind === 'text' ? `CAST(${value} AS VARCHAR)` : value} AS v${i}`,
    ...(number ? [`${number} AS x${i}`] : []),
  ]);
  const ask = async (spread: boolean) => {
    const select = columns.flatMap((column, i) => wanted(column, String(i), exact, spread));
    const sql = `SELECT ${select.join(',\n')} FROM (SELECT ${values.join(', ')} FROM ${table.from})`;
    return (await session.rows(sql))[0] ?? {};
  };
  try {
    return await ask(true);
  } catch (error) {
    if (error instanceof Error && /STDDEV_SAMP is out of range/.test(error.message)) return ask(false);
    throw error;
  }
}

/** @param i of the column: its value is `v`, as a number `x` */
function wanted({ kind, number, floating, type }: SummaryColumn, i: string, exact: boolean, spread: boolean): string[] {
  const [v, x, id] = [`v${i}`, `x${i}`, `c${i}`];
  const select = [`count(${v}) AS ${id}_n`, `approx_count_distinct(${v}) AS ${id}_d`];
  if (kind === 'text' || kind === 'other')
    return [
      ...select,
      `min(length(${v})) AS ${id}_min`,
      `max(length(${v})) AS ${id}_max`,
      `count_if(${v} = '') AS ${id}_empty`,
    ];
  if (!number) return select;
  select.push(`min(${x}) AS ${id}_min`, `max(${x}) AS ${id}_max`);
  if (kind === 'time') {
    select.push(`strftime(min(${v}), '%Y-%m-%dT%H:%M:%S.%gZ') AS ${id}_first`);
    select.push(`strftime(max(${v}), '%Y-%m-%dT%H:%M:%S.%gZ') AS ${id}_last`);
    return select;
  }
  return [
    ...select,
    `${exact ? 'quantile_cont' : 'approx_quantile'}(${x}, [${QUANTILES.join(', ')}]) AS ${id}_q`,
    // Summed with compensation: the order of the rows hardly counts.
    `favg(${x}) AS ${id}_mean`,
    spread ? `stddev_samp(${x}) AS ${id}_std` : `NULL AS ${id}_std`,
    `count_if(${x} = 0) AS ${id}_zero`,
    `count_if(${x} < 0) AS ${id}_neg`,
    ...(floating || !/BIGINT|HUGEINT|DECIMAL/.test(type)
      ? []
      : [
          `CASE WHEN greatest(abs(min(${x})), abs(max(${x}))) > 9007199254740992 THEN [CAST(min(${v}) AS VARCHAR), CAST(max(${v}) AS VARCHAR)] END AS ${id}_exact`,
        ]),
    floating ? `count(${v}) - count(${x}) AS ${id}_inf` : `0 AS ${id}_inf`,
  ];
}

function exactly(ends: Json | undefined): Pick<NumberSummary, 'exact'> {
  if (!Array.isArray(ends)) return {};
  return { exact: { min: String(ends[0]), max: String(ends[1]) } };
}

function read({ kind, number }: SummaryColumn, row: Readonly<Record<string, Json>>, id: string): Aggregates {
  const at = (key: string) => row[`${id}_${key}`];
  const value = (key: string) => figureOf(at(key));
  const quantiles = (at('q') as Json[] | null | undefined)?.map(figureOf) ?? [];
  const q = (level: number) => quantiles[QUANTILES.indexOf(level)] ?? null;
  const [min, max] = [numberOf(at('min')), numberOf(at('max'))];
  const numeric = kind === 'number';
  return {
    present: count(at('n')),
    distinct: count(at('d')),
    numbers: numeric
      ? {
          min: value('min'),
          max: value('max'),
          mean: value('mean'),
          std: value('std'),
          q05: q(0.05),
          q25: q(0.25),
          q50: q(0.5),
          q75: q(0.75),
          q95: q(0.95),
          zeros: count(at('zero')),
          negatives: count(at('neg')),
          infinite: count(at('inf')),
          ...exactly(at('exact')),
        }
      : null,
    times: kind === 'time' ? { first: textOf(at('first')), last: textOf(at('last')) } : null,
    texts: kind === 'text' ? { shortest: min, longest: max, empty: count(at('empty')) } : null,
    range:
      number === null || min === null || max === null
        ? null
        : { min, max, low: numberOf(q(0.01)) ?? min, high: numberOf(q(0.99)) ?? max },
  };
}

const textOf = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);
const numberOf = (value: Json | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);
const figureOf = (value: Json | undefined): Figure | null => {
  const number = numberOf(value);
  return number === null ? null : figure(number);
};
