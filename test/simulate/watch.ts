/** False alarms of the watch's drift rule over a year without change, and what it finds in one look. */
import { lookRule } from '#activities/watch/look-rule.ts';
import { WatchPolicy } from '#contracts/watch.ts';
import { driftVerdict, levelOfLook } from '#decisions/retrain/drift-verdict.ts';
import { inARow, type Looked, remembered } from '#decisions/retrain/persistence.ts';
import type { Study, Table } from './study.ts';
import {
  addRows,
  columns,
  leastChance,
  measured,
  noRows,
  normals,
  reference,
  type World,
  windows,
} from './watch-world.ts';

const YEAR_HOURS = 365 * 24;
/** How often it looks, with the hours between. */
const everies = { '1h': 1, '1d': 24, '7d': 168 } as const;
type Every = keyof typeof everies;
const names = Object.keys(everies) as Every[];
const rules = Object.fromEntries(
  names.map((every) => [every, lookRule(WatchPolicy.parse({ source: 'rows', every }))]),
) as Record<Every, ReturnType<typeof lookRule>>;
const levels = Object.fromEntries(names.map((every) => [every, levelOfLook(rules[every], columns.length)])) as Record<
  Every,
  number
>;
const loosest = Math.max(...Object.values(levels));

/** Of one year, or of one look: what was told by a chance below the level, by the verdict, and by a trigger that wants two windows. */
export interface Told {
  chance: boolean;
  verdict: boolean;
  twoWindows: boolean;
}
const nothing = (): Record<Every, Told> =>
  Object.fromEntries(names.map((every) => [every, { chance: false, verdict: false, twoWindows: false }])) as Record<
    Every,
    Told
  >;

interface Look extends Looked {
  drifted: boolean;
}
const twice = { windows: 2, shows: ({ drifted }: Look) => drifted };

/** Does any look of a year without change say that any column drifted? */
export async function yearOf(
  seed: number,
  world: World,
  every: readonly Every[] = names,
): Promise<Record<Every, Told>> {
  const normal = normals(seed);
  const before = reference(normal, world);
  const told = nothing();
  const looked: Record<Every, Look[]> = { '1h': [], '1d': [], '7d': [] };
  let hour = -1;
  for (const now of windows(normal, world)) {
    if (++hour === YEAR_HOURS) break;
    const due = every.filter((each) => hour % everies[each] === 0);
    if (due.length === 0) continue;
    const least = leastChance(before, now, loosest);
    // A column whose chance is not below the level cannot have drifted: only else need the whole be measured.
    const result = due.some((each) => least < levels[each]) ? await measured(before, now) : null;
    for (const each of due) {
      const of = told[each];
      const found = result && least < levels[each] ? driftVerdict(result, rules[each]) : null;
      const drifted = (found?.drifted ?? 0) > 0;
      if (least < levels[each]) of.chance = true;
      if (drifted) of.verdict = true;
      const at = (hours: number) => new Date(hours * 3_600_000).toISOString();
      const look = { at: at(hour), id: String(hour), window: { from: at(hour - 28 * 24), to: at(hour) }, drifted };
      looked[each] = remembered([...looked[each], look], [twice]);
      if (drifted && inARow(looked[each], twice).length === 2) of.twoWindows = true;
    }
  }
  return told;
}

/** Does one look find that every column moved by `shift` standard deviations? */
export async function lookAt(seed: number, world: World, shift: number): Promise<Record<Every, Told>> {
  const normal = normals(seed);
  const [before, now] = [noRows(), noRows()];
  const add = (by: number, into: typeof now) =>
    addRows(
      normal,
      world.rows,
      world,
      columns.map(() => by),
      into,
    );
  add(0, before);
  add(shift, now);
  const result = await measured(before, now);
  const least = Math.min(...Object.values(result.columns).map(({ chance }) => chance ?? 1));
  const told = nothing();
  for (const every of names) {
    told[every].chance = least < levels[every];
    told[every].verdict = driftVerdict(result, rules[every]).drifted > 0;
  }
  return told;
}

const own = { shared: 0, day: 0, week: 0 };
const worlds: readonly (readonly [name: string, world: Omit<World, 'rows'>, years: number, every: readonly Every[]])[] =
  [
    ['independent rows and columns', own, 60, names],
    ['columns of a row correlated (0.8)', { ...own, shared: 0.8 }, 24, names],
    ['weekdays differ (0.1 of the variance)', { ...own, week: 0.1 }, 24, names],
    [
      'days hang together (0.01 of the variance, 0.7 from day to day): not claimed',
      { ...own, day: 0.01 },
      8,
      ['1d', '7d'],
    ],
  ];
const sizes = [100, 1_000, 10_000, 100_000];
const plain = (rows: number) => rows.toLocaleString('en-US');

/** `0 of 40`, or where they differ `3, 1, 0 of 40`. */
function share(of: readonly Told[], which: readonly (keyof Told)[]): string {
  const counts = which.map((one) => of.filter((told) => told[one]).length);
  return `${new Set(counts).size === 1 ? counts[0] : counts.join(', ')} of ${of.length}`;
}

export const watch: Study = {
  name: 'watch',
  shows:
    'Drift as the watch judges it: five columns (normal, normal, lognormal, 5 categories, 150 categories), a reference of as many rows as the window of 28 days. Stated: at most 5 % of the years have a false alarm, however often is looked and however the columns hang together; rows are taken to be independent. Where three figures stand, they are years told of by chance alone, by the verdict (which wants a method’s threshold passed, too), and by a trigger with `windows: 2`. Windows of 100 rows are below `leastRows` and never judged.',
  async run({ seed, draws, progress }) {
    const quiet: string[][] = [];
    for (const [name, world, usual, every] of worlds)
      for (const rows of sizes) {
        const years: Record<Every, Told>[] = [];
        const most = Math.min(draws ?? usual, rows === 100 ? 10 : usual);
        for (let year = 0; year < most; year++)
          years.push(await yearOf(seed * 1_000_000 + rows + year * 7, { ...world, rows }, every));
        const told = (each: Every) =>
          share(
            years.map((year) => year[each]),
            ['chance', 'verdict', 'twoWindows'],
          );
        quiet.push([name, plain(rows), ...names.map((each) => (every.includes(each) ? told(each) : '–'))]);
        progress(quiet.at(-1)?.join(', ') ?? '');
      }
    const power: string[][] = [];
    for (const shift of [0.1, 0.3])
      for (const rows of sizes) {
        const looks: Record<Every, Told>[] = [];
        for (let look = 0; look < Math.min(draws ?? 200, 200); look++)
          looks.push(await lookAt(seed * 2_000_000 + rows + look * 7, { ...own, rows }, shift));
        const told = (every: Every) =>
          share(
            looks.map((look) => look[every]),
            ['chance', 'verdict'],
          );
        power.push([String(shift), plain(rows), ...names.map(told)]);
        progress(power.at(-1)?.join(', ') ?? '');
      }
    const tables: Table[] = [
      {
        title: 'Years without change in which any look told of drift',
        columns: ['world', 'rows a window', 'hourly looks', 'daily looks', 'weekly looks'],
        rows: quiet,
      },
      {
        title:
          'Single looks that find all columns moved by so many standard deviations (by chance alone, by the verdict)',
        columns: ['shift', 'rows a window', 'of hourly looks', 'of daily looks', 'of weekly looks'],
        rows: power,
      },
    ];
    return tables;
  },
};
