/** Blocks of time: a length that somebody named, whole days, or one chosen from how losses that follow each other hang together. */
import { blockLength } from '../statistics/block-length.ts';
import { descending } from '../statistics/order.ts';
import { blocksOf, type Units, unitsOf } from '../statistics/units.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Fewer days decide nothing by themselves: then blocks are shorter than a day. */
const LEAST_DAYS = 8;
/** Days are joined to longer blocks as long as so many blocks are left. */
const LEAST_BLOCKS = 20;
/** Longer series are looked at in so many means of rows that follow each other. */
const SERIES_LIMIT = 100_000;

interface Blocks {
  readonly units: Units;
  /** For people. */
  readonly length: string;
}

/** Blocks of one length from the first row's day (or a whole number of lengths) on. */
export function fixedBlocks(
  times: Float64Array,
  { milliseconds, text }: { milliseconds: number; text: string },
): Blocks {
  const whole = milliseconds % DAY === 0;
  const start = whole ? dayStart(times) : Math.floor(least(times) / milliseconds) * milliseconds;
  return { units: byTime(times, start, milliseconds), length: text };
}

/**
 * Whole days where there are eight or more, joined to longer blocks where the days themselves hang together and enough
 * blocks are left; else as many rows as the losses' autocorrelation asks for.
 *
 * @param losses by row
 */
export function chosenBlocks(times: Float64Array, losses: Float64Array): Blocks {
  const start = dayStart(times);
  const days = byTime(times, start, DAY);
  if (days.count < LEAST_DAYS) return blocksOfRows(times, losses);
  const most = Math.floor(days.count / LEAST_BLOCKS);
  if (most < 2) return { units: days, length: '1 day' };
  const { stationary } = blockLength(meansBy(days, losses));
  const length = Math.max(1, Math.min(most, Math.ceil(stationary) || 1));
  return length === 1
    ? { units: days, length: '1 day' }
    : { units: byTime(times, start, length * DAY), length: `${length} days` };
}

function blocksOfRows(times: Float64Array, losses: Float64Array): Blocks {
  // From the greatest to the least and turned round: rows of one time in either order, the same one each time.
  const order = descending(times.map((time) => (Number.isFinite(time) ? time : Number.MAX_VALUE))).reverse();
  const step = Math.max(1, Math.ceil(order.length / SERIES_LIMIT));
  const series = new Float64Array(Math.ceil(order.length / step));
  for (let rank = 0; rank < order.length; rank++) {
    const at = Math.floor(rank / step);
    series[at] = (series[at] as number) + (losses[order[rank] as number] as number) / step;
  }
  const { stationary } = blockLength(series);
  const rows = Math.max(1, Math.ceil(stationary) || 1) * step;
  return { units: blocksOf(order, rows), length: rows === 1 ? '1 row' : `${rows.toLocaleString('en-US')} rows` };
}

/** Rows without a time are one block: of which days they are is not known. */
const byTime = (times: Float64Array, start: number, length: number): Units =>
  unitsOf(times.map((time) => (Number.isFinite(time) ? 1 + Math.floor((time - start) / length) : 0)));

function meansBy({ of, count }: Units, values: Float64Array): Float64Array {
  const sums = new Float64Array(count);
  const rows = new Float64Array(count);
  for (let row = 0; row < of.length; row++) {
    const unit = of[row] as number;
    sums[unit] = (sums[unit] as number) + (values[row] as number);
    rows[unit] = (rows[unit] as number) + 1;
  }
  return sums.map((sum, unit) => sum / (rows[unit] as number));
}

/**
 * Where the first day begins. A day is 24 hours from the middle of the hours (UTC) at which the fewest rows are, where those
 * are clearly fewer than at others: so an evening is not parted from itself, wherever on earth it is. Else from midnight.
 */
function dayStart(times: Float64Array): number {
  const rows = new Float64Array(24);
  for (const time of times) {
    if (!Number.isFinite(time)) continue;
    const hour = Math.floor((((time % DAY) + DAY) % DAY) / HOUR);
    rows[hour] = (rows[hour] as number) + 1;
  }
  const quiet = quietHour(rows) * HOUR;
  return Math.floor((least(times) - quiet) / DAY) * DAY + quiet;
}

function quietHour(rows: Float64Array): number {
  const fewest = Math.min(...rows);
  const mean = rows.reduce((sum, count) => sum + count, 0) / 24;
  if (fewest > mean / 2) return 0;
  let [start, longest] = [0, 0];
  for (let from = 0; from < 24; from++) {
    let length = 0;
    while (length < 24 && rows[(from + length) % 24] === fewest) length++;
    if (length > longest) [start, longest] = [from, length];
  }
  return (start + Math.floor(longest / 2)) % 24;
}

function least(times: Float64Array): number {
  let first = Number.POSITIVE_INFINITY;
  for (const time of times) if (time < first) first = time;
  return first;
}
