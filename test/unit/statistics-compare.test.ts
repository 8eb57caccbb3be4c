import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockLength } from '#measures/statistics/block-length.ts';
import { clusterRobust } from '#measures/statistics/cluster-robust.ts';
import { delong } from '#measures/statistics/compare/delong.ts';
import { exactPValues, mcnemar, mcnemarOfCounts } from '#measures/statistics/compare/mcnemar.ts';
import { pairedT } from '#measures/statistics/compare/paired-t.ts';
import { walshQuantile } from '#measures/statistics/compare/walsh.ts';
import { signedRanks, wilcoxon } from '#measures/statistics/compare/wilcoxon.ts';
import { jackknife } from '#measures/statistics/jackknife.ts';
import { ones } from '#measures/statistics/metric.ts';
import { metrics } from '#measures/statistics/registry.ts';
import { createUnitResampler } from '#measures/statistics/resampler.ts';
import { type BinaryRows, pick } from '#measures/statistics/rows.ts';
import { studentQuantile } from '#measures/statistics/student-quantile.ts';
import { blocksOf, grouped, membersOf, type Units, unitsAt, unitsOf } from '#measures/statistics/units.ts';
import { weightedMean } from '#measures/statistics/weighted-mean.ts';

const folder = new URL('../golden/gate/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');
const table = (name: string): Record<string, string>[] => {
  const [head, ...lines] = read(name).trim().split('\n');
  const names = (head as string).split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])));
};
const numbers = (rows: Record<string, string>[], column: string) =>
  Float64Array.from(rows, (row) => (row[column] === '' ? Number.NaN : Number(row[column])));
interface Blocks {
  series: Record<string, Record<`se_${string}` | `block_${string}` | 'mean' | 'clusters', number>>;
}
interface Expected {
  delong: Record<
    string,
    { auc: number[]; variance_of_difference: number; z: number; p_two_sided: number; ci95_difference: number[] }
  >;
  mcnemar: Record<
    string,
    { table_bothright_onlychampion_onlychallenger_bothwrong: number[]; exact_p: number; midp: number }
  >;
  paired: Record<string, { statistic: number; p: number; t: number; df: number; ci95: number[] }> & {
    small_input: number[];
  };
}
const golden: Expected = JSON.parse(read('expected.json'));

function close(actual: number, expected: number | undefined, relative: number, name = '') {
  expect(expected, name).toBeTypeOf('number');
  const wanted = expected as number;
  expect(Math.abs(actual - wanted), `${name}: ${actual} against ${wanted}`).toBeLessThanOrEqual(
    relative * Math.max(Math.abs(wanted), 1e-300),
  );
}

describe('rows that hang together', () => {
  const rows = table('blocks.csv');
  const { series }: Blocks = JSON.parse(read('blocks.json'));
  const unitsFor = (name: string) => unitsOf(numbers(rows, name === 'unequal' ? 'unequal_cluster' : 'day'));

  it.each(Object.keys(series))('%s: block lengths as arch, cluster-robust errors as statsmodels', (name) => {
    const values = numbers(rows, name);
    const expected = series[name];
    const length = blockLength(values);
    close(length.stationary, expected?.block_stationary, 1e-9, 'stationary');
    close(length.circular, expected?.block_circular, 1e-9, 'circular');
    const robust = clusterRobust(values, null, unitsFor(name));
    expect(robust.units).toBe(expected?.clusters);
    close(robust.cr0, expected?.se_cluster_cr0, 1e-12, 'CR0');
    close(robust.cr1, expected?.se_cluster_cr1, 1e-12, 'CR1');
    close(clusterRobust(values, null, null).cr1, expected?.se_rows, 1e-12, 'rows');
  });

  it('the jackknife of a mean is CR1 for units of one size and at least that for others', () => {
    for (const name of Object.keys(series)) {
      const values = numbers(rows, name);
      const units = unitsFor(name);
      const [estimate] = jackknife([(weights) => weightedMean(values, weights)], ones(values.length), units);
      const { cr1, jackknife: closed, freedom } = clusterRobust(values, null, units);
      close(estimate?.standardError as number, closed, 1e-12, name);
      close(estimate?.freedom as number, freedom, 1e-12, name);
      expect(estimate?.units).toBe(series[name]?.clusters);
      if (name !== 'unequal') {
        close(estimate?.standardError as number, cr1, 1e-12, name);
        close(freedom, 29, 1e-12, name);
        continue;
      }
      expect(estimate?.standardError).toBeGreaterThan(cr1);
      expect(freedom).toBeLessThan(38);
    }
  });

  it('without a second unit there is no error', () => {
    const one = unitsOf([0, 0, 0]);
    expect(clusterRobust(Float64Array.of(1, 2, 3), null, one).cr1).toBeNaN();
    expect(jackknife([() => 1], ones(3), one)[0]?.standardError).toBeNaN();
    expect(blockLength(new Float64Array(5)).stationary).toBeNaN();
    expect(blockLength(new Float64Array(50)).stationary).toBe(0);
  });

  it('a unit comes with all its rows, its weights and nothing of the others', () => {
    const units = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(units, fc.integer({ min: 0, max: 1_000 }), (numbersOf, seed) => {
        const made = unitsOf(numbersOf);
        const weights = Float64Array.from(numbersOf, (_, row) => row % 3);
        const plain = createUnitResampler(made, null, seed)();
        const weighted = createUnitResampler(made, weights, seed)();
        let drawn = 0;
        const { starts, rows: members } = membersOf(made);
        for (let unit = 0; unit < made.count; unit++) {
          const own = [...members.subarray(starts[unit], starts[unit + 1])];
          expect(new Set(own.map((row) => plain[row])).size).toBe(1);
          drawn += plain[own[0] as number] as number;
          for (const row of own) expect(weighted[row]).toBe((plain[row] as number) * (weights[row] as number));
        }
        expect(drawn).toBe(made.count);
      }),
    );
  });

  it('blocks follow each other, groups are whole units of nearly one number, missing values stand alone', () => {
    expect([...blocksOf(Int32Array.of(4, 3, 2, 1, 0), 2).of]).toEqual([2, 1, 1, 0, 0]);
    expect(
      blocksOf(
        Int32Array.from({ length: 9 }, (_, i) => i),
        4,
      ).count,
    ).toBe(2);
    const units = unitsOf(Int32Array.from({ length: 103 }, (_, row) => row));
    const groups = grouped(units, 10, 3);
    const sizes = new Array<number>(10).fill(0);
    for (const group of groups.of) sizes[group] = (sizes[group] as number) + 1;
    expect(new Set(sizes)).toEqual(new Set([10, 11]));
    expect(grouped(units, 200, 3)).toBe(units);
    expect([...unitsOf([7, -1, 7, -1, 2]).of]).toEqual([1, 2, 1, 3, 0]);
    expect([...unitsAt({ of: Int32Array.of(5, 9, 5, 0), count: 10 }, Int32Array.of(1, 2)).of]).toEqual([1, 0]);
  });
});

