/**
 * Rates by group with their covariances, by linearisation: a rate is Σ w·above ÷ Σ w·below, and a unit moves it by
 * Σ w·(above − rate·below) ÷ Σ w·below (Woodruff 1971). Covariances are sums over units of the products of what each moves,
 * times √(G/(G − 1)) for either rate, G its units: cluster-robust, CR1 (Liang & Zeger 1986).
 */
import type { RateName, Uncertainty } from '#contracts/fairness.ts';
import type { Units } from '../statistics/units.ts';
import { OUTCOMES, type Ratio, ratioOf } from './outcomes.ts';
import { byUnit, type Counted, type Tally } from './tally.ts';

export interface RateByGroup {
  readonly name: RateName;
  /** By group, first the candidate's, then the champion's; NaN where no row defines it. */
  readonly values: Float64Array;
  readonly uncertainty: Uncertainty;
}
/** One rate while it is computed: places are `side * groups + group`. */
interface Sums {
  readonly name: RateName;
  readonly ratios: readonly Ratio[];
  readonly values: Float64Array;
  readonly below: Float64Array;
  readonly effective: Float64Array;
  readonly units: Int32Array;
  /** Square, row by row. */
  readonly products: Float64Array;
}

/** Digits of a covariance that are kept: it is a measure of chance. */
const DIGITS = 7;

/** @param units null: every row is its own */
export function ratesByGroup(
  names: readonly RateName[],
  sides: readonly ('candidate' | 'champion')[],
  counted: Counted,
  tally: Tally,
  units: Units | null,
): RateByGroup[] {
  const all = names.map((name) => sumsOf(name, sides, counted.count, tally));
  if (units) for (const unit of byUnit(counted, units)) for (const sums of all) addUnit(sums, unit, counted.count);
  else for (const sums of all) addRows(sums, tally, counted.count);
  return all.map((sums) => ({ name: sums.name, values: sums.values, uncertainty: uncertaintyOf(sums) }));
}

function sumsOf(name: RateName, sides: readonly ('candidate' | 'champion')[], groups: number, tally: Tally): Sums {
  const ratios = sides.map((side) => ratioOf(name, side));
  const size = groups * sides.length;
  const [values, below, effective] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  for (const [side, ratio] of ratios.entries())
    for (let group = 0; group < groups; group++) {
      const at = side * groups + group;
      const own = (of: Float64Array) => of.subarray(group * OUTCOMES, (group + 1) * OUTCOMES);
      below[at] = dot(own(tally.weight), ratio.below);
      values[at] = dot(own(tally.weight), ratio.above) / (below[at] as number);
      effective[at] = (below[at] as number) ** 2 / dot(own(tally.squares), ratio.below) || 0;
    }
  return {
    ...{ name, ratios, values, below, effective },
    units: new Int32Array(size),
    products: new Float64Array(size * size),
  };
}

/** Rows that are independent move one group only, and all of one outcome alike. */
function addRows({ ratios, values, below, units, products }: Sums, tally: Tally, groups: number): void {
  const size = values.length;
  for (let group = 0; group < groups; group++)
    for (let outcome = 0; outcome < OUTCOMES; outcome++) {
      const cell = group * OUTCOMES + outcome;
      const moved = ratios.map(({ above, below: counts }, side) => {
        const at = side * groups + group;
        if (counts[outcome]) units[at] = (units[at] as number) + (tally.counted[cell] as number);
        return (
          ((above[outcome] as number) - (values[at] as number) * (counts[outcome] as number)) / (below[at] as number)
        );
      });
      for (const [one, first] of moved.entries())
        for (const [other, second] of moved.entries()) {
          const at = (one * groups + group) * size + other * groups + group;
          products[at] = (products[at] as number) + (tally.squares[cell] as number) * first * second;
        }
    }
}

function addUnit(
  { ratios, values, below, units, products }: Sums,
  unit: { readonly weight: Float64Array; readonly groups: readonly number[] },
  groups: number,
): void {
  const size = values.length;
  const places: number[] = [];
  const moved: number[] = [];
  for (const group of unit.groups) {
    const own = unit.weight.subarray(group * OUTCOMES, (group + 1) * OUTCOMES);
    for (const [side, ratio] of ratios.entries()) {
      const at = side * groups + group;
      const counted = dot(own, ratio.below);
      if (counted === 0) continue;
      units[at] = (units[at] as number) + 1;
      places.push(at);
      moved.push((dot(own, ratio.above) - (values[at] as number) * counted) / (below[at] as number));
    }
  }
  for (const [one, row] of places.entries())
    for (const [other, column] of places.entries()) {
      const at = row * size + column;
      products[at] = (products[at] as number) + (moved[one] as number) * (moved[other] as number);
    }
}

function uncertaintyOf({ values, units, effective, products }: Sums): Uncertainty {
  const size = values.length;
  const factor = Float64Array.from(units, (count) => (count > 1 ? Math.sqrt(count / (count - 1)) : 0));
  const covariance: number[] = [];
  for (let row = 0; row < size; row++)
    for (let column = row; column < size; column++) {
      const value = (products[row * size + column] as number) * (factor[row] as number) * (factor[column] as number);
      covariance.push(Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : 0);
    }
  return { units: [...units], effective: [...effective], covariance };
}

function dot(weights: Float64Array, counts: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < counts.length; at++) sum += (weights[at] as number) * (counts[at] as number);
  return sum;
}
