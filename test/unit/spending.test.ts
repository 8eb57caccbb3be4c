/** A level that is shared among looks: never more than all of it, and never given back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { levelOf, spent } from '#decisions/gate/spending.ts';

const spending = fc.constantFrom('obrien-fleming' as const, 'pocock' as const);
const level = fc.double({ min: 1e-4, max: 0.1, noNaN: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('what is spent', () => {
  it('grows with the share of the looks, from nothing to the whole level', () => {
    fc.assert(
      fc.property(spending, level, share, share, (how, all, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)].map((at) => spent(how, all, at)) as [number, number];
        expect(less).toBeLessThanOrEqual(more * (1 + 1e-9));
        expect(more).toBeLessThanOrEqual(all * (1 + 1e-6));
        expect(spent(how, all, 0)).toBe(0);
        expect(spent(how, all, 1)).toBe(all);
      }),
    );
  });

  it('is what the functions of Lan and DeMets say', () => {
    // α ln(1 + (e − 1) t) and 2 − 2 Φ(z(α/2) / √t) at α = 0.025: by the error function of C.
    expect(spent('pocock', 0.025, 0.5)).toBeCloseTo(0.025 * Math.log(1 + (Math.E - 1) / 2), 12);
    expect(spent('pocock', 0.025, 0.2)).toBeCloseTo(0.00738, 5);
    expect(spent('obrien-fleming', 0.025, 0.5)).toBeCloseTo(0.00153, 5);
    expect(spent('obrien-fleming', 0.025, 0.75)).toBeCloseTo(0.00965, 5);
    expect(spent('obrien-fleming', 0.025, 0.2)).toBeLessThan(1e-6);
  });
});

describe('the level of one look', () => {
  it('is part of what is left, and all looks together have no more than the level', () => {
    fc.assert(
      fc.property(spending, level, fc.integer({ min: 2, max: 20 }), (how, all, most) => {
        let used = 0;
        for (let look = 1; look <= most; look++) {
          const { at, left } = levelOf({ most, spending: how }, all, look);
          expect(at).toBeGreaterThanOrEqual(0);
          used += at;
          expect(used + left).toBeCloseTo(all, 9);
        }
        expect(used).toBeLessThanOrEqual(all * (1 + 1e-9));
        expect(levelOf({ most, spending: how }, all, most + 1)).toEqual({ at: 0, left: 0 });
      }),
    );
  });
});
