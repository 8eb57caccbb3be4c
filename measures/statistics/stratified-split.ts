import { MersenneTwister } from './drift/mersenne-twister.ts';

export interface Split {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/**
 * Random splits that keep the share of each class: scikit-learn's `StratifiedShuffleSplit(splits, test_size=share,
 * random_state=seed)`, row for row.
 * @param labels class of each row, from 0
 * @throws RangeError when a class has fewer than 2 rows, or either side fewer rows than there are classes
 */
export function* stratifiedSplits(
  labels: ArrayLike<number>,
  { splits, share, seed }: { splits: number; share: number; seed: number },
): Generator<Split> {
  const rowsOf = rowsByClass(labels);
  const counts = rowsOf.map((rows) => rows.length);
  const testRows = Math.ceil(share * labels.length);
  const trainRows = labels.length - testRows;
  if (counts.some((count) => count < 2) || Math.min(testRows, trainRows) < counts.length)
    throw new RangeError(`${labels.length} rows of ${counts.length} classes cannot be split`);
  const random = new MersenneTwister(seed);
  for (let split = 0; split < splits; split++) {
    const ofTrain = shares(counts, trainRows, random);
    const left = counts.map((count, at) => count - (ofTrain[at] as number));
    const ofTest = shares(left, testRows, random);
    const train: number[] = [];
    const test: number[] = [];
    for (const [at, rows] of rowsOf.entries()) {
      const order = permutation(rows.length, random);
      const first = ofTrain[at] as number;
      for (let i = 0; i < first; i++) train.push(rows[order[i] as number] as number);
      for (let i = first; i < first + (ofTest[at] as number); i++) test.push(rows[order[i] as number] as number);
    }
    const made = { train: Int32Array.from(train), test: Int32Array.from(test) };
    random.shuffle(made.train);
    random.shuffle(made.test);
    yield made;
  }
}

/** Row numbers of each class that occurs, classes ascending. */
function rowsByClass(labels: ArrayLike<number>): number[][] {
  const rows = new Map<number, number[]>();
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    const known = rows.get(label);
    if (known) known.push(row);
    else rows.set(label, [row]);
  }
  return [...rows.entries()].sort(([a], [b]) => a - b).map(([, found]) => found);
}

/** `draws` rows shared out in proportion, the remainder by its size, ties by lot: the mode of a multivariate hypergeometric. */
function shares(counts: readonly number[], draws: number, random: MersenneTwister): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const exact = counts.map((count) => (count / total) * draws);
  const taken = exact.map(Math.floor);
  let missing = Math.trunc(draws - taken.reduce((sum, count) => sum + count, 0));
  const remainders = exact.map((value, at) => value - (taken[at] as number));
  for (const value of [...new Set(remainders)].sort((a, b) => b - a)) {
    if (missing <= 0) break;
    const tied = remainders.flatMap((remainder, at) => (remainder === value ? [at] : []));
    const now = Math.min(tied.length, missing);
    for (const pick of permutation(tied.length, random).subarray(0, now)) {
      const at = tied[pick] as number;
      taken[at] = (taken[at] as number) + 1;
    }
    missing -= now;
  }
  return taken;
}

/** 0 … size − 1, shuffled. */
function permutation(size: number, random: MersenneTwister): Int32Array {
  const values = Int32Array.from({ length: size }, (_, at) => at);
  random.shuffle(values);
  return values;
}
