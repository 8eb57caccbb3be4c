/**
 * Rows as a watch meets them, hour by hour, kept as counts of cells: all that tests of drift and the verdict are functions of. So
 * a year of hourly looks at a hundred thousand rows takes a second, by the very functions that the watch calls.
 */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { DriftColumn, DriftResult } from '#contracts/drift.ts';
import { compareColumn } from '#measures/drift/compare-column.ts';
import type { ProfileColumn } from '#measures/drift/profile/profile.ts';
import { homogeneity } from '#measures/statistics/drift/homogeneity.ts';
import { ks, largestGap } from '#measures/statistics/drift/ks.ts';
import { normalCdf } from '#measures/statistics/drift/normal-cdf.ts';
import type { Sample } from '#measures/statistics/drift/sample.ts';
import { normalQuantile } from '#measures/statistics/normal-quantile.ts';

interface ColumnOfWorld {
  readonly name: string;
  readonly cells: number;
  /** First of its cells in the counts of a table. */
  readonly from: number;
  /** A number's value in a cell; null: a category. */
  readonly value: ((cell: number) => number) | null;
  /** Cell of a row by where its standard normal number lies. */
  readonly cellOf: Uint8Array;
}

const PLACES = 4096;
const REACH = 5;
const placeOf = (z: number) => Math.max(0, Math.min(PLACES - 1, Math.floor((z + REACH) * (PLACES / (2 * REACH)))));
const zOf = (place: number) => ((place + 0.5) * 2 * REACH) / PLACES - REACH;

const NUMBER_CELLS = 64;
const eighths = (cell: number) => (cell - NUMBER_CELLS / 2) / 8;
const byEighths = (z: number) => Math.max(0, Math.min(NUMBER_CELLS - 1, Math.floor(z * 8) + NUMBER_CELLS / 2));
/** Zipf's law: few categories are common, many are rare. */
function byShares(shares: readonly number[]): (z: number) => number {
  const total = shares.reduce((sum, share) => sum + share, 0);
  let below = 0;
  const until = shares.map((share) => (below += share / total));
  return (z) =>
    Math.max(
      0,
      until.findIndex((limit) => normalCdf(z) <= limit),
    );
}
const zipf = Array.from({ length: 150 }, (_, rank) => 1 / (rank + 1));

export const columns: readonly ColumnOfWorld[] = (
  [
    ['x1', NUMBER_CELLS, eighths, byEighths],
    ['x2', NUMBER_CELLS, eighths, byEighths],
    ['skewed', NUMBER_CELLS, (cell: number) => Math.exp(eighths(cell)), byEighths],
    ['kind', 5, null, byShares([8, 6, 3, 2, 1])],
    ['town', zipf.length, null, byShares(zipf)],
  ] as const
).map(([name, cells, value, cell], at, all) => ({
  ...{ name, cells, value, from: all.slice(0, at).reduce((sum, [, before]) => sum + before, 0) },
  cellOf: Uint8Array.from({ length: PLACES }, (_, place) => cell(zOf(place))),
}));
const CELLS = columns.reduce((sum, { cells }) => sum + cells, 0);

/** Rows of one table by column and cell, column after column. */
export type Counts = Uint32Array<ArrayBuffer>;
export const noRows = (): Counts => new Uint32Array(CELLS);

/** Standard normal numbers: of 65,536 quantiles one, which is fine enough for cells. */
const quantiles = Float64Array.from({ length: 0x1_0000 }, (_, at) => normalQuantile((at + 0.5) / 0x1_0000));
export function normals(seed: number): () => number {
  const random = xoroshiro128plus(seed);
  return () => quantiles[random.next() >>> 16] as number;
}

/** Everything is standard normal on average; parts of the variance are other than a row's own. */
export interface World {
  /** Rows of the window of 28 days, and of the reference. */
  readonly rows: number;
  /** Part that the columns of a row have in common. */
  readonly shared: number;
  /** Part that rows of a day have in common; days follow each other with a correlation of {@link LASTING}. */
  readonly day: number;
  /** Part that is the weekday's, the same each week. */
  readonly week: number;
}
const LASTING = 0.7;
/** Monday to Sunday, with a mean of 0 and a variance of 1. */
const WEEK = [0.63, 0.63, 0.63, 0.63, 0.63, -1.58, -1.58];

/** One column's days, one after the other. */
function daysOf(normal: () => number, { day, week }: World) {
  const states = columns.map(() => normal());
  return (date: number) =>
    states.map((before, at) => {
      states[at] = LASTING * before + Math.sqrt(1 - LASTING ** 2) * normal();
      return Math.sqrt(day) * before + Math.sqrt(week) * (WEEK[date % 7] as number);
    });
}

/** @param effects what every row has besides, by column */
export function addRows(normal: () => number, rows: number, world: World, effects: readonly number[], into: Counts) {
  const within = Math.sqrt(1 - world.day - world.week);
  const [common, own] = [Math.sqrt(world.shared), Math.sqrt(1 - world.shared)];
  for (let row = 0; row < rows; row++) {
    const same = common > 0 ? common * normal() : 0;
    for (let at = 0; at < columns.length; at++) {
      const { cellOf, from } = columns[at] as ColumnOfWorld;
      const place = from + (cellOf[placeOf(within * (same + own * normal()) + (effects[at] as number))] as number);
      into[place] = (into[place] as number) + 1;
    }
  }
}

