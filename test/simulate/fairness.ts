/** How often a fairness rule with a confidence refuses without a cause, and how often it sees one. */
import type { CriterionName } from '#contracts/fairness.ts';
import { differenceInterval, growthInterval, pairsOf, ratioInterval } from '#decisions/fairness/intervals.ts';
import { drawnFairness, type FairWorld } from './fairness-world.ts';
import { type Study, share } from './study.ts';

const usual = { positives: 0.4, selected: [0.7, 0.2] } as const;
const rare = { positives: 0.1, selected: [0.95, 0.02] } as const;
/** All groups are treated alike. */
export const alike: Readonly<Record<string, FairWorld>> = {
  'two groups of 500 rows': { ...usual, groups: [500, 500] },
  'groups of 5,000 and 100': { ...usual, groups: [5000, 100] },
  'six groups of 2,000 down to 100': { ...usual, groups: [2000, 1000, 500, 300, 150, 100] },
  'six groups of 100': { ...usual, groups: [100, 100, 100, 100, 100, 100] },
  'a tenth is positive, 95 % of it found; 5,000 down to 100': { ...rare, groups: [5000, 500, 100, 100] },
  'weights, lognormal; 1,000 down to 100': { ...usual, groups: [1000, 300, 100], weighted: true },
  'customers of 10 rows; 2,000 down to 300': {
    ...usual,
    groups: [2000, 1000, 300],
    together: { by: 'customers', rows: 10 },
  },
  'customers of 20 rows; 2,000 and 200': { ...usual, groups: [2000, 200], together: { by: 'customers', rows: 20 } },
  '30 days, each group with days of its own kind': {
    ...usual,
    groups: [2000, 1000, 300],
    together: { by: 'days', days: 30 },
  },
  '10 days': { ...usual, groups: [2000, 1000, 300], together: { by: 'days', days: 10 } },
};
/** Alike, too, but judged as if rows did not hang together. */
const mistaken: Readonly<Record<string, FairWorld>> = {
  'customers of 20 rows; 2,000 and 200': {
    ...{ ...usual, groups: [2000, 200], together: { by: 'customers', rows: 20 } },
    takenAsRows: true,
  },
  '30 days, each group with days of its own kind': {
    ...{ ...usual, groups: [2000, 1000, 300], together: { by: 'days', days: 30 } },
    takenAsRows: true,
  },
};
/** Positives of the last group are found less often by the candidate. */
export const apart: Readonly<Record<string, FairWorld>> = {
  '5,000 and 1,000 rows, 0.1 fewer': { ...usual, groups: [5000, 1000], apart: 0.1 },
  '5,000 and 1,000 rows, 0.2 fewer': { ...usual, groups: [5000, 1000], apart: 0.2 },
  'six groups of 2,000 down to 500, 0.2 fewer': { ...usual, groups: [2000, 1000, 1000, 500, 500, 500], apart: 0.2 },
};

const criteria = ['demographic_parity', 'equal_opportunity', 'equalized_odds', 'predictive_parity'] as const;
const CONFIDENCE = 0.95;

/** What the intervals of one criterion say. */
interface Told {
  /** The whole interval of the difference lies above 0. */
  readonly apart: boolean;
  /** The whole interval of the ratio lies below 1. */
  readonly unlike: boolean;
  /** The whole interval of the growth against the champion lies above 0. */
  readonly grown: boolean;
  /** The interval of the difference holds the true one. */
  readonly holds: boolean;
}
type Counts = Record<(typeof criteria)[number], Record<keyof Told, number>>;

async function told(world: FairWorld, seed: number): Promise<Record<(typeof criteria)[number], Told>> {
  const attribute = await drawnFairness(world, seed);
  const of = (criterion: CriterionName): Told => {
    const pairs = pairsOf(criterion, attribute) ?? [];
    const { lower, upper } = differenceInterval(pairs, 'candidate', CONFIDENCE);
    const { apart: truth = 0 } = world;
    return {
      apart: lower > 0,
      unlike: ratioInterval(pairs, 'candidate', CONFIDENCE).upper < 1,
      grown: growthInterval(pairs, CONFIDENCE).lower > 0,
      holds: lower <= truth && truth <= upper,
    };
  };
  return {
    demographic_parity: of('demographic_parity'),
    equal_opportunity: of('equal_opportunity'),
    equalized_odds: of('equalized_odds'),
    predictive_parity: of('predictive_parity'),
  };
}

/** In how many of the draws each was so. */
export async function counted(world: FairWorld, draws: number, seed: number): Promise<Counts> {
  const none = () => ({ apart: 0, unlike: 0, grown: 0, holds: 0 });
  const counts: Counts = {
    ...{ demographic_parity: none(), equal_opportunity: none() },
    ...{ equalized_odds: none(), predictive_parity: none() },
  };
  for (let draw = 0; draw < draws; draw++) {
    const found = await told(world, seed * 1_000_000 + draw);
    for (const criterion of criteria)
      for (const what of ['apart', 'unlike', 'grown', 'holds'] as const)
        if (found[criterion][what]) counts[criterion][what]++;
  }
  return counts;
}

const DRAWS = 4000;

export const fairness: Study = {
  name: 'fairness',
  page: 'gate-simulations',
  shows: `Groups of rows, a truth, a candidate and a champion that agree on four rows in five. The intervals that a fairness rule with \`confidence: ${CONFIDENCE}\` decides by, against the strictest limits there are: no difference, a ratio of 1, no growth. Shares of the draws with their Monte-Carlo standard error. Customers and days have log odds of their own (one standard deviation: 0.5), and are what is drawn independently.`,
  async run({ seed, draws, progress }) {
    const many = draws ?? DRAWS;
    const columns = ['world', ...criteria.map((criterion) => criterion.replaceAll('_', ' '))];
    const drawn = async (worlds: Readonly<Record<string, FairWorld>>) => {
      const found: [string, Counts][] = [];
      for (const [name, world] of Object.entries(worlds)) {
        found.push([name, await counted(world, many, seed)]);
        progress(name);
      }
      return found;
    };
    const [quiet, wrong, seen] = [await drawn(alike), await drawn(mistaken), await drawn(apart)];
    const table = (title: string, of: keyof Told, rows = quiet) => ({
      ...{ title, columns },
      rows: rows.map(([name, counts]) => [name, ...criteria.map((criterion) => share(counts[criterion][of], many))]),
    });
    return [
      table('False refusals by difference: all groups are treated alike (stated: at most 5 %).', 'apart'),
      table('False refusals by ratio (stated: at most 5 %).', 'unlike'),
      table('False refusals by growth against the champion (stated: at most 5 %).', 'grown'),
      table('The same by difference, with rows taken as independent that are not: nothing is stated.', 'apart', wrong),
      {
        title: 'Seen, by equal opportunity: the candidate finds fewer of the last group’s positives.',
        columns: ['world', 'apart', 'ratio below 1', 'grown', 'interval holds the truth'],
        rows: seen.map(([name, { equal_opportunity: counts }]) => [
          name,
          ...(['apart', 'unlike', 'grown', 'holds'] as const).map((of) => share(counts[of], many)),
        ]),
      },
    ];
  },
};
