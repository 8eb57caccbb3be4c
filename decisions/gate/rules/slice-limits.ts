/** A limit over all slices: which are beyond it, which only seem to be, and which cannot be told. */
import { holm, upperTail } from '../chance.ts';
import type { Figures } from '../directions.ts';
import { LEAST_UNITS } from '../units.ts';
import { plain } from '../words.ts';

export type Slice = Figures['slices'][number];

/** One slice against one limit. */
export interface Excess {
  readonly slice: Slice;
  /** How far beyond the limit its figure is, in the metric's unit; below zero: how far within. */
  readonly missing: number;
  /**
   * What chance must not explain, in the metric's unit: below a floor, how far; worse than the champion, how much worse at
   * all. A drop beyond its limit refuses when the slice is shown to be worse, not only when it is shown to be worse by that much:
   * a slice of a thousand rows would have to be three times over the limit to be caught.
   */
  readonly tested: number;
  /** No excess, only rounding, up to here. */
  readonly rounding: number;
  /** Beyond what, with the figures. */
  readonly reason: string;
  /** Of the figure that `missing` is from; absent in evidence of earlier versions. */
  readonly error: { readonly standardError: number; readonly units: number } | null;
}

export interface JudgedLimit {
  readonly beyond: readonly Excess[];
  /** Beyond by their figures, by no more than chance explains. */
  readonly byChance: readonly Excess[];
  /** Too few independent rows, days or clusters. */
  readonly tooFew: readonly Slice[];
  /** No slice has an interval: judged by the figures alone, as earlier versions did. */
  readonly byFigures: boolean;
}

/**
 * A slice is beyond when its figure is, and chance shows as much as what is tested, on any slice, with a probability of at most
 * `level` although there is nothing: one-sided tests, by Student's t or the normal distribution, corrected over the slices by Holm.
 */
export function judgeLimit(all: readonly Excess[], level: number): JudgedLimit {
  if (all.every(({ error }) => error === null))
    return { beyond: all.filter(seemsBeyond), byChance: [], tooFew: [], byFigures: all.length > 0 };
  const tested = all.flatMap((excess) => {
    const p = probability(excess);
    return p === null ? [] : [{ ...excess, p }];
  });
  const rejected = holm(
    tested.map(({ p }) => p),
    level,
  );
  const shown = tested.map((each) => ({ ...each, reason: `${each.reason}, ${chanceInWords(each.p, tested.length)}` }));
  return {
    beyond: shown.filter((excess, at) => rejected[at] && seemsBeyond(excess)),
    byChance: tested.filter((excess, at) => !rejected[at] && seemsBeyond(excess)),
    tooFew: all.filter((excess) => probability(excess) === null).map(({ slice }) => slice),
    byFigures: false,
  };
}

const seemsBeyond = ({ missing, rounding }: Excess): boolean => missing > rounding;

/** That chance shows as much as what is tested where there is nothing; null where too little is known of the slice. */
function probability(excess: Excess): number | null {
  const { tested, error } = excess;
  if (!error || error.units < LEAST_UNITS || Number.isNaN(error.standardError)) return null;
  if (error.standardError === 0) return tested > excess.rounding ? 0 : 1;
  return upperTail(tested / error.standardError, error.units);
}

const chanceInWords = (p: number, slices: number): string =>
  `which chance shows with probability ${p < 0.0001 ? 'below 0.0001' : plain(p, 4)}${slices > 1 ? `; ${slices} slices were tested` : ''}`;
