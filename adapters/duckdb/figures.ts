/** Statistics of one column. */
import type { Answer, Measure, QuantileMethod, Statistic } from '#activities/ports/measures.ts';
import { asAnswer, numberOf, toValue } from './answer-value.ts';
import { anyNumber } from './literal.ts';
import type { MeasuredColumn } from './measured-table.ts';
import { asNumber } from './row-condition.ts';
import type { Read, Scan } from './scan.ts';

type Planned = Read<Answer> | { problem: string };

/** Beyond this the square overflows: such a deviation is infinite. */
const LARGEST_TO_SQUARE = 1e150;

/** @param where SQL of the rows that count, true or false */
export function figureOf(
  statistic: Exclude<Statistic, 'distinct'>,
  column: MeasuredColumn,
  where: string,
  scan: Scan,
): Planned {
  const { family, name, type } = column;
  const filter = where === 'true' ? '' : ` FILTER (${where})`;
  const value = asNumber(column);
  const numeric = family === 'number' || family === 'boolean';
  const of = (
    sql: string,
    as: Pick<MeasuredColumn, 'family' | 'type'> = { family: 'number', type: 'DOUBLE' },
  ): Planned => {
    const read = scan.text(sql);
    return (row) => ({ value: toValue(read(row), as) });
  };
  if (statistic === 'nonNull') return of(`count(${column.sql})${filter}`);
  if (statistic === 'min' || statistic === 'max') {
    const sql = `${statistic}(${family === 'other' ? `CAST(${column.sql} AS VARCHAR)` : column.sql})${filter}`;
    return of(asAnswer(sql, column), column);
  }
  if (family === 'time' && (statistic === 'mean' || statistic === 'median')) {
    const micros = `${statistic === 'mean' ? 'avg' : 'median'}(epoch_us(${column.sql}))${filter}`;
    return of(asAnswer(`make_timestamp(CAST(floor(${micros}) AS BIGINT))`, { family: 'time', type }), column);
  }
  if (!numeric) return { problem: `Cannot perform reduction '${statistic}' with ${type}: ${name} has no ${statistic}` };
  const double = `${value}::DOUBLE`;
  // Summed with compensation, so that the order of the rows hardly counts; which infinities do not survive.
  const kept = (exact: string, plain: string) =>
    /^(FLOAT|DOUBLE)$/.test(type)
      ? `(CASE WHEN bool_or(isinf(${column.sql}))${filter} THEN ${plain}${filter} ELSE ${exact}${filter} END)`
      : `${exact}${filter}`;
  if (statistic === 'sum')
    return of(
      /INT|^BOOLEAN$/.test(type)
        ? `coalesce(sum(${value})${filter}, 0)::DOUBLE`
        : `coalesce(${kept(`fsum(${double})`, `sum(${double})`)}, 0)`,
    );
  if (statistic === 'mean') return of(kept(`favg(${double})`, `avg(${double})`));
  if (statistic === 'median') return of(`median(${double})${filter}`);
  return deviation(double, where, scan);
}

function deviation(double: string, where: string, scan: Scan): Planned {
  const read = scan.text(`stddev_samp(${double}) FILTER (${where} AND abs(${double}) < ${LARGEST_TO_SQUARE})`);
  const largest = scan.text(`max(abs(${double})) FILTER (${where})`);
  return (row) => {
    const most = Number((largest(row) ?? '0').replace(/^inf$/, 'Infinity'));
    if (most === Number.POSITIVE_INFINITY) return { value: null };
    if (most >= LARGEST_TO_SQUARE) return { value: 'Infinity' };
    const text = read(row);
    return { value: text === null ? null : numberOf(text) };
  };
}

/**
 * numpy's percentiles. Which of the sorted values they are depends on how many there are.
 * @param known how many values there are
 */
export function quantilesOf(
  measure: Measure & { of: 'quantiles' },
  column: MeasuredColumn,
  where: string,
  known: number,
  scan: Scan,
): Planned {
  const { family, name, type } = column;
  if (family !== 'number' && family !== 'boolean' && family !== 'time')
    return { problem: `${name} is ${type}, which has no quantiles` };
  if (family === 'boolean' && (measure.method === 'linear' || measure.method === 'midpoint'))
    return { problem: `${name} is ${type}: there is nothing between true and false` };
  if (known === 0) return () => ({ list: measure.quantiles.map(() => null) });
  const places = measure.quantiles.map((quantile) => placesOf(quantile, measure.method, known));
  const ranks = [...new Set(places.flatMap(({ low, high }) => [low, high]))].sort((a, b) => a - b);
  const filter = where === 'true' ? '' : ` FILTER (${where})`;
  const value = column.sql;
  // Half a rank above the one that is meant: no rounding can miss it.
  const shares = ranks.map((rank) => `${(rank + 0.5) / known}`).join(', ');
  const list = `list_transform(quantile_disc(${value}, [${shares}])${filter}, x -> ${asAnswer('x', column)})`;
  const reads = ranks.map((_, index) => scan.text(`${list}[${index + 1}]`));
  return (row) => {
    const values = reads.map((read) => toValue(read(row), column));
    const at = (rank: number) => values[ranks.indexOf(rank)] ?? null;
    return { list: places.map(({ low, high, share }) => between(at(low), at(high), share)) };
  };
}

function between(low: number | string | boolean | null, high: number | string | boolean | null, share: number) {
  if (share === 0 || typeof low !== 'number' || typeof high !== 'number') return low;
  const difference = high - low;
  return share >= 0.5 ? high - difference * (1 - share) : low + difference * share;
}

/** Ranks from 0 of the values on both sides, and how far between them. */
function placesOf(
  quantile: number,
  method: QuantileMethod,
  known: number,
): { low: number; high: number; share: number } {
  const index = quantile * (known - 1);
  const floor = Math.min(Math.floor(index), known - 1);
  const ceiling = Math.min(Math.ceil(index), known - 1);
  const share = index - floor;
  if (method === 'linear') return { low: floor, high: ceiling, share };
  if (method === 'midpoint') return { low: floor, high: ceiling, share: share === 0 ? 0 : 0.5 };
  const rank = method === 'lower' ? floor : method === 'higher' ? ceiling : nearest(floor, share, known);
  return { low: rank, high: rank, share: 0 };
}

/** Half goes to the even one. */
function nearest(floor: number, share: number, known: number): number {
  const up = share > 0.5 || (share === 0.5 && floor % 2 === 1);
  return Math.min(up ? floor + 1 : floor, known - 1);
}

/** numpy's histogram: [edge, next), the last one closed. */
export function histogramOf(
  { edges }: Measure & { of: 'histogram' },
  column: MeasuredColumn,
  where: string,
  scan: Scan,
): Planned {
  const { family, name, type } = column;
  if (family !== 'number' && family !== 'boolean') return { problem: `${name} is ${type}, which has no histogram` };
  const value = asNumber(column);
  const first = anyNumber(edges[0] ?? 0);
  const last = anyNumber(edges.at(-1) ?? 0);
  const bins = edges
    .slice(1)
    .map((edge, index) =>
      scan.countOf(
        `${where} AND ${value} >= ${anyNumber(edges[index] ?? 0)} AND ${value} ${index === edges.length - 2 ? '<=' : '<'} ${anyNumber(edge)}`,
      ),
    );
  const below = scan.countOf(`${where} AND ${value} < ${first}`);
  const above = scan.countOf(`${where} AND ${value} > ${last}`);
  const known = scan.countOf(`${where} AND ${column.sql} IS NOT NULL`);
  return (row) => ({ bins: bins.map((read) => read(row)), below: below(row), above: above(row), nonNull: known(row) });
}
