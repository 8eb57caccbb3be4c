const SIZE = 624;
const AHEAD = 397;

/** MT19937 seeded with one number, and the shuffle that numpy's `RandomState` makes with it: the same seed permutes alike. */
export class MersenneTwister {
  private readonly state = new Int32Array(SIZE);
  private readonly drawn = new Int32Array(SIZE);
  private index = SIZE;

  constructor(seed: number) {
    this.state[0] = seed;
    for (let i = 1; i < SIZE; i++) {
      const last = this.state[i - 1]!;
      this.state[i] = Math.imul(1812433253, last ^ (last >>> 30)) + i;
    }
  }

  next(): number {
    if (this.index === SIZE) this.refill();
    return this.drawn[this.index++]! >>> 0;
  }

  /** In place; Fisher–Yates from the end, with masked rejection. */
  shuffle(items: Int32Array): void {
    for (let i = items.length - 1; i > 0; i--) {
      const mask = maskOf(i);
      let j = this.next() & mask;
      // `&` is signed: a mask of all 32 bits does not occur below 2^31 items.
      while (j > i) j = this.next() & mask;
      const kept = items[i]!;
      items[i] = items[j]!;
      items[j] = kept;
    }
  }

  /**
   * What stands at `first` and behind it after a `shuffle` of the first `length` items, counted into `counts` by value.
   * The generator ends where the shuffle would leave it. Several times as fast: whatever is swapped before `first` stays
   * before it, so there only the draws are made; and a rejected draw costs no branch, which a processor guesses wrong
   * every other time.
   *
   * @param first at least 1.
   * @param items spoiled; as long as the power of two above `length`, because a rejected draw may point there.
   */
  countShuffled(items: Int32Array, length: number, first: number, counts: Int32Array): void {
    const { drawn } = this;
    let { index } = this;
    for (let i = length - 1; i > 0; ) {
      const mask = maskOf(i);
      // The mask holds down to half of itself.
      const half = mask >>> 1;
      const stop = i >= first ? Math.max(half, first - 1) : half;
      const swaps = i >= first;
      while (i > stop) {
        if (index === SIZE) {
          this.refill();
          index = 0;
        }
        const j = drawn[index++]! & mask;
        const accepted = (j - i - 1) >>> 31;
        if (swaps) {
          const item = items[j]!;
          counts[item]! += accepted;
          items[j] = accepted ? items[i]! : item;
        }
        i -= accepted;
      }
    }
    this.index = index;
  }

  private refill(): void {
    const { state, drawn } = this;
    for (let i = 0; i < SIZE; i++) {
      const next = i + 1 < SIZE ? i + 1 : 0;
      const far = i + AHEAD < SIZE ? i + AHEAD : i + AHEAD - SIZE;
      const y = (state[i]! & 0x80000000) | (state[next]! & 0x7fffffff);
      state[i] = state[far]! ^ (y >>> 1) ^ (-(y & 1) & 0x9908b0df);
    }
    for (let i = 0; i < SIZE; i++) {
      let y = state[i]!;
      y ^= y >>> 11;
      y ^= (y << 7) & 0x9d2c5680;
      y ^= (y << 15) & 0xefc60000;
      drawn[i] = y ^ (y >>> 18);
    }
    this.index = 0;
  }
}

/** The smallest 2^k − 1 that is not below `i`. */
function maskOf(i: number): number {
  return 2 ** (32 - Math.clz32(i)) - 1;
}