describe('Student', () => {
  it('has the quantiles of the tables', () => {
    close(studentQuantile(0.95, 1), Math.tan(0.475 * Math.PI), 1e-11);
    close(studentQuantile(0.95, 20), 2.085963447265837, 1e-11);
    close(studentQuantile(0.95, 1e9), 1.959963984540054, 1e-7);
    expect(studentQuantile(0.95, 0)).toBeNaN();
  });

  it('agrees with scipy on paired losses, and by units of one row with itself', () => {
    const rows = table('regression.csv');
    const y = numbers(rows, 'y');
    const loss = (column: string) => numbers(rows, column).map((value, i) => Math.abs(value - (y[i] as number)));
    const [champion, challenger] = [loss('champion'), loss('challenger')];
    const gains = champion.map((value, i) => value - (challenger[i] as number));
    const expected = golden.paired.ttest;
    const test = pairedT(gains, null, null, 0.95);
    close(test.difference / test.standardError, expected?.t, 1e-12);
    close(test.pValue, expected?.p, 1e-8);
    close(test.lower, expected?.ci95[0], 1e-11);
    close(test.upper, expected?.ci95[1], 1e-11);
    const single: Units = unitsOf(Int32Array.from(gains.keys()));
    const alone = pairedT(gains, null, single, 0.95);
    for (const part of ['difference', 'lower', 'upper', 'standardError', 'pValue'] as const)
      close(alone[part], test[part], 1e-9, part);
    // Weights of 2 are not twice as many rows: the error stays.
    close(
      pairedT(
        gains,
        gains.map(() => 2),
        null,
        0.95,
      ).standardError,
      test.standardError,
      1e-12,
    );
    // A weight of 0 is no row.
    const half = gains.map((_, i) => (i < 450 ? 1 : 0));
    const first = pairedT(gains.slice(0, 450), null, null, 0.95);
    close(pairedT(gains, half, null, 0.95).lower, first.lower, 1e-12);
  });
});

