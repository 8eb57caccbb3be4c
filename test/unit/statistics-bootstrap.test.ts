import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DRAW_LIMIT, metricIntervals, ROW_LIMIT, resamplesFor } from '#measures/statistics/bootstrap.ts';
import { CURVE_POINTS, precisionRecallCurve, rocCurve } from '#measures/statistics/curves.ts';
import { compute, ones } from '#measures/statistics/metric.ts';
import { descending } from '#measures/statistics/order.ts';
import { pairedBootstrap } from '#measures/statistics/paired-bootstrap.ts';
import { metrics } from '#measures/statistics/registry.ts';
import { createResampler, sample } from '#measures/statistics/resampler.ts';
import { rocAuc } from '#measures/statistics/roc-auc.ts';
import { type BinaryRows, pick } from '#measures/statistics/rows.ts';

const options = { resamples: 200, confidence: 0.95, seed: 3 };
const binary = (y: number[], score: number[]): BinaryRows => ({
  task: 'binary',
  y: Uint8Array.from(y),
  score: Float64Array.from(score),
  threshold: 0.5,
});
/** Scores that separate the classes the better the larger `skill`; the same rows for the same seed. */
function model(rows: number, skill: number, seed: number): BinaryRows {
  const noise = createResampler(rows, seed)();
  const truth = createResampler(rows, 1)();
  const y = Array.from(truth, (count) => (count > 1 ? 1 : 0));
  return binary(
    y,
    y.map((positive, i) => Math.min(1, 0.1 * (noise[i] as number) + skill * positive + (i % 97) / 1000)),
  );
}

describe('order', () => {
  it('sorts any doubles as a comparator does, equal ones in their order, -0 beside 0', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, -0, 0.5, 1, 1e-320, -1e-320))),
        (values) => {
          const expected = values
            .map((value, i) => ({ value, i }))
            .sort((a, b) => (a.value > b.value ? -1 : a.value < b.value ? 1 : a.i - b.i));
          expect([...descending(Float64Array.from(values))]).toEqual(expected.map(({ i }) => i));
        },
      ),
    );
  });
});

describe('ROC AUC', () => {
  it('is the share of pairs in the right order, ties counting half', () => {
    const row = fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(0, 0.25, 0.5, 0.75, 1));
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 30 }), (rows) => {
        const pairs = rows
          .filter(([y]) => y === 1)
          .flatMap(([, a]) => rows.filter(([y]) => y === 0).map(([, b]) => (a > b ? 1 : a === b ? 0.5 : 0)));
        const auc = compute(
          rocAuc,
          binary(
            rows.map(([y]) => y),
            rows.map(([, score]) => score),
          ),
        );
        if (pairs.length === 0) expect(auc).toBeNaN();
        else expect(auc).toBeCloseTo(pairs.reduce((sum: number, won) => sum + won, 0) / pairs.length, 12);
      }),
    );
  });
});

describe('a resample as weights', () => {
  it('gives every metric the figure of the rows repeated that often', () => {
    const rows = model(300, 0.2, 5);
    const counts = createResampler(300, 11)();
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(300);
    const repeated = Array.from(counts, (count, i) => Array(count).fill(i)).flat() as number[];
    const copied = binary(
      repeated.map((i) => rows.y[i] as number),
      repeated.map((i) => rows.score[i] as number),
    );
    // Of ece the bins are those of all rows, in every resample: rows that are repeated would cut others.
    for (const metric of metrics.binary.filter(({ name }) => name !== 'ece'))
      expect(compute(metric, rows, counts), metric.name).toBeCloseTo(compute(metric, copied), 12);
  });
});

