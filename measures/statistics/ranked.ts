import { descending } from './order.ts';
import type { BinaryRows } from './rows.ts';

/** Rows by falling score, with the end of each group of equal scores marked: what ranking metrics and curves walk. */
export interface Ranked {
  readonly order: Int32Array;
  /** 1 when the row at this rank is positive. */
  readonly positive: Uint8Array;
  /** 1 at the last rank of a group of equal scores. */
  readonly ends: Uint8Array;
}

// AUC, average precision and both curves of one model walk the same ranking: sort once.
const known = new WeakMap<BinaryRows, Ranked>();

export function ranked(rows: BinaryRows): Ranked {
  const ready = known.get(rows);
  if (ready) return ready;
  const order = descending(rows.score);
  const positive = new Uint8Array(order.length);
  const ends = new Uint8Array(order.length);
  for (let rank = 0; rank < order.length; rank++) {
    const row = order[rank] as number;
    positive[rank] = rows.y[row] as number;
    const last = rank === order.length - 1 || rows.score[order[rank + 1] as number] !== rows.score[row];
    ends[rank] = last ? 1 : 0;
  }
  const made = { order, positive, ends };
  known.set(rows, made);
  return made;
}