describe('Wilcoxon', () => {
  const rows = table('regression.csv');
  const y = numbers(rows, 'y');
  const loss = (column: string) => numbers(rows, column).map((value, i) => Math.abs(value - (y[i] as number)));
  const champion = loss('champion');
  const challenger = loss('challenger');
  const gains = champion.map((value, i) => value - (challenger[i] as number));

  it('agrees with scipy, with many rows and exactly with few', () => {
    const many = signedRanks(gains);
    close(many.statistic, golden.paired.wilcoxon_wilcox_False?.statistic, 1e-12);
    close(many.pValue, golden.paired.wilcoxon_wilcox_False?.p, 1e-8);
    const few = signedRanks(Float64Array.from(golden.paired.small_input));
    close(few.statistic, golden.paired.wilcoxon_exact_small?.statistic, 1e-12);
    close(few.pValue, golden.paired.wilcoxon_exact_small?.p, 1e-12);
  });

  it('its interval leaves 0 out when the test rejects, and turns with the sides', () => {
    const there = wilcoxon(gains, 0.95);
    const back = wilcoxon(
      gains.map((value) => -value),
      0.95,
    );
    expect(there.lower).toBeGreaterThan(0);
    expect(there.pValue).toBeLessThan(0.05);
    expect(back.difference).toBeCloseTo(-there.difference, 12);
    expect(back.lower).toBeCloseTo(-there.upper, 12);
    expect(back.upper).toBeCloseTo(-there.lower, 12);
    const none = wilcoxon(new Float64Array(20), 0.95);
    expect([none.difference, none.lower, none.upper]).toEqual([0, 0, 0]);
    expect(wilcoxon(new Float64Array(), 0.95).lower).toBeNaN();
  });

  it('finds the means of pairs by rank', () => {
    const values = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 15 });
    fc.assert(
      fc.property(values, (list) => {
        const sorted = Float64Array.from(list).sort();
        const means = [...sorted]
          .flatMap((a, i) => [...sorted.subarray(i)].map((b) => (a + b) / 2))
          .sort((a, b) => a - b);
        for (const [at, mean] of means.entries()) expect(walshQuantile(sorted, at + 1)).toBeCloseTo(mean, 12);
      }),
    );
  });
});

describe('DeLong', () => {
  const rows = table('binary.csv');
  const of = (column: string): BinaryRows => ({
    task: 'binary',
    y: Uint8Array.from(rows, (row) => Number(row.y)),
    score: numbers(rows, column),
    threshold: 0.5,
  });
  const north = Int32Array.from([...rows.keys()].filter((row) => rows[row]?.region === 'north'));

  it.each([
    ['champion_minus_challenger', of('champion'), of('challenger')],
    ['slice_north', pick(of('champion'), north), pick(of('challenger'), north)],
  ] as const)('%s', (name, first, second) => {
    const expected = golden.delong[name];
    const test = delong(first, second, 0.95);
    close(test.difference, (expected?.auc[0] as number) - (expected?.auc[1] as number), 1e-12, 'difference');
    close(test.standardError ** 2, expected?.variance_of_difference, 1e-10, 'variance');
    close(test.difference / test.standardError, expected?.z, 1e-10, 'z');
    close(test.pValue, expected?.p_two_sided, 1e-8, 'p');
    close(test.lower, expected?.ci95_difference[0], 1e-10, 'lower');
    close(test.upper, expected?.ci95_difference[1], 1e-10, 'upper');
  });

  it('of models that rank alike is exactly 0, and NaN where there is one class', () => {
    const rows = of('champion');
    const same = delong(rows, { ...rows, score: rows.score.map((score) => score / 2) }, 0.95);
    expect([same.difference, same.lower, same.upper, same.pValue]).toEqual([0, 0, 0, Number.NaN]);
    const one = { ...rows, y: new Uint8Array(rows.y.length) };
    expect(delong(one, one, 0.95).lower).toBeNaN();
  });
});

describe('McNemar', () => {
  it.each(Object.keys(golden.mcnemar))('%s', (name) => {
    const expected = golden.mcnemar[name];
    const counts = expected?.table_bothright_onlychampion_onlychallenger_bothwrong ?? [];
    const [right = 0, theirs = 0, own = 0, wrong = 0] = counts;
    close(exactPValues(own, theirs).exact, expected?.exact_p, 1e-8, 'exact');
    close(exactPValues(own, theirs).midP, expected?.midp, 1e-8, 'mid-p');
    const test = mcnemarOfCounts({ own, theirs, rows: right + theirs + own + wrong }, 0.95);
    // The interval keeps 0 exactly where the test does, or is wider.
    if (test.pValue > 0.05) expect(test.lower <= 0 && test.upper >= 0).toBe(true);
    expect(test.lower).toBeLessThanOrEqual(test.difference);
    expect(test.upper).toBeGreaterThanOrEqual(test.difference);
  });

  it('counts by row what one model alone has right', () => {
    const rows = table('binary.csv');
    const y = Uint8Array.from(rows, (row) => Number(row.y));
    const right = (column: string) => {
      const score = numbers(rows, column);
      return metrics.binary
        .find(({ name }) => name === 'accuracy')
        ?.byRow?.({ task: 'binary', y, score, threshold: 0.5 });
    };
    const test = mcnemar(right('challenger') as Float64Array, right('champion') as Float64Array, 0.95);
    close(test.pValue, golden.mcnemar.data?.midp, 1e-8);
    close(test.difference, (169 - 77) / 1200, 1e-12);
    // Tango's interval lies within a tenth of its width around the normal one.
    expect(Math.abs(test.lower - (test.difference - 1.96 * test.standardError))).toBeLessThan(0.005);
  });
});
