/** What a year of candidates, hundreds of promotions and repeated looks do to a gate's rates, on worlds whose truth is known. */
import { GateRules, type ParsedGateRules } from '#contracts/gate-rules.ts';
import { boundOf } from '#decisions/gate/rules/comparison.ts';
import { drawRows, errorOf, errorsOn, meanError, verdictOf } from './gate-looks-world.ts';
import { type Study, share } from './study.ts';
import { normals } from './watch-world.ts';

const ROWS = 500;
const WEEKS = 52;
const ROUNDS = 200;
/** Candidates of which the best on rows that are known is offered. */
const VARIANTS = 10;
/** About 0.6 standard errors of a difference on so many rows. */
const EFFECT = 0.02;
/** So that a year of verdicts promotes a model by chance in one of twenty years, by Bonferroni. */
const YEARLY = 1 - (2 * 0.05) / WEEKS;

const rulesOf = (rules: Partial<GateRules>): ParsedGateRules => GateRules.parse({ metric: 'mae', ...rules });

interface Year {
  readonly rules: ParsedGateRules;
  readonly confidence: number;
  /** The same rows judge all year; else each week's are new. */
  readonly reused: boolean;
  /** Each candidate is the best of several on the rows that the last verdict was on. */
  readonly tuned: boolean;
  readonly weeks?: number;
}

/**
 * Weeks with a promotion, by year; every candidate is exactly as good as every champion.
 * @internal
 */
export function years(
  { rules, confidence, reused, tuned, weeks = WEEKS }: Year,
  many: number,
  seed: number,
): number[][] {
  const normal = normals(seed);
  return Array.from({ length: many }, () => {
    let shared = drawRows(normal, ROWS);
    // Of whom errors on rows are drawn when they are asked for: all models are alike.
    let champion = errorsOn(shared, normal, 1);
    const promoted: number[] = [];
    for (let week = 0; week < weeks; week++) {
      // On fresh rows the best of several on known ones is one of several, as all are alike in truth.
      if (!reused) {
        shared = drawRows(normal, ROWS);
        champion = errorsOn(shared, normal, 1);
      }
      const variants = Array.from({ length: tuned && reused ? VARIANTS : 1 }, () => errorsOn(shared, normal, 1));
      const candidate = variants.reduce((best, each) => (meanError(each) < meanError(best) ? each : best));
      if (verdictOf(candidate, champion, rules, { confidence }) !== 'passed') continue;
      promoted.push(week);
      champion = candidate;
    }
    return promoted;
  });
}

interface Rounds {
  readonly rules: ParsedGateRules;
  /** The deviation of a candidate's true error from its champion's, as a share; `never better`: only upwards. */
  readonly candidates: 'as often better as worse' | 'never better';
}
const STEP = 0.02;

/**
 * By world, the champion's true gain over the first one after so many rounds on fresh rows, and the least that it ever was.
 * @internal
 */
export function ratchet({ rules, candidates }: Rounds, many: number, seed: number): { end: number; least: number }[] {
  const normal = normals(seed);
  return Array.from({ length: many }, () => {
    let scale = 1;
    let least = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const step = STEP * normal();
      const tried = scale * Math.exp(candidates === 'never better' ? Math.abs(step) : step);
      const shared = drawRows(normal, ROWS);
      const [candidate, champion] = [errorsOn(shared, normal, tried), errorsOn(shared, normal, scale)];
      // No interval lies above a limit that the difference itself does not exceed: most candidates need no more than that.
      const seen = meanError(champion) - meanError(candidate);
      if (seen > boundOf(rules) && verdictOf(candidate, champion, rules) === 'passed') scale = tried;
      least = Math.min(least, errorOf(1) - errorOf(scale));
    }
    return { end: errorOf(1) - errorOf(scale), least };
  });
}

interface Looking {
  readonly rules: ParsedGateRules;
  readonly most: number;
  /** Of the candidate, in the metric's unit. */
  readonly gain: number;
  /** A retrained candidate, as good as the one before, at each look. */
  readonly another: boolean;
}

