import type { Estimate } from '#contracts/estimate.ts';
import { UserError } from '#contracts/failures.ts';
import { periodOf } from './periods.ts';

export type Chunking = Pick<Estimate['chunking'], 'by' | 'value'>;

/** Rows `start` to before `stop`, in time order when there is a time. */
export interface Range {
  readonly key: string;
  readonly start: number;
  readonly stop: number;
  /** Milliseconds since 1970, both inclusive; null without a time. */
  readonly from: number | null;
  readonly to: number | null;
}

/**
 * Cuts a table into chunks as NannyML does: by size the last one keeps the rest; by number every chunk has
 * ⌊rows / number⌋ rows and a rest makes one more; by period rows without a time are in no chunk.
 * @param times ascending, NaN last; milliseconds since 1970 UTC; null without a time column
 * @throws UserError InvalidInput when it cannot be cut so
 */
export function chunksOf(rows: number, times: Float64Array | null, { by, value }: Chunking): Range[] {
  if (by === 'period') return byPeriod(times, String(value));
  const wanted = Number(value);
  if (!Number.isSafeInteger(wanted) || wanted < 1)
    throw new UserError('InvalidInput', `a chunk ${by} of ${value} is no whole number from 1 on`);
  const size = by === 'size' ? wanted : Math.floor(rows / wanted);
  if (size < 1)
    throw new UserError('InvalidInput', `${rows} rows cannot make ${wanted} chunks: ask for ${rows} or fewer`);
  const ranges: Range[] = [];
  for (let start = 0; start < rows; start += size) {
    const stop = Math.min(start + size, rows);
    ranges.push({ key: `[${start}:${stop - 1}]`, start, stop, ...span(times, start, stop) });
  }
  return ranges;
}

function span(times: Float64Array | null, start: number, stop: number): Pick<Range, 'from' | 'to'> {
  const known = times?.subarray(start, stop).filter((time) => !Number.isNaN(time)) ?? [];
  return known.length === 0 ? { from: null, to: null } : { from: known[0] as number, to: known.at(-1) as number };
}

function byPeriod(times: Float64Array | null, period: string): Range[] {
  if (!times)
    throw new UserError('InvalidInput', `chunks by period ${period} need a time: name its column (--time COLUMN)`);
  const ranges: Range[] = [];
  let start = 0;
  while (start < times.length && !Number.isNaN(times[start] as number)) {
    const { key, from, next } = periodOf(times[start] as number, period);
    let stop = start;
    while (stop < times.length && (times[stop] as number) < next) stop++;
    // pandas ends a period one nanosecond before the next; a millisecond is what a time here can tell.
    ranges.push({ key, start, stop, from, to: next - 1 });
    start = stop;
  }
  if (ranges.length === 0) throw new UserError('DataInvalid', 'no row has a time, so there is no period to cut by');
  return ranges;
}
