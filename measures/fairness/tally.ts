/** Rows by group and outcome: all that rates are computed from. */
import type { Units } from '../statistics/units.ts';
import { membersOf } from '../statistics/units.ts';
import { OUTCOMES } from './outcomes.ts';

/** Lists by group and outcome: `group * OUTCOMES + outcome`. */
export interface Tally {
  readonly rows: Float64Array;
  /** With a weight above 0. */
  readonly counted: Float64Array;
  /** Sums of weights, and of their squares. */
  readonly weight: Float64Array;
  readonly squares: Float64Array;
}
/** What is counted: by row its group (−1: none) and outcome. */
export interface Counted {
  readonly groups: Int32Array;
  readonly outcomes: Uint8Array;
  /** Null: all count the same. */
  readonly weights: Float64Array | null;
  readonly count: number;
}

export function tallied({ groups, outcomes, weights, count }: Counted): Tally {
  const [rows, counted, weight, squares] = Array.from({ length: 4 }, () => new Float64Array(count * OUTCOMES)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let row = 0; row < groups.length; row++) {
    const group = groups[row] as number;
    if (group < 0) continue;
    const at = group * OUTCOMES + (outcomes[row] as number);
    const own = weights ? (weights[row] as number) : 1;
    rows[at] = (rows[at] as number) + 1;
    if (own === 0) continue;
    counted[at] = (counted[at] as number) + 1;
    weight[at] = (weight[at] as number) + own;
    squares[at] = (squares[at] as number) + own * own;
  }
  return { rows, counted, weight, squares };
}

/**
 * Weights of one unit after the other by group and outcome, and the groups that have any there. Both are used again: what is
 * to stay must be copied.
 */
export function* byUnit(
  { groups, outcomes, weights, count }: Counted,
  units: Units,
): Generator<{ readonly weight: Float64Array; readonly groups: readonly number[] }> {
  const { starts, rows } = membersOf(units);
  const weight = new Float64Array(count * OUTCOMES);
  const there = new Uint8Array(count);
  for (let unit = 0; unit < units.count; unit++) {
    const touched: number[] = [];
    for (let at = starts[unit] as number; at < (starts[unit + 1] as number); at++) {
      const row = rows[at] as number;
      const group = groups[row] as number;
      const own = weights ? (weights[row] as number) : 1;
      if (group < 0 || own === 0) continue;
      if (there[group] === 0) {
        there[group] = 1;
        touched.push(group);
      }
      const cell = group * OUTCOMES + (outcomes[row] as number);
      weight[cell] = (weight[cell] as number) + own;
    }
    if (touched.length > 0) yield { weight, groups: touched };
    for (const group of touched) {
      there[group] = 0;
      weight.fill(0, group * OUTCOMES, (group + 1) * OUTCOMES);
    }
  }
}