/**
 * In how many of so many series a verdict passes: while one is inconclusive as many rows are added, and all are judged again.
 * @internal
 */
export function looks({ rules, most, gain, another }: Looking, many: number, seed: number): number {
  const normal = normals(seed);
  const scale = 1 - gain / errorOf(1);
  let passed = 0;
  for (let series = 0; series < many; series++) {
    const none: Float64Array = new Float64Array();
    let [shared, candidate, champion] = [none, none, none];
    for (let look = 1; look <= most; look++) {
      const added = drawRows(normal, ROWS);
      shared = joined(shared, added);
      champion = joined(champion, errorsOn(added, normal, 1));
      candidate = another ? errorsOn(shared, normal, scale) : joined(candidate, errorsOn(added, normal, scale));
      const outcome = verdictOf(candidate, champion, rules, { look });
      if (outcome === 'passed') passed++;
      if (outcome !== 'inconclusive') break;
    }
  }
  return passed;
}

function joined(first: Float64Array, second: Float64Array): Float64Array {
  const both = new Float64Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** Between the figures of one row: they are drawn together. */
const SEPARATOR = ' | ';
/** What there was no time for is so in each of its columns. */
const split = (found: string, columns: number): string[] =>
  found.includes(SEPARATOR) ? found.split(SEPARATOR) : Array.from({ length: columns }, () => found);
const percent = (part: number): string => `${Number((100 * part).toPrecision(2))} %`;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const withError = (values: readonly number[], decimals: number): string => {
  const middle = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
  const text = (value: number) => value.toFixed(decimals).replace('-', '−');
  return `${text(middle)} ± ${text(deviation / Math.sqrt(values.length))}`;
};

const better = (minimumEffect: number, more: Partial<GateRules> = {}) => rulesOf({ minimumEffect, ...more });
const asked: readonly (readonly [string, ParsedGateRules, number, number])[] = [
  ['better at all, 95 % intervals', better(0), 0.95, 0.025],
  [`better by ${EFFECT}, 95 % intervals`, better(EFFECT), 0.95, 0.025],
  ['better at all, 99.81 % intervals', better(0), YEARLY, (1 - YEARLY) / 2],
];

function yearTable(many: number, seed: number, cell: Parameters<Study['run']>[0]['cell']) {
  const ways = [
    ['fresh rows each week', false, false],
    ['the same rows all year', true, false],
    [`the same rows, the best of ${VARIANTS} on them`, true, true],
  ] as const;
  const rows = asked.flatMap(([name, rules, confidence, level]) =>
    ways.map(([way, reused, tuned]) => {
      const label = `${name}; ${way}`;
      const found = cell(label, () => {
        const drawn = years({ rules, confidence, reused, tuned }, many, seed);
        const [first, any] = [drawn.filter((weeks) => weeks[0] === 0), drawn.filter(({ length }) => length > 0)];
        const counts = drawn.map(({ length }) => length);
        return [share(first.length, many), withError(counts, 2), share(any.length, many)].join(SEPARATOR);
      });
      const stated = `${percent(level)}; ${(WEEKS * level).toFixed(2)}; ${percent(1 - (1 - level) ** WEEKS)}`;
      return [name, way, tuned ? 'nothing' : stated, ...split(found, 3)];
    }),
  );
  return {
    title: `A year of ${WEEKS} candidates, none of them better than the champion: how often the first of them is promoted by chance, how many a year are, and in how many years any is. Stated is at most so much of each.`,
    columns: ['the rules ask for', 'judged on', 'stated', 'the first one', 'promotions a year', 'years with any'],
    rows,
  };
}

function ratchetTable(many: number, seed: number, cell: Parameters<Study['run']>[0]['cell']) {
  const floor = (limit: number) => ({ mae: { limit: Number(errorOf(limit).toFixed(4)), confidence: 0.95 } });
  const gates: readonly (readonly [string, ParsedGateRules])[] = [
    [`better by ${EFFECT}`, better(EFFECT)],
    ['better at all', better(0)],
    [
      `not worse than ${EFFECT}, surely above a floor ${floorAt(1.1)} lower`,
      rulesOf({ notWorseThan: EFFECT, floors: floor(1.1) }),
    ],
    [`not worse than ${EFFECT}, a floor that is never near`, rulesOf({ notWorseThan: EFFECT, floors: { mae: 100 } })],
  ];
  const rows = gates.flatMap(([name, rules]) =>
    (['as often better as worse', 'never better'] as const).map((candidates) => {
      const found = cell(`${name}; ${candidates}`, () => {
        const worlds = ratchet({ rules, candidates }, many, seed);
        const below = (limit: number) => share(worlds.filter(({ least }) => least < -limit).length, many);
        const ended = share(worlds.filter(({ end }) => end < 0).length, many);
        const least = worlds.map((world) => world.least).sort((a, b) => a - b)[Math.floor(many / 100)] as number;
        const gain = withError(
          worlds.map(({ end }) => end),
          4,
        );
        const lowest = least === 0 ? '0' : (-least).toFixed(3);
        return [gain, ended, below(EFFECT), below(errorOf(0.1)), lowest].join(SEPARATOR);
      });
      return [name, candidates, ...split(found, 5)];
    }),
  );
  return {
    title: `${ROUNDS} rounds, each on ${ROWS} fresh rows, each candidate’s true error off its champion’s by a deviation of ${(STEP * errorOf(1)).toFixed(3)}: the champion’s true gain over the first one (an error of ${errorOf(1).toFixed(3)}).`,
    columns: [
      ...['the rules ask for', 'candidates', 'gain at the end', 'worse at the end'],
      ...[
        `ever worse by more than ${EFFECT}`,
        `ever worse by more than ${floorAt(1.1)}`,
        'one world in a hundred was ever worse by',
      ],
    ],
    rows,
  };
}
const floorAt = (scale: number) => (errorOf(scale) - errorOf(1)).toFixed(3);

function looksTable(many: number, seed: number, cell: Parameters<Study['run']>[0]['cell']) {
  const most = 5;
  const spending = (name: 'pocock' | 'obrien-fleming') =>
    better(0, { holdout: 'fresh', looks: { most, spending: name } });
  const ways: readonly (readonly [string, ParsedGateRules, number])[] = [
    ['one look at 500 rows', better(0), 1],
    ['five looks, no spending', better(0), most],
    ['five looks, pocock', spending('pocock'), most],
    ['five looks, obrien-fleming', spending('obrien-fleming'), most],
  ];
  const worlds = [
    ['no difference', 0, false],
    ['no difference, another candidate each', 0, true],
    ['better by 0.02', 0.02, false],
    ['better by 0.04', 0.04, false],
  ] as const;
  return {
    title: `A candidate is judged on ${ROWS} rows, and while that is inconclusive again with ${ROWS} more: promoted at any of the looks. Without a difference 2.5 % is what is stated of all looks together.`,
    columns: ['judged', ...worlds.map(([name]) => name)],
    rows: ways.map(([name, rules, count]) => [
      name,
      ...worlds.map(([world, gain, another]) =>
        cell(`${name}; ${world}`, () => share(looks({ rules, most: count, gain, another }, many, seed), many)),
      ),
    ]),
  };
}

export const gateLooks: Study = {
  name: 'gate-looks',
  page: 'gate-simulations',
  shows: `Regressions whose true mean absolute error is known, judged by the whole gate (Student’s paired t) on ${ROWS} independent rows, half of a row’s error shared by all models: a difference has a standard error of 0.03 there.`,
  run: ({ seed, draws, cell }) => [
    yearTable(draws ?? 2_000, seed, cell),
    ratchetTable(draws ?? 2_000, seed, cell),
    looksTable(draws ?? 10_000, seed, cell),
  ],
};
