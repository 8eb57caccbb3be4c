/** False alarms of the watch's drift rule over a year without change, and what it finds in one look. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { ks, largestGap } from '#activities/statistics/drift/ks.ts';
import type { Sample } from '#activities/statistics/drift/sample.ts';
import { levelOfLook } from '#decisions/retrain/drift-verdict.ts';
import type { Study, Table } from './study.ts';

const COLUMNS = 4;
const CELLS = 64;
const WINDOW_HOURS = 28 * 24;
const YEAR_HOURS = 365 * 24;
const looks = { hourly: 1, daily: 24, weekly: 168 } as const;
type Every = keyof typeof looks;
const everies = Object.keys(looks) as Every[];
const level = (every: Every) => levelOfLook({ falseAlarms: 0.05, looksPerYear: YEAR_HOURS / looks[every] }, COLUMNS);

/** Rows of standard normal columns. `shared`: part of the variance that columns have in common; `day`: that the rows of a day have. */
interface World {
  readonly rows: number;
  readonly shared: number;
  readonly day: number;
}

export function normals(seed: number): () => number {
  const random = xoroshiro128plus(seed);
  const uniform = () => ((random.next() >>> 0) + 0.5) / 0x1_0000_0000;
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

const cellOf = (value: number) => Math.max(0, Math.min(CELLS - 1, Math.floor((value + 4) * (CELLS / 8))));
type Counts = Float64Array[];
const empty = (): Counts => Array.from({ length: COLUMNS }, () => new Float64Array(CELLS));

/** @param into counts by column and cell that the rows are added to */
function draw(
  normal: () => number,
  rows: number,
  { shared, day }: World,
  ofDay: readonly number[],
  into: Counts,
  shift = 0,
) {
  const own = Math.sqrt(1 - day);
  for (let row = 0; row < rows; row++) {
    const common = Math.sqrt(shared) * normal();
    for (let c = 0; c < COLUMNS; c++) {
      const value = own * (common + Math.sqrt(1 - shared) * normal()) + Math.sqrt(day) * (ofDay[c] ?? 0) + shift;
      (into[c] as Float64Array)[cellOf(value)]!++;
    }
  }
}

const places = Float64Array.from({ length: CELLS }, (_, i) => i);
const sampleOf = (counts: Float64Array): Sample => ({
  ...{ values: places, counts: Uint32Array.from(counts), integers: false },
  size: counts.reduce((a, b) => a + b, 0),
});

/** The least chance of all columns; 1 where it is surely above one in a thousand. */
function leastChance(reference: readonly Sample[], current: Counts): number {
  let least = 1;
  for (const [c, counts] of current.entries()) {
    const [a, b] = [reference[c] as Sample, sampleOf(counts)];
    const bound = 2 * Math.exp(-2 * ((a.size * b.size) / (a.size + b.size)) * largestGap(a, b) ** 2);
    if (bound < 0.004) least = Math.min(least, ks.numbers?.(a, b) ?? 1);
  }
  return least;
}

/** One year of a watch: does any look say that any column drifted? The thresholds, which ask for more, are left out. */
export function falseAlarmsOfYear(seed: number, world: World): Record<Every, boolean> {
  const normal = normals(seed);
  const days = () => Array.from({ length: COLUMNS }, normal);
  const first = empty();
  for (let d = 0; d < 28; d++) draw(normal, Math.round(world.rows / 28), world, days(), first);
  const reference = first.map(sampleOf);
  const hours: Counts[] = [];
  const inWindow = empty();
  const found = { hourly: false, daily: false, weekly: false };
  let ofDay = days();
  let told = 0;
  for (let hour = 0; hour < WINDOW_HOURS + YEAR_HOURS; hour++) {
    if (hour % 24 === 0) ofDay = days();
    const fresh = empty();
    const until = Math.floor(((hour + 1) * world.rows) / WINDOW_HOURS);
    draw(normal, until - told, world, ofDay, fresh);
    told = until;
    hours.push(fresh);
    const gone = hour >= WINDOW_HOURS ? (hours[hour - WINDOW_HOURS] as Counts) : null;
    if (gone) hours[hour - WINDOW_HOURS] = [];
    for (let c = 0; c < COLUMNS; c++)
      for (let i = 0; i < CELLS; i++) (inWindow[c] as Float64Array)[i]! += fresh[c]![i]! - (gone ? gone[c]![i]! : 0);
    if (hour < WINDOW_HOURS) continue;
    const chance = leastChance(reference, inWindow);
    for (const every of everies) if (hour % looks[every] === 0 && chance < level(every)) found[every] = true;
  }
  return found;
}

/** Does one look find a mean that moved by `shift` standard deviations in every column? */
export function found(seed: number, world: World, shift: number): Record<Every, boolean> {
  const normal = normals(seed);
  const sides = [empty(), empty()] as const;
  draw(normal, world.rows, world, [], sides[0]);
  draw(normal, world.rows, world, [], sides[1], shift);
  const chance = leastChance(sides[0].map(sampleOf), sides[1]);
  return Object.fromEntries(everies.map((every) => [every, chance < level(every)])) as Record<Every, boolean>;
}

const percent = (count: number, of: number) => `${Math.round((count / of) * 1000) / 10} %`;

export const watch: Study = {
  name: 'watch',
  shows:
    'Drift as the watch judges it: columns of one distribution, a reference of as many rows as the window of 28 days, 4 columns, a stated rate of 5 % of the years with a false alarm. Windows of 100 rows are not judged (200 is the least).',
  run({ seed, draws, progress }) {
    const years = draws ?? 40;
    const worlds = [
      ['independent columns', { shared: 0, day: 0 }],
      ['correlated columns (0.8)', { shared: 0.8, day: 0 }],
      ['rows of a day hang together (0.02 of the variance): not claimed', { shared: 0, day: 0.02 }],
    ] as const;
    const quiet: string[][] = [];
    for (const rows of [1_000, 10_000, 100_000])
      for (const [name, world] of worlds) {
        const some = rows === 100_000 ? Math.max(1, Math.floor(years / 8)) : years;
        const counts = { hourly: 0, daily: 0, weekly: 0 };
        for (let year = 0; year < some; year++) {
          const alarms = falseAlarmsOfYear(seed * 100_000 + rows + year, { rows, ...world });
          for (const every of everies) if (alarms[every]) counts[every]++;
        }
        progress(`${rows} rows, ${name}`);
        quiet.push([
          rows.toLocaleString('en-US'),
          name,
          String(some),
          ...everies.map((each) => percent(counts[each], some)),
        ]);
      }
    const looked = 2 * years;
    const power: string[][] = [];
    for (const rows of [1_000, 10_000, 100_000])
      for (const shift of [0.1, 0.3]) {
        const counts = { hourly: 0, daily: 0, weekly: 0 };
        for (let n = 0; n < looked; n++) {
          const seen = found(seed * 200_000 + rows + n, { rows, shared: 0, day: 0 }, shift);
          for (const every of everies) if (seen[every]) counts[every]++;
        }
        power.push([
          rows.toLocaleString('en-US'),
          String(shift),
          ...everies.map((each) => percent(counts[each], looked)),
        ]);
      }
    const tables: Table[] = [
      {
        title:
          'Years without change in which any look told of drift, by the chance alone (the thresholds ask for more)',
        columns: ['rows a window', 'world', 'years', ...everies],
        rows: quiet,
      },
      {
        title: `Single looks of ${looked} that find means moved by so many standard deviations`,
        columns: ['rows a window', 'shift', ...everies],
        rows: power,
      },
    ];
    return tables;
  },
};
