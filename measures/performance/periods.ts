import { UserError } from '#contracts/failures.ts';

interface Period {
  /** As pandas writes it: `2018-01`, `2018Q1`, `2018-01-01/2018-01-07`. */
  readonly key: string;
  /** Milliseconds since 1970, UTC: the first of the period, and of the one after it. */
  readonly from: number;
  readonly next: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const date = (time: number) => new Date(time).toISOString().slice(0, 10);

const fixed =
  (length: number, key: (from: number) => string) =>
  (time: number): Period => {
    const from = Math.floor(time / length) * length;
    return { key: key(from), from, next: from + length };
  };

const months =
  (count: number, key: (year: number, month: number) => string) =>
  (time: number): Period => {
    const at = new Date(time);
    const month = Math.floor(at.getUTCMonth() / count) * count;
    const year = at.getUTCFullYear();
    return { key: key(year, month), from: Date.UTC(year, month), next: Date.UTC(year, month + count) };
  };

const week = (time: number): Period => {
  // 1970-01-05 was a Monday.
  const from = Math.floor((time - 4 * DAY) / (7 * DAY)) * 7 * DAY + 4 * DAY;
  return { key: `${date(from)}/${date(from + 6 * DAY)}`, from, next: from + 7 * DAY };
};

const minute = (from: number) => new Date(from).toISOString().slice(0, 16).replace('T', ' ');
const month = months(1, (year, index) => `${year}-${String(index + 1).padStart(2, '0')}`);
const quarter = months(3, (year, index) => `${year}Q${index / 3 + 1}`);
const year = months(12, (value) => String(value));

const periods: Record<string, (time: number) => Period> = {
  ...{ min: fixed(60_000, minute), T: fixed(60_000, minute), h: fixed(HOUR, minute), H: fixed(HOUR, minute) },
  ...{ D: fixed(DAY, date), W: week, 'W-SUN': week, M: month, Q: quarter, Y: year, A: year },
};

/**
 * The calendar period that a time lies in, with pandas' codes and names.
 * @throws UserError InvalidInput for an unknown code
 */
export function periodOf(time: number, code: string): Period {
  const find = periods[code];
  if (!find) throw new UserError('InvalidInput', `"${code}" is not a period: write ${Object.keys(periods).join(', ')}`);
  return find(time);
}
