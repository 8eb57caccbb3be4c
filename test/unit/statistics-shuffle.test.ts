import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MersenneTwister } from '#measures/statistics/drift/mersenne-twister.ts';

test('what a shuffle leaves behind a place is counted without shuffling, by the same draws', () => {
  const sizes = fc
    .integer({ min: 1, max: 3_000 })
    .chain((length) => fc.tuple(fc.constant(length), fc.integer({ min: 1, max: length })));
  fc.assert(
    fc.property(sizes, fc.integer({ min: 0, max: 2 ** 31 - 1 }), ([length, first], seed) => {
      const [whole, counted] = [new MersenneTwister(seed), new MersenneTwister(seed)];
      const items = Int32Array.from({ length }, (_, i) => (i * 7919) % 13);
      const spoiled = new Int32Array(2 ** Math.ceil(Math.log2(length)));
      // More than once: the generator must end where the shuffle leaves it.
      for (let round = 0; round < 3; round++) {
        const shuffled = items.slice();
        whole.shuffle(shuffled);
        const expected = new Int32Array(13);
        for (const item of shuffled.subarray(first)) expected[item]! += 1;
        const counts = new Int32Array(13);
        spoiled.set(items);
        counted.countShuffled(spoiled, length, first, counts);
        expect(counts).toEqual(expected);
      }
      expect(counted.next()).toBe(whole.next());
    }),
    { numRuns: 60 },
  );
});
