/** What each row came out as, in three bits: the truth, what the candidate said of it, what the champion said. */
import type { RateName } from '#contracts/fairness.ts';
import { type BinaryRows, bytesOf, type MulticlassRows, type Rows } from '../statistics/rows.ts';

/** Outcomes are below this. */
export const OUTCOMES = 8;
const TRUTH = 1;
const CANDIDATE = 2;
const CHAMPION = 4;

export type FairRows = BinaryRows | MulticlassRows;
export interface Outcomes {
  readonly of: Uint8Array;
  readonly rates: readonly RateName[];
  readonly sides: readonly ('candidate' | 'champion')[];
}

const predicted: Record<'candidate' | 'champion', number> = { candidate: CANDIDATE, champion: CHAMPION };

/** Of several classes the truth is that the row has one, and what a model said is whether it was right: accuracy is all there is. */
export function outcomesOf(candidate: FairRows, champion: Rows | null): Outcomes {
  const [own, theirs] = [saidBy(candidate), champion && saidBy(champion as FairRows)];
  const of = bytesOf(own, (said, row) => {
    const truth = candidate.task === 'binary' ? (candidate.y[row] as number) : 1;
    return truth * TRUTH + said * CANDIDATE + (theirs ? (theirs[row] as number) : 0) * CHAMPION;
  });
  return {
    of,
    rates:
      candidate.task === 'binary'
        ? ['selection_rate', 'true_positive_rate', 'false_positive_rate', 'precision', 'accuracy']
        : ['accuracy'],
    sides: champion ? ['candidate', 'champion'] : ['candidate'],
  };
}

function saidBy(rows: FairRows): Uint8Array {
  if (rows.task === 'binary') return bytesOf(rows.score, (score) => (score >= rows.threshold ? 1 : 0));
  return bytesOf(rows.predicted, (label, row) => (label === rows.y[row] ? 1 : 0));
}

/** A rate of one side by outcome: 1 where a row of it is counted below, and above the line. */
export interface Ratio {
  readonly below: Uint8Array;
  readonly above: Uint8Array;
}

type Bits = readonly [truth: boolean, said: boolean];
const below: Readonly<Record<RateName, (...bits: Bits) => boolean>> = {
  selection_rate: () => true,
  true_positive_rate: (truth) => truth,
  false_positive_rate: (truth) => !truth,
  precision: (_truth, said) => said,
  accuracy: () => true,
};
const above: typeof below = {
  selection_rate: (_truth, said) => said,
  true_positive_rate: (truth, said) => truth && said,
  false_positive_rate: (truth, said) => !truth && said,
  precision: (truth, said) => truth && said,
  accuracy: (truth, said) => truth === said,
};

export function ratioOf(rate: RateName, side: 'candidate' | 'champion'): Ratio {
  const by = (counts: (...bits: Bits) => boolean) =>
    bytesOf(new Uint8Array(OUTCOMES), (_, outcome) =>
      counts((outcome & TRUTH) > 0, (outcome & predicted[side]) > 0) ? 1 : 0,
    );
  return { below: by(below[rate]), above: by(above[rate]) };
}

export const isPositive = (outcome: number): boolean => (outcome & TRUTH) > 0;
