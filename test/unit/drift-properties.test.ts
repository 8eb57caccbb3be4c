import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DriftMethod } from '#contracts/drift.ts';
import { type Cells, countSorted, edgeOf, fit, mergeCells } from '#measures/drift/cells.ts';
import { mergeProfiles } from '#measures/drift/merge-profiles.ts';
import { NumberCounter } from '#measures/drift/number-counter.ts';
import { readProfile, writeProfile } from '#measures/drift/profile/file.ts';
import type { NumberColumn, Profile } from '#measures/drift/profile/profile.ts';
import { radixSort } from '#measures/drift/radix-sort.ts';
import { numberSides } from '#measures/drift/sides.ts';
import { countsOfNumbers } from '#measures/statistics/drift/category-counts.ts';
import { type DriftStatistic, isDrifted, NotTestable } from '#measures/statistics/drift/method.ts';
import { driftStatistic } from '#measures/statistics/drift/registry.ts';
import { spreadOf, wasserstein } from '#measures/statistics/drift/wasserstein.ts';

const driftStatistics = new Map<string, DriftStatistic>(
  await Promise.all(DriftMethod.options.map(async (name) => [name, await driftStatistic(name)] as const)),
);

/** Numbers as they come: small whole ones with ties, wide ones, tiny ones. */
const number = fc.oneof(
  fc.integer({ min: -6, max: 6 }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.double({ min: -1e-9, max: 1e-9, noNaN: true }),
);
const numbers = (minLength = 2) => fc.array(number, { minLength, maxLength: 60 });

function column(values: readonly number[], most = Number.POSITIVE_INFINITY, step = 0): NumberColumn {
  const counter = new NumberCounter({ rows: values.length, most, step }, new Float64Array(values.length));
  for (let start = 0; start < values.length; start += 7)
    counter.add(Float64Array.from(values.slice(start, start + 7)), Math.min(7, values.length - start));
  return counter.finish('x', 'DOUBLE', false);
}
const sides = (a: readonly number[], b: readonly number[]) => numberSides(column(a), column(b));
const plain = ({ step, values, counts }: Cells) => ({ step, values: [...values], counts: [...counts] });
const profileOf = (values: readonly number[]): Profile => ({
  rows: values.length,
  columns: new Map([['x', column(values)]]),
});

/** They shuffle a hundred or a thousand times. */
const slow = new Set<string>(['TVD', 'empirical_mmd']);

/** The value of every method that can be applied. */
function valuesOf(a: readonly number[], b: readonly number[], all = true): [string, number][] {
  const { reference, current } = sides(a, b);
  return [...driftStatistics].flatMap(([name, method]) => {
    if (!all && slow.has(name)) return [];
    try {
      const value = method.numbers
        ? method.numbers(reference, current)
        : method.categories!(countsOfNumbers(reference, current));
      return [[name, value] as [string, number]];
    } catch (error) {
      if (error instanceof NotTestable) return [];
      throw error;
    }
  });
}

describe('drift', () => {
  it('of a sample with itself is none', () => {
    fc.assert(
      fc.property(numbers(), (values) => {
        for (const [name, value] of valuesOf(values, values)) {
          const method = driftStatistics.get(name)!;
          // With ties its statistic is not 0; see docs/evidently.md. An undefined value is no drift.
          if (name === 'cramer_von_mises' || Number.isNaN(value)) continue;
          if (method.measures === 'distance') expect(value, name).toBeLessThan(1e-7);
          expect(isDrifted(method, value, method.threshold), `${name} ${value}`).toBe(false);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('does not depend on the order of the rows', () => {
    fc.assert(
      fc.property(numbers(), numbers(), fc.infiniteStream(fc.nat()), (a, b, random) => {
        const shuffled = [...a].map((value) => ({ value, at: random.next().value! })).sort((x, y) => x.at - y.at);
        expect(
          valuesOf(
            shuffled.map(({ value }) => value),
            b,
          ),
        ).toEqual(valuesOf(a, b));
      }),
      { numRuns: 20 },
    );
  });

  it('has p-values in [0, 1] and distances from 0 on', () => {
    fc.assert(
      fc.property(numbers(), numbers(), (a, b) => {
        for (const [name, value] of valuesOf(a, b)) {
          if (Number.isNaN(value)) continue;
          expect(value, name).toBeGreaterThanOrEqual(-1e-12);
          if (driftStatistics.get(name)!.measures === 'p_value') expect(value, name).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is symmetric by psi, Jensen-Shannon, Hellinger and energy distance', () => {
    fc.assert(
      fc.property(numbers(25), numbers(25), (a, b) => {
        // Numbers become bins by the distinct values of the reference: both sides have enough of them here.
        const there = new Map(valuesOf(a, b, false));
        const back = new Map(valuesOf(b, a, false));
        const many = new Set(a).size > 20 && new Set(b).size > 20;
        for (const name of many ? ['psi', 'jensenshannon', 'hellinger', 'ed'] : ['hellinger', 'ed'])
          expect(there.get(name), name).toBeCloseTo(back.get(name)!, 9);
      }),
    );
  });
});

describe('a profile', () => {
  it('merges into that of the union, exact or in cells', () => {
    fc.assert(
      fc.property(numbers(1), numbers(1), fc.integer({ min: 2, max: 12 }), (a, b, most) => {
        const merged = mergeCells(column(a, most), column(b, most), most);
        expect(plain(merged)).toEqual(plain(column([...a, ...b], most)));
        const whole = mergeProfiles([profileOf(a), profileOf(b)]);
        expect(whole).toEqual(mergeProfiles([profileOf(b), profileOf(a)]));
        expect(whole.columns.get('x')).toMatchObject({ ...column([...a, ...b]) });
      }),
    );
  });

  it('counts texts as their union would be counted', () => {
    const texts = fc.array(fc.string({ maxLength: 3 }), { minLength: 1, maxLength: 30 });
    const counted = (values: readonly string[]): Profile => {
      const names = [...new Set(values)].sort();
      const counts = Float64Array.from(names, (name) => values.filter((value) => value === name).length);
      const base = { of: 'texts', name: 'x', type: 'VARCHAR', nulls: 0, boolean: false, kept: 'values' } as const;
      return {
        rows: values.length,
        columns: new Map([['x', { ...base, distinct: names.length, values: names, counts }]]),
      };
    };
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        const merged = mergeProfiles([counted(a), counted(b)]).columns.get('x');
        const whole = counted([...a, ...b]).columns.get('x');
        if (merged?.of !== 'texts' || whole?.of !== 'texts') throw new Error('not texts');
        const sorted = (of: typeof whole) => of.values.map((value, i) => [value, of.counts[i]] as const).sort();
        expect(sorted(merged)).toEqual(sorted(whole));
        expect(merged.distinct).toBe(whole.distinct);
      }),
    );
  });

  it('keeps the Wasserstein distance within the stated bound', () => {
    fc.assert(
      fc.property(numbers(), numbers(), fc.integer({ min: 3, max: 20 }), (a, b, most) => {
        const exact = sides(a, b);
        const before = column(a, most);
        const sketch = numberSides(before, column(b, most, before.step));
        const value = wasserstein.numbers!(sketch.reference, sketch.current);
        // Where the spread is below the floor of the norm, both are divided by the same.
        const bound =
          (sketch.step + (value * sketch.step) / 2) / Math.min(spreadOf(sketch.reference), spreadOf(exact.reference));
        expect(Math.abs(value - wasserstein.numbers!(exact.reference, exact.current))).toBeLessThanOrEqual(
          bound + 1e-9,
        );
      }),
    );
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(numbers(1), (values) => {
        const profile = profileOf(values);
        expect(readProfile(writeProfile(profile), 'it')).toEqual(profile);
      }),
    );
  });
});

describe('counting', () => {
  it('sorts as sorting does', () => {
    const seeds = fc.tuple(fc.integer(), fc.constantFrom(1, 1e9, 1e-9, 1e300), fc.constantFrom(0, 1e12));
    fc.assert(
      fc.property(seeds, ([seed, scale, offset]) => {
        let state = seed >>> 0;
        const values = Float64Array.from({ length: 5_000 }, () => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
          return (state / 2 ** 32 - 0.5) * scale + offset;
        });
        const expected = values.slice().sort();
        radixSort(values, new Float64Array(values.length));
        expect(Buffer.from(values.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
      }),
      { numRuns: 12 },
    );
  });

  it('takes the least power of two for a width', () => {
    fc.assert(
      fc.property(numbers(1), fc.integer({ min: 2, max: 12 }), (values, most) => {
        const exact = countSorted(Float64Array.from(values, (value) => value + 0).sort());
        const cells = fit(exact, most);
        expect(cells.values.length).toBeLessThanOrEqual(most);
        if (cells.step === 0) return;
        const finer = new Set([...exact.values].map((value) => edgeOf(value, cells.step / 2)));
        expect(finer.size).toBeGreaterThan(most);
      }),
    );
  });
});
