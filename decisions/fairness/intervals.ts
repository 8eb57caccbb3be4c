/**
 * Intervals of a criterion's difference, of its ratio, and of how much the difference has grown against the champion's. All
 * pairs of groups are looked at and the worst is told, so that each pair has an interval of its own, by Student's t and with
 * Bonferroni's correction over the pairs: all of them hold together with the confidence that is asked for.
 */
import { type AttributeFairness, type CriterionName, criterionRates } from '#contracts/fairness.ts';
import { standardErrors } from '../gate/chance.ts';
import { LEAST_UNITS } from '../gate/units.ts';
import { ratesOf, type Side } from './disparities.ts';
import { type Contrast, contrastInterval, EVERYTHING, type Interval, ratioOf, type SureRates } from './mover.ts';

/** Two groups by one rate, the first taken as the greater one. */
interface Pair {
  readonly rate: SureRates;
  readonly high: number;
  readonly low: number;
  /** Of a rate, by group and side. */
  readonly groups: number;
}

/** Both orders of every pair; null where the evidence does not say how sure its rates are. */
export function pairsOf(criterion: CriterionName, attribute: AttributeFairness): readonly Pair[] | null {
  const pairs: Pair[] = [];
  const { groups } = attribute;
  for (const name of criterionRates[criterion]) {
    const sure = attribute.uncertainty?.[name];
    if (!sure) return null;
    const own = ratesOf(name, groups, 'candidate');
    const rate = { ...sure, values: [...own, ...ratesOf(name, groups, 'champion')] };
    const defined = own.flatMap((value, at) => (Number.isNaN(value) ? [] : [at]));
    for (const high of defined)
      for (const low of defined) if (high !== low) pairs.push({ rate, high, low, groups: groups.length });
  }
  return pairs;
}

/** Of the greatest difference between two groups. */
export function differenceInterval(pairs: readonly Pair[], side: Side, confidence: number): Interval {
  const critical = criticalOf(confidence, pairs.length / 2);
  return greatest(pairs.map((pair) => by(pair, differenceOf(pair, side), critical)));
}

/** Of the least ratio of two groups. */
export function ratioInterval(pairs: readonly Pair[], side: Side, confidence: number): Interval {
  const critical = criticalOf(confidence, pairs.length / 2);
  const all = pairs.map((pair) => {
    const [[high], [low]] = differenceOf(pair, side);
    const t = critical(leastUnits(pair.rate, [high, low]));
    return Number.isFinite(t) ? ratioOf(pair.rate, { above: low, below: high }, t) : { lower: 0, upper: 1 };
  });
  return {
    lower: Math.min(1, ...all.map(({ lower }) => lower)),
    upper: Math.min(1, ...all.map(({ upper }) => upper)),
  };
}

/**
 * Of the candidate's greatest difference less the champion's, on the same rows. It is at most what the difference of that pair
 * has grown by which is the candidate's worst, and at least what that of the champion's worst pair has: which these may be is
 * known by their intervals.
 */
export function growthInterval(pairs: readonly Pair[], confidence: number): Interval {
  // Three intervals a pair: the candidate's, the champion's, and of the growth.
  const critical = criticalOf(confidence, (pairs.length / 2) * 3);
  const known = pairs.map((pair) => {
    const [own, before] = [differenceOf(pair, 'candidate'), differenceOf(pair, 'champion')];
    return {
      candidate: by(pair, own, critical),
      champion: by(pair, before, critical),
      growth: by(pair, [...own, ...before.map(([at, weight]) => [at, -weight] as const)], critical),
    };
  });
  const candidate = greatest(known.map((each) => each.candidate));
  const champion = greatest(known.map((each) => each.champion));
  const upper = known.filter((each) => each.candidate.upper >= candidate.lower).map(({ growth }) => growth.upper);
  const lower = known.filter((each) => each.champion.upper >= champion.lower).map(({ growth }) => growth.lower);
  return {
    lower: Math.max(candidate.lower - champion.upper, Math.min(...lower)),
    upper: Math.min(candidate.upper - champion.lower, Math.max(...upper)),
  };
}

/** Differences are from 0 on, and no rate is above 1. */
const greatest = (all: readonly Interval[]): Interval => ({
  lower: Math.max(0, ...all.map(({ lower }) => lower)),
  upper: Math.min(1, Math.max(0, ...all.map(({ upper }) => upper))),
});

function differenceOf({ high, low, groups }: Pair, side: Side) {
  const from = side === 'candidate' ? 0 : groups;
  return [
    [from + high, 1],
    [from + low, -1],
  ] as const;
}

function by({ rate }: Pair, contrast: Contrast, critical: Critical): Interval {
  const t = critical(
    leastUnits(
      rate,
      contrast.map(([at]) => at),
    ),
  );
  return Number.isFinite(t) ? contrastInterval(rate, contrast, t) : EVERYTHING;
}

type Critical = (units: number) => number;
function criticalOf(confidence: number, tests: number): Critical {
  const known = new Map<number, number>();
  return (units) => {
    if (units < LEAST_UNITS) return Number.POSITIVE_INFINITY;
    const found = known.get(units) ?? standardErrors(1 - (1 - confidence) / tests, units);
    known.set(units, found);
    return found;
  };
}

/** Student's t has as many degrees of freedom as the smaller of two groups has units, or rows by weight, less one: never too many. */
const leastUnits = ({ units, effective }: SureRates, places: readonly number[]): number =>
  Math.floor(Math.min(...places.flatMap((at) => [units[at] as number, effective[at] as number])));
