/** What chance shows: tails beside scipy 1.17.1 (`stats.t.sf`, `stats.norm.sf`, `stats.norm.ppf`), Holm beside its definition. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holm, standardErrors, upperTail } from '#decisions/gate/chance.ts';

describe('the upper tail', () => {
  it.each([
    [2, 8, 0.042809664281488025],
    [0.5, 9, 0.3152680377784882],
    [3.7, 29, 0.00046676856356796476],
    [-1.2, 12, 0.8723268587217827],
    [3.5, 50, 0.0005006636919721181],
    // From a thousand units on the normal distribution.
    [2, 1_000, 0.022750131948179195],
    [4.5, 1_000, 3.3976731247300535e-6],
    [-0.3, 5_000, 0.6179114221889526],
    [8, 1_000, 6.22096057427174e-16],
  ])('of %d with %d units is %d', (t, units, p) => {
    expect(upperTail(t, units) / p).toBeCloseTo(1, 12);
  });
  it('is nothing without an end, and not known of one unit', () => {
    expect(upperTail(Number.POSITIVE_INFINITY, 9)).toBe(0);
    expect(upperTail(Number.NEGATIVE_INFINITY, 9)).toBe(1);
    expect(upperTail(1, 1)).toBeNaN();
    expect(upperTail(Number.NaN, 9)).toBeNaN();
  });
  it('gives the width of an interval', () => {
    expect(standardErrors(0.95, 10)).toBeCloseTo(2.262157162798205, 7);
    for (const [confidence, z] of [
      [0.9, 1.6448536269514722],
      [0.95, 1.959963984540054],
      [0.99, 2.5758293035489004],
    ] as const)
      expect(standardErrors(confidence)).toBeCloseTo(z, 8);
  });
});

describe('Holm', () => {
  it('rejects step by step from the least on, until one does not', () => {
    // 0.005 ≤ 0.05 / 4 and 0.01 ≤ 0.05 / 3, but 0.03 > 0.05 / 2: and 0.04 ≤ 0.05 does not count any more.
    expect(holm([0.01, 0.04, 0.03, 0.005], 0.05)).toEqual([true, false, false, true]);
    expect(holm([], 0.05)).toEqual([]);
    expect(holm([Number.NaN, 0.03], 0.05)).toEqual([false, false]);
    expect(holm([Number.NaN, 0.02], 0.05)).toEqual([false, true]);
  });
  const ps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });
  it('rejects what Bonferroni rejects and nothing that a single test would not', () => {
    fc.assert(
      fc.property(ps, (all) => {
        for (const [at, rejects] of holm(all, 0.05).entries()) {
          const p = all[at] as number;
          if (p <= 0.05 / all.length) expect(rejects).toBe(true);
          if (p > 0.05) expect(rejects).toBe(false);
        }
      }),
    );
  });
  it('does not depend on the order, and a smaller p never takes back a rejection', () => {
    fc.assert(
      fc.property(ps, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (all, which, share) => {
        const turned = holm(all.toReversed(), 0.05).reverse();
        expect(turned).toEqual(holm(all, 0.05));
        const at = all.length === 0 ? 0 : which % all.length;
        const less = all.map((p, index) => (index === at ? p * share : p));
        const after = holm(less, 0.05);
        for (const [index, rejects] of holm(all, 0.05).entries()) if (rejects) expect(after[index]).toBe(true);
      }),
    );
  });
});

describe('forty slices without a difference', () => {
  it('refuse at most as often as the level says', () => {
    const normal = seeded(7);
    const draws = 4_000;
    let refused = 0;
    for (let draw = 0; draw < draws; draw++) {
      const ps = Array.from({ length: 40 }, () => upperTail(normal(), 200));
      if (holm(ps, 0.05).some(Boolean)) refused++;
    }
    // The Monte-Carlo error is 0.35 points at 5 %: three of them.
    expect(refused / draws).toBeLessThan(0.05 + 3 * 0.0035);
    expect(refused / draws).toBeGreaterThan(0.05 - 3 * 0.0035);
  });
});

/** Standard normal draws by Box and Muller from a small generator, the same each time. */
function seeded(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
