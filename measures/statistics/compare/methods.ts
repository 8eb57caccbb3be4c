/** The comparisons beside the bootstrap, by the name that users write. */
import type { Metric } from '../metric.ts';
import type { BinaryRows, Rows } from '../rows.ts';
import type { Units } from '../units.ts';
import { delong } from './delong.ts';
import { mcnemar } from './mcnemar.ts';
import { pairedT } from './paired-t.ts';
import type { PairedTest } from './paired-test.ts';
import { wilcoxon } from './wilcoxon.ts';

interface TestOptions {
  readonly confidence: number;
  readonly weights: Float64Array | null;
  readonly units: Units | null;
}

export interface PairedMethod {
  /** What the evidence calls it. */
  readonly name: string;
  fits(metric: Metric): boolean;
  /** It takes rows as independent and of one weight. */
  readonly plainRows: boolean;
  /** What a reader must know of its figures. */
  readonly note: string | null;
  /** null where a model's output does not carry the metric. */
  compare(metric: Metric, candidate: Rows, champion: Rows, options: TestOptions): PairedTest | null;
}

export const pairedMethods = {
  delong: {
    name: 'delong',
    fits: ({ name }) => name === 'roc_auc',
    plainRows: true,
    note: null,
    // Only metrics that fit come here, and roc_auc is of two classes.
    compare: (_, candidate, champion, { confidence }) =>
      delong(candidate as BinaryRows, champion as BinaryRows, confidence),
  },
  mcnemar: {
    name: 'mcnemar-midp',
    fits: ({ name }) => name === 'accuracy',
    plainRows: true,
    note: null,
    compare: (metric, candidate, champion, { confidence }) =>
      both(metric, candidate, champion, (own, theirs) => mcnemar(own, theirs, confidence)),
  },
  t: {
    name: 'paired-t',
    fits: ({ byRow }) => byRow !== undefined,
    plainRows: false,
    note: null,
    compare: (metric, candidate, champion, { confidence, weights, units }) =>
      both(metric, candidate, champion, (own, theirs) =>
        pairedT(gains(metric, own, theirs), weights, units, confidence),
      ),
  },
  wilcoxon: {
    name: 'wilcoxon',
    fits: ({ name, byRow }) => byRow !== undefined && name !== 'accuracy',
    plainRows: true,
    note: 'compared by the pseudo-median of what each row gains (Wilcoxon), not by the difference of the means',
    compare: (metric, candidate, champion, { confidence }) =>
      both(metric, candidate, champion, (own, theirs) => wilcoxon(gains(metric, own, theirs), confidence)),
  },
} satisfies Record<string, PairedMethod>;

function both(
  { byRow }: Metric,
  candidate: Rows,
  champion: Rows,
  compare: (own: Float64Array, theirs: Float64Array) => PairedTest,
): PairedTest | null {
  const [own, theirs] = [byRow?.(candidate), byRow?.(champion)];
  return own && theirs ? compare(own, theirs) : null;
}

/** By row, in the direction of better. */
const gains = ({ higherIsBetter }: Metric, own: Float64Array, theirs: Float64Array): Float64Array =>
  own.map((value, row) => (higherIsBetter ? value - (theirs[row] as number) : (theirs[row] as number) - value));
