import type { Weights } from './metric.ts';
import { type BinaryRows, bytesOf } from './rows.ts';

/** The four cells of a binary confusion matrix, by weight. */
interface BinaryCounts {
  readonly tn: number;
  readonly fp: number;
  readonly fn: number;
  readonly tp: number;
}

type Counting = (weights: Weights) => BinaryCounts;
// Six metrics read the same four cells: counted once for each model and each weighting.
const known = new WeakMap<BinaryRows, Counting>();

/** A row is predicted positive when its score ≥ the threshold. */
export function binaryCounts(rows: BinaryRows): Counting {
  const ready = known.get(rows);
  if (ready) return ready;
  const cell = bytesOf(rows.y, (y, i) => y * 2 + ((rows.score[i] as number) >= rows.threshold ? 1 : 0));
  let latest: { weights: Weights; counts: BinaryCounts } | null = null;
  const counting: Counting = (weights) => {
    if (latest?.weights !== weights) latest = { weights, counts: count(cell, weights) };
    return latest.counts;
  };
  known.set(rows, counting);
  return counting;
}

function count(cell: Uint8Array, weights: Weights): BinaryCounts {
  const sums = new Float64Array(4);
  for (let i = 0; i < cell.length; i++) {
    const at = cell[i] as number;
    sums[at] = (sums[at] as number) + (weights[i] as number);
  }
  const [tn, fp, fn, tp] = sums as unknown as [number, number, number, number]; // four entries by construction
  return { tn, fp, fn, tp };
}