/** Hour by hour for ever: the rows of the last 28 days. @yields the same counts each time, changed */
export function* windows(normal: () => number, world: World): Generator<Counts> {
  const HOURS = 28 * 24;
  const days = daysOf(normal, world);
  const hours: Counts[] = [];
  const window = noRows();
  let effects: number[] = [];
  for (let hour = 0; ; hour++) {
    if (hour % 24 === 0) effects = days(hour / 24);
    const fresh = noRows();
    const until = (hours: number) => Math.floor((hours * world.rows) / HOURS);
    addRows(normal, until(hour + 1) - until(hour), world, effects, fresh);
    const gone = hours[hour % HOURS];
    hours[hour % HOURS] = fresh;
    for (let cell = 0; cell < CELLS; cell++)
      window[cell] = (window[cell] as number) + (fresh[cell] as number) - ((gone?.[cell] as number) ?? 0);
    if (hour + 1 >= HOURS) yield window;
  }
}

/** The rows of 28 days. */
export function reference(normal: () => number, world: World): Counts {
  const [first] = windows(normal, world);
  return (first as Counts).slice();
}

const ofColumn = (counts: Counts, { from, cells }: ColumnOfWorld) => counts.subarray(from, from + cells);
const rowsIn = (counts: Counts) => ofColumn(counts, columns[0] as ColumnOfWorld).reduce((sum, count) => sum + count, 0);
const places = Float64Array.from({ length: NUMBER_CELLS }, (_, cell) => cell);

/** The least chance of all columns; 1 where it is surely not below `level`. */
export function leastChance(before: Counts, now: Counts, level: number): number {
  const sizes = [rowsIn(before), rowsIn(now)] as const;
  const pairs = (sizes[0] * sizes[1]) / (sizes[0] + sizes[1]);
  let least = 1;
  for (const column of columns) {
    const [a, b] = [ofColumn(before, column), ofColumn(now, column)];
    if (column.value) {
      const sample = (counts: Counts, size: number): Sample => ({ values: places, counts, size, integers: false });
      const [one, other] = [sample(a, sizes[0]), sample(b, sizes[1])];
      // Far out the tail is close to its first term, 2·exp(−2nd²); where a quarter of that is above the level, it need not be summed.
      if (4 * Math.exp(-2 * pairs * largestGap(one, other) ** 2) < 8 * level)
        least = Math.min(least, ks.numbers?.(one, other) ?? 1);
    } else {
      const counts = { reference: Float64Array.from(a), current: Float64Array.from(b) };
      least = Math.min(least, homogeneity({ ...counts, referenceSize: sizes[0], currentSize: sizes[1] }) ?? 1);
    }
  }
  return least;
}

/** What a scan of the rows would have kept of the column. */
function profileOf(column: ColumnOfWorld, counts: Counts): ProfileColumn {
  const own = ofColumn(counts, column);
  const cells = [...own.keys()].filter((cell) => (own[cell] as number) > 0);
  const { name, value } = column;
  if (value) {
    const values = Float64Array.from(cells, value);
    return {
      ...{ of: 'numbers', name, type: 'DOUBLE', nulls: 0, time: false, infinite: 0, step: 0, values },
      counts: Uint32Array.from(cells, (cell) => own[cell] as number),
      ...{ min: values[0] ?? Number.NaN, max: values.at(-1) ?? Number.NaN },
    };
  }
  const named = cells.map((cell) => [nameOf(cell), own[cell] as number] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...{ of: 'texts', name, type: 'VARCHAR', nulls: 0, boolean: false, distinct: named.length, kept: 'values' },
    values: named.map(([value]) => value),
    counts: Float64Array.from(named, ([, count]) => count),
  };
}
export const nameOf = (cell: number) => `v${cell}`;

/** As `measureDriftHere` tells it of the rows themselves, with chances. */
export async function measured(before: Counts, now: Counts): Promise<DriftResult> {
  const rows = { reference: rowsIn(before), current: rowsIn(now) };
  const found: [string, DriftColumn][] = [];
  const untested: DriftResult['untested'] = [];
  for (const column of columns) {
    const compared = await compareColumn(
      ...([profileOf(column, before), profileOf(column, now), rows] as const),
      { own: {}, numerical: {}, categorical: {}, chance: true },
      () => Promise.resolve(null),
    );
    if ('reason' in compared) untested.push({ column: column.name, ...compared });
    else found.push([column.name, compared]);
  }
  const drifted = found.filter(([, { drifted: is }]) => is).length;
  return {
    ...{ columns: Object.fromEntries(found), drifted, share: drifted / found.length, share_threshold: 0.5, rows },
    ...{ dataset_drift: drifted / found.length >= 0.5, tested: found.length, untested, notes: [], tests: [] },
  };
}
