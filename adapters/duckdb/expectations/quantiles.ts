/** Quantiles and medians: of the scan's own aggregates, or of values that were picked out before where those would need too much memory. */
import type { Answer, Measure, QuantileMethod } from '#ports/measures.ts';
import type { Read, Scan } from '../scan.ts';
import { asAnswer, toValue } from './answer-value.ts';
import type { MeasuredColumn } from './measured-table.ts';
import { asNumber } from './row-condition.ts';

type Planned = Read<Answer> | { problem: string };
/** Texts of a column's values by their rank, from 0. */
export type Picked = ReadonlyMap<number, string>;

/** What to pick out: the column as it is ordered, and the ranks. Null where there are none. */
export function ranksOf(
  measure: Measure & { of: 'quantiles' | 'median' },
  column: MeasuredColumn,
  known: number,
): { readonly column: MeasuredColumn; readonly ranks: readonly number[] } | null {
  if (known === 0 || !['number', 'boolean', 'time'].includes(column.family)) return null;
  if (measure.of === 'median') return { column: middling(column), ranks: [...new Set(middle(known))] };
  return { column, ranks: ranksAt(measure.quantiles.map((quantile) => placesOf(quantile, measure.method, known))) };
}

const ranksAt = (places: readonly { low: number; high: number }[]): number[] =>
  [...new Set(places.flatMap(({ low, high }) => [low, high]))].sort((a, b) => a - b);

/** The mean of the middle two of picked values. */
export function medianOf(column: MeasuredColumn, known: number, picked: Picked): Answer {
  const as = middling(column);
  const [low, high] = middle(known).map((rank) => toValue(picked.get(rank), as));
  const value = between(low ?? null, high ?? null, low === high ? 0 : 0.5);
  if (column.family !== 'time' || typeof value !== 'number') return { value };
  const micros = Math.floor(value);
  const text = new Date(Math.floor(micros / 1_000)).toISOString().replace('Z', '');
  return { value: toValue(`${text}${String(((micros % 1_000) + 1_000) % 1_000).padStart(3, '0')}`, column) };
}

/** As the median counts: a number. */
function middling(column: MeasuredColumn): MeasuredColumn {
  const sql = column.family === 'time' ? `epoch_us(${column.sql})` : `${asNumber(column)}::DOUBLE`;
  return { ...column, sql, family: 'number', type: column.family === 'time' ? 'BIGINT' : 'DOUBLE' };
}

const middle = (known: number): number[] => [Math.floor((known - 1) / 2), Math.ceil((known - 1) / 2)];

/**
 * numpy's percentiles. Which of the sorted values they are depends on how many there are.
 * @param known how many values there are
 */
export function quantilesOf(
  measure: Measure & { of: 'quantiles' },
  column: MeasuredColumn,
  where: string,
  known: number,
  picked: Picked | null,
  scan: Scan,
): Planned {
  const { family, name, type } = column;
  if (family !== 'number' && family !== 'boolean' && family !== 'time')
    return { problem: `${name} is ${type}, which has no quantiles` };
  if (family === 'boolean' && (measure.method === 'linear' || measure.method === 'midpoint'))
    return { problem: `${name} is ${type}: there is nothing between true and false` };
  if (known === 0) return () => ({ list: measure.quantiles.map(() => null) });
  const places = measure.quantiles.map((quantile) => placesOf(quantile, measure.method, known));
  const answer = (values: (rank: number) => ReturnType<typeof toValue>): Answer => ({
    list: places.map(({ low, high, share }) => between(values(low), values(high), share)),
  });
  if (picked) return () => answer((rank) => toValue(picked.get(rank), column));
  const ranks = ranksAt(places);
  const filter = where === 'true' ? '' : ` FILTER (${where})`;
  const value = column.sql;
  // Half a rank above the one that is meant: no rounding can miss it.
  const shares = ranks.map((rank) => `${(rank + 0.5) / known}`).join(', ');
  const list = `list_transform(quantile_disc(${value}, [${shares}])${filter}, x -> ${asAnswer('x', column)})`;
  const reads = ranks.map((_, index) => scan.text(`${list}[${index + 1}]`));
  return (row) => {
    const values = reads.map((read) => toValue(read(row), column));
    return answer((rank) => values[ranks.indexOf(rank)] ?? null);
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
