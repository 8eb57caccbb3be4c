/** How unlike each other groups are treated, by a criterion: the differences and ratios of fairlearn's between-group metrics. */
import { type AttributeFairness, type CriterionName, criterionRates, type RateName } from '#contracts/fairness.ts';
import type { Figure } from '#contracts/trigger.ts';

export type Side = 'candidate' | 'champion';
type Groups = AttributeFairness['groups'];

/** Of one rate over the groups where it is defined. */
export interface Spread {
  readonly rate: RateName;
  /** Greatest − least; NaN for fewer than two groups. */
  readonly difference: number;
  /** Least ÷ greatest; 1 where all are 0. */
  readonly ratio: number;
  /** Places of the groups with the greatest and the least, −1 where there is none. */
  readonly highest: number;
  readonly lowest: number;
}

/** Of a criterion: of two rates the one that is less alike, by difference and by ratio. */
export interface Disparity {
  readonly difference: Spread;
  readonly ratio: Spread;
}

export function disparityOf(criterion: CriterionName, groups: Groups, side: Side): Disparity {
  const [first, ...rest] = spreadsOf(criterion, groups, side);
  // What is not defined for one of its rates is not defined: NaN is worse than any number.
  const worse = (value: (spread: Spread) => number) =>
    rest.reduce(
      (worst, each) => (Number.isNaN(value(worst)) || value(worst) >= value(each) ? worst : each),
      first as Spread,
    );
  return { difference: worse(({ difference }) => difference), ratio: worse(({ ratio }) => -ratio) };
}

const spreadsOf = (criterion: CriterionName, groups: Groups, side: Side): Spread[] =>
  criterionRates[criterion].map((rate) => spreadOf(rate, ratesOf(rate, groups, side)));

/** By group; NaN where no row defines it. */
export const ratesOf = (rate: RateName, groups: Groups, side: Side): number[] =>
  groups.map((group) => rateOf(group[side]?.[rate]));
const rateOf = (value: Figure | undefined): number => (value === undefined ? Number.NaN : Number(value));

function spreadOf(rate: RateName, rates: readonly number[]): Spread {
  const defined = rates.flatMap((value, at) => (Number.isNaN(value) ? [] : [at]));
  if (defined.length < 2) return { rate, difference: Number.NaN, ratio: Number.NaN, highest: -1, lowest: -1 };
  const valueAt = (at: number) => rates[at] as number;
  const highest = defined.reduce((best, at) => (valueAt(at) > valueAt(best) ? at : best));
  const lowest = defined.reduce((least, at) => (valueAt(at) < valueAt(least) ? at : least));
  const ratio = valueAt(highest) === 0 ? 1 : valueAt(lowest) / valueAt(highest);
  return { rate, difference: valueAt(highest) - valueAt(lowest), ratio, highest, lowest };
}
