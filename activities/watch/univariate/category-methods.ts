/** How far a chunk of categories lies from the reference: NannyML's four methods. */
import { chiSquareTail } from '#measures/statistics/drift/chi-square-tail.ts';
import { hellinger, jensenShannon, withLeftover } from './share-distances.ts';

/** Rows of each category that the reference or the chunk has, both sides in the same order. */
export interface Counts {
  readonly reference: readonly number[];
  readonly chunk: readonly number[];
}

export interface CategoryMethod {
  of(counts: Counts): number;
  /** A method that decides by its own p-value, whatever the limits: true when it alerts. */
  alert?(value: number, counts: Counts): boolean;
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

export const categoryMethods: Readonly<Record<string, CategoryMethod>> = {
  jensen_shannon: { of: (counts) => jensenShannon(...overReference(counts)) },
  hellinger: { of: (counts) => hellinger(...overReference(counts)) },
  /** The largest change of one category's share. */
  l_infinity: {
    of: ({ reference, chunk }) => {
      const [a, b] = [total(reference), total(chunk)];
      return reference.reduce((most, count, at) => Math.max(most, Math.abs(count / a - (chunk[at] as number) / b)), 0);
    },
  },
  /** Pearson's statistic of independence, with Yates' correction for two categories; alerts on p < 0.05. */
  chi2: {
    of: statistic,
    alert: (value, counts) => chiSquareTail(value, present(counts).reference.length - 1) < 0.05,
  },
};

/** Shares over the reference's categories; those that it lacks are one. */
function overReference({ reference, chunk }: Counts): [number[], number[]] {
  const [a, b] = [total(reference), total(chunk)];
  const known = reference.flatMap((count, at) => (count > 0 ? [at] : []));
  return withLeftover(
    known.map((at) => (reference[at] as number) / a),
    known.map((at) => (chunk[at] as number) / b),
  );
}

function present({ reference, chunk }: Counts): Counts {
  const kept = reference.flatMap((count, at) => (count > 0 || (chunk[at] as number) > 0 ? [at] : []));
  return {
    reference: kept.map((at) => reference[at] as number),
    chunk: kept.map((at) => chunk[at] as number),
  };
}

function statistic(counts: Counts): number {
  const { reference, chunk } = present(counts);
  // One category cannot differ.
  if (reference.length < 2) return 0;
  const [a, b] = [total(reference), total(chunk)];
  const correction = reference.length === 2 ? 0.5 : 0;
  return reference.reduce((sum, count, at) => {
    const both = count + (chunk[at] as number);
    const expectedHere = (both * a) / (a + b);
    const expectedThere = (both * b) / (a + b);
    const gap = Math.max(Math.abs(count - expectedHere) - correction, 0);
    return sum + gap ** 2 / expectedHere + gap ** 2 / expectedThere;
  }, 0);
}
