import { normalQuantile } from '../normal-quantile.ts';
import { ranked } from '../ranked.ts';
import type { BinaryRows } from '../rows.ts';
import { normalTwoSided } from './normal-tail.ts';
import type { PairedTest } from './paired-test.ts';

/**
 * Two ROC AUCs on the same rows (DeLong, DeLong & Clarke-Pearson 1988, by the ranks of Sun & Xu 2014): the difference with
 * its normal interval and p-value. Rows are independent and count the same. NaN for fewer than two rows of either class; two
 * models that rank alike have the difference 0, the interval 0 … 0 and no p-value.
 */
export function delong(candidate: BinaryRows, champion: BinaryRows, confidence: number): PairedTest {
  const [own, theirs] = [placements(candidate), placements(champion)];
  const difference = own.auc - theirs.auc;
  const standardError = Math.sqrt(varianceOf(own, theirs, candidate.y));
  const half = normalQuantile(1 - (1 - confidence) / 2) * standardError;
  return {
    difference,
    lower: difference - half,
    upper: difference + half,
    standardError,
    pValue: standardError === 0 ? Number.NaN : normalTwoSided(difference / standardError),
  };
}

interface Placements {
  readonly auc: number;
  readonly positives: number;
  readonly negatives: number;
  /** By row: of a positive one the share of negatives that it scores above, of a negative one that of positives above it; ties count half. */
  readonly of: Float64Array;
}

function placements(rows: BinaryRows): Placements {
  const { order, positive, ends } = ranked(rows);
  const positives = positive.reduce((sum, one) => sum + one, 0);
  const negatives = order.length - positives;
  const of = new Float64Array(order.length);
  let [above, below, area] = [0, negatives, 0];
  for (let from = 0, rank = 0; rank < order.length; rank++) {
    if (ends[rank] !== 1) continue;
    let tied = 0;
    for (let at = from; at <= rank; at++) tied += positive[at] as number;
    const others = rank + 1 - from - tied;
    below -= others;
    for (let at = from; at <= rank; at++)
      of[order[at] as number] = positive[at] === 1 ? (below + others / 2) / negatives : (above + tied / 2) / positives;
    area += tied * (below + others / 2);
    above += tied;
    from = rank + 1;
  }
  return { auc: area / (positives * negatives), positives, negatives, of };
}

/** Of the difference: within each class the variance of the differences of placements, over its rows. */
function varianceOf(own: Placements, theirs: Placements, y: Uint8Array): number {
  const { positives, negatives } = own;
  if (positives < 2 || negatives < 2) return Number.NaN;
  const difference = own.auc - theirs.auc;
  const squares = [0, 0];
  for (let row = 0; row < y.length; row++) {
    const side = y[row] as number;
    squares[side] =
      (squares[side] as number) + ((own.of[row] as number) - (theirs.of[row] as number) - difference) ** 2;
  }
  const [ofNegatives, ofPositives] = squares as [number, number];
  return ofPositives / (positives - 1) / positives + ofNegatives / (negatives - 1) / negatives;
}
