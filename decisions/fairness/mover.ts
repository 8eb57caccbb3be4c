/**
 * Intervals of differences and of ratios of rates, from an interval of each rate alone: Zou & Donner, Construction of
 * confidence limits about effect measures, Statist. Med. 27 (2008), which for two independent rates is Newcombe's hybrid
 * score interval (Statist. Med. 17, 1998, method 10). A rate's own is Wilson's (J. Am. Statist. Assoc. 22, 1927), of as many
 * rows as its variance is that of. Both keep to their rate with few rows and near 0 and 1, where a standard error does not.
 */
import type { Uncertainty } from '#contracts/fairness.ts';

export interface Interval {
  readonly lower: number;
  readonly upper: number;
}
export const EVERYTHING: Interval = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };

/** Rates and how sure they are, by place. */
export interface SureRates extends Uncertainty {
  readonly values: readonly number[];
}

/** A sum of rates: each place with the sign that it is counted with. */
export type Contrast = readonly (readonly [place: number, sign: number])[];

/** @param t how many standard errors to either side */
export function contrastInterval(rates: SureRates, contrast: Contrast, t: number): Interval {
  const value = contrast.reduce((sum, [at, sign]) => sum + sign * (rates.values[at] as number), 0);
  if (Number.isNaN(value)) return EVERYTHING;
  const own = contrast.map(([at]) => margins(rates, at, t));
  const half = (side: 'lower' | 'upper'): number => {
    let sum = 0;
    for (const [one, [first, sign]] of contrast.entries())
      for (const [other, [second, weight]] of contrast.entries()) {
        // What makes the sum small is that what is added is small and that what is subtracted is large.
        const [a, b] = [own[one]?.[sign > 0 ? side : opposite[side]], own[other]?.[weight > 0 ? side : opposite[side]]];
        sum += sign * weight * correlation(rates, first, second) * (a as number) * (b as number);
      }
    return Math.sqrt(Math.max(0, sum));
  };
  return { lower: value - half('lower'), upper: value + half('upper') };
}
const opposite = { lower: 'upper', upper: 'lower' } as const;

/** Of one rate ÷ another: the ratios for which (above − ratio · below) may be 0. Upper ends beyond 1 may be cut to 1. */
export function ratioOf(rates: SureRates, { above, below }: { above: number; below: number }, t: number): Interval {
  const [value, of] = [rates.values[above] as number, rates.values[below] as number];
  if (Number.isNaN(value) || Number.isNaN(of)) return { lower: 0, upper: 1 };
  const [own, other] = [margins(rates, above, t), margins(rates, below, t)];
  const between = correlation(rates, above, below);
  const end = (a: number, b: number, sign: number): number => {
    const square = of ** 2 - b ** 2;
    // A denominator that may be 0: the ratio may be anything.
    if (!(square > 0)) return sign < 0 ? 0 : 1;
    const middle = value * of - between * a * b;
    return (middle + sign * Math.sqrt(Math.max(0, middle ** 2 - square * (value ** 2 - a ** 2)))) / square;
  };
  return { lower: Math.max(0, end(own.lower, other.upper, -1)), upper: end(own.upper, other.lower, 1) };
}

/** How far Wilson's interval reaches to either side of the rate. */
function margins(rates: SureRates, at: number, t: number): Interval {
  const value = rates.values[at] as number;
  const rows = equivalentRows(rates, at);
  const shrink = 1 + t ** 2 / rows;
  const middle = (value + t ** 2 / (2 * rows)) / shrink;
  const half = (t / shrink) * Math.sqrt((value * (1 - value)) / rows + t ** 2 / (4 * rows ** 2));
  return { lower: Math.max(0, value - (middle - half)), upper: Math.max(0, middle + half - value) };
}

/**
 * Independent rows of which a rate is as sure: never more than there are by weight, as a variance of few rows with unequal weights comes
 * out too small, and of a rate of 0 or 1 it tells nothing.
 */
function equivalentRows(rates: SureRates, at: number): number {
  const value = rates.values[at] as number;
  const variance = covariance(rates, at, at);
  const there = rates.effective[at] as number;
  return variance > 0 ? Math.min(there, (value * (1 - value)) / variance) : there;
}

function correlation(rates: SureRates, one: number, other: number): number {
  if (one === other) return 1;
  const scale = Math.sqrt(covariance(rates, one, one) * covariance(rates, other, other));
  return scale > 0 ? Math.max(-1, Math.min(1, covariance(rates, one, other) / scale)) : 0;
}

function covariance({ covariance: triangle, units }: SureRates, one: number, other: number): number {
  const [row, column] = one < other ? [one, other] : [other, one];
  return triangle[row * units.length - (row * (row - 1)) / 2 + (column - row)] as number;
}
