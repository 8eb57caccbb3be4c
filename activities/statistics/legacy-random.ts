import { mersenne } from 'pure-rand/generator/mersenne';

/**
 * The shuffles of numpy's `RandomState`: MT19937, masked rejection, Fisher–Yates from the end. Whoever draws the same
 * things in the same order gets scikit-learn's splits, permutation for permutation.
 */
export interface LegacyRandom {
  /** 0 … size − 1, shuffled. */
  permutation(size: number): Int32Array;
  /** Shuffles in place. */
  shuffle(values: Int32Array): void;
}

/** @param seed below 2³² */
export function legacyRandom(seed: number): LegacyRandom {
  const random = mersenne(seed);
  /** Uniform over 0 … max, both inclusive. */
  const below = (max: number): number => {
    const mask = max === 0 ? 0 : 0xffff_ffff >>> Math.clz32(max);
    for (;;) {
      const drawn = (random.next() & mask) >>> 0;
      if (drawn <= max) return drawn;
    }
  };
  const shuffle = (values: Int32Array) => {
    for (let at = values.length - 1; at > 0; at--) {
      const other = below(at);
      const kept = values[at] as number;
      values[at] = values[other] as number;
      values[other] = kept;
    }
  };
  return {
    shuffle,
    permutation: (size) => {
      const values = Int32Array.from({ length: size }, (_, at) => at);
      shuffle(values);
      return values;
    },
  };
}