describe('the interval of one model', () => {
  it('holds the truth about as often as it says', () => {
    // Of 60 samples 3 in 100 would miss by chance alone; 12 of 60 would be a wrong interval.
    const all = model(60_000, 0.2, 5);
    const truth = compute(rocAuc, all);
    const missed = Array.from({ length: 60 }, (_, seed) => {
      const [interval] = metricIntervals([rocAuc], pick(all, sample(60_000, 600, seed)), {
        ...options,
        resamples: 200,
      });
      return (interval?.lower as number) > truth || (interval?.upper as number) < truth ? 1 : 0;
    }).reduce((sum: number, each) => sum + each, 0);
    expect(missed).toBeLessThan(12);
  });

  it('is narrower with more rows, lies around the value, and is NaN where there is none', () => {
    const width = (rows: number) => {
      const [interval] = metricIntervals([rocAuc], model(rows, 0.2, 5), options);
      const { value = 0, lower = 0, upper = 0 } = interval ?? {};
      expect(lower).toBeLessThan(value);
      expect(upper).toBeGreaterThan(value);
      return upper - lower;
    };
    expect(width(400) / width(6_400)).toBeGreaterThan(2.5);
    const [none] = metricIntervals([rocAuc], binary([1, 1], [0.2, 0.5]), options);
    expect([none?.value, none?.lower, none?.upper]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });
});

describe('the paired bootstrap', () => {
  it('repeats itself for the same seed and differs for another', () => {
    const [candidate, champion] = [model(2000, 0.2, 5), model(2000, 0.15, 9)];
    const run = (seed: number) => pairedBootstrap(metrics.binary, candidate, champion, { ...options, seed });
    expect(run(3)).toEqual(run(3));
    expect(run(3)[0]?.lower).not.toBe(run(4)[0]?.lower);
  });

  it('turns its sign, and nothing else, when the models change places', () => {
    const [a, b] = [model(2000, 0.2, 5), model(2000, 0.15, 9)];
    const there = pairedBootstrap(metrics.binary, a, b, options);
    const back = pairedBootstrap(metrics.binary, b, a, options);
    for (const [i, interval] of there.entries()) {
      expect(back[i]?.difference).toBe(-interval.difference);
      expect(back[i]?.lower).toBeCloseTo(-interval.upper, 12);
      expect(back[i]?.upper).toBeCloseTo(-interval.lower, 12);
    }
  });

  it('is exactly zero for a model against itself', () => {
    const rows = model(500, 0.2, 5);
    for (const interval of pairedBootstrap(metrics.binary, rows, { ...rows }, options))
      expect([interval.difference, interval.lower, interval.upper]).toEqual([0, 0, 0]);
  });

  it('is NaN, not zero, where the metric is not defined', () => {
    const all = binary([1, 1, 1], [0.2, 0.5, 0.9]);
    const [auc] = pairedBootstrap([rocAuc], all, all, options);
    expect([auc?.difference, auc?.lower, auc?.upper]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    const none = binary([], []);
    for (const interval of pairedBootstrap(metrics.binary, none, none, options)) expect(interval.lower).toBeNaN();
  });

  it('keeps an interval of a sample of the rows as narrow as that of all of them', () => {
    const limit = 5_000;
    const rows = 4 * limit;
    const [candidate, champion] = [model(rows, 0.2, 5), model(rows, 0.19, 9)];
    const few = { ...options, resamples: 400, rowLimit: limit };
    const [interval] = pairedBootstrap([rocAuc], candidate, champion, few);
    const width = (interval?.upper as number) - (interval?.lower as number);
    const [quarter] = pairedBootstrap(
      [rocAuc],
      { ...candidate, y: candidate.y.slice(0, limit), score: candidate.score.slice(0, limit) },
      { ...champion, y: champion.y.slice(0, limit), score: champion.score.slice(0, limit) },
      few,
    );
    const wide = (quarter?.upper as number) - (quarter?.lower as number);
    expect(wide / width).toBeGreaterThan(1.4);
    expect(wide / width).toBeLessThan(2.8);
    expect(interval?.lower).toBeLessThan(interval?.difference as number);
    expect(interval?.upper).toBeGreaterThan(interval?.difference as number);
  });

  it('bounds its work for any number of rows', () => {
    expect(resamplesFor(20_000, 1000)).toBe(1000);
    for (const rows of [1_000, 100_000, 1_000_000, 1e9])
      expect(resamplesFor(rows, 100_000) * Math.min(rows, ROW_LIMIT)).toBeLessThanOrEqual(DRAW_LIMIT);
  });
});

describe('sampling rows', () => {
  it('takes different rows in order, all when there are too few', () => {
    const taken = sample(1000, 100, 5);
    expect(new Set(taken).size).toBe(100);
    expect([...taken]).toEqual([...taken].sort((a, b) => a - b));
    expect([...sample(5, 100, 5)]).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('curves', () => {
  it('stay bounded and keep their ends', () => {
    const rows = model(20_000, 0.2, 5);
    const noisy = { ...rows, score: rows.score.map((score, i) => score + i * 1e-9) };
    for (const curve of [rocCurve(noisy), precisionRecallCurve(noisy)]) {
      expect(curve.length).toBeGreaterThan(CURVE_POINTS / 2);
      expect(curve.length).toBeLessThanOrEqual(CURVE_POINTS);
      expect(curve.at(-1)?.[0]).toBe(1);
    }
    expect(rocCurve(noisy)[0]).toEqual([0, 0]);
    expect(rocCurve(binary([1, 1], [0.1, 0.2]))).toEqual([]);
    expect(ones(2)).toHaveLength(2);
  });
});
