/** The algebra of the test of P(Y|X): what it may not depend on, and what it must. Its rates are in docs/statistics.md. */
import fc from 'fast-check';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { calibratedPrediction } from '#measures/performance/calibrated-prediction.ts';
import { type Cells, cellsOfNumbers, cellsOfTexts } from '#measures/performance/concept/cells.ts';
import { compareCells, type Residuals } from '#measures/performance/concept/compare-cells.ts';

const seeds = fc.integer({ min: 1, max: 1e9 });
const some = (numRuns = 40) => ({ numRuns });
const uniforms = (seed: number) => {
  const random = xoroshiro128plus(seed);
  return () => ((random.next() >>> 0) + 0.5) / 0x1_0000_0000;
};
function shuffled(length: number, random: () => number): Int32Array {
  const order = Int32Array.from({ length }, (_, at) => at);
  for (let at = length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other] as number, order[at] as number];
  }
  return order;
}
const at = <T extends Float64Array | Int32Array>(values: T, order: Int32Array): T =>
  values.map((_, row) => values[order[row] as number] as number) as T;
const joined = (a: Float64Array, b: Float64Array) => Float64Array.from([...a, ...b]);

describe('cells of numbers', () => {
  const numbers = fc
    .array(fc.oneof(fc.double({ noDefaultInfinity: true }), fc.integer({ min: 0, max: 4 })), { maxLength: 200 })
    .map((values) => Float64Array.from(values));

  it('hold every row once; what is missing is in the last one, and nothing else', () => {
    fc.assert(
      fc.property(numbers, numbers, (reference, analysis) => {
        const cells = cellsOfNumbers(reference, analysis);
        for (const [values, own] of [[reference, cells.reference] as const, [analysis, cells.analysis] as const]) {
          expect(own).toHaveLength(values.length);
          for (const [row, cell] of own.entries()) {
            expect(cells.names[cell]).toBeDefined();
            expect(cell === cells.names.length - 1).toBe(Number.isNaN(values[row]));
          }
        }
      }),
    );
  });

  it('rise with the value', () => {
    fc.assert(
      fc.property(numbers, numbers, (reference, analysis) => {
        const { analysis: cells } = cellsOfNumbers(reference, analysis);
        const rows = [...analysis.keys()].filter((row) => !Number.isNaN(analysis[row]));
        rows.sort((a, b) => (analysis[a] as number) - (analysis[b] as number));
        for (const [place, row] of rows.entries())
          if (place > 0) expect(cells[row]).toBeGreaterThanOrEqual(cells[rows[place - 1] as number] as number);
      }),
    );
  });

  it('are chosen by the reference alone, in whatever order its rows come; tables after each other are cut as each alone', () => {
    fc.assert(
      fc.property(numbers, numbers, numbers, seeds, (reference, one, other, seed) => {
        const order = shuffled(reference.length, uniforms(seed));
        const cells = cellsOfNumbers(reference, one);
        const moved = cellsOfNumbers(at(reference, order), joined(one, other));
        expect(moved.names).toEqual(cells.names);
        expect(moved.reference).toEqual(at(cells.reference, order));
        expect([...moved.analysis]).toEqual([...cells.analysis, ...cellsOfNumbers(reference, other).analysis]);
      }),
    );
  });

  it('hold a fiftieth, tenths and a fiftieth of distinct values', () => {
    const values = Float64Array.from({ length: 1_000 }, (_, row) => (row * 7_919) % 1_000);
    const counts = new Array(13).fill(0);
    for (const cell of cellsOfNumbers(values, values).reference) counts[cell]++;
    expect(counts.map((count) => Math.round(count / 10))).toEqual([2, 8, 10, 10, 10, 10, 10, 10, 10, 10, 8, 2, 0]);
    // An edge belongs to the cell below it, as its name says.
    const thousand = Float64Array.from({ length: 1_001 }, (_, value) => value);
    const { names, analysis } = cellsOfNumbers(thousand, Float64Array.of(20, 21, 100, 101, 980, 981));
    expect(Array.from(analysis, (cell) => names[cell])).toEqual([
      ...['up to 20', '20 … 100', '20 … 100', '100 … 200', '900 … 980', 'above 980'],
    ]);
  });
});

describe('cells of texts', () => {
  const names = Array.from({ length: 40 }, (_, place) => `v${place}`);
  const codes = fc.array(fc.integer({ min: -1, max: 39 }), { maxLength: 200 }).map((rows) => Int32Array.from(rows));

  it('are the commonest ones, the others, and what is missing; however the values are listed', () => {
    fc.assert(
      fc.property(codes, codes, seeds, (reference, analysis, seed) => {
        const cells = cellsOfTexts({ codes: reference, values: names }, { codes: analysis, values: names });
        expect(cells.names.slice(-2)).toEqual(['others', 'missing']);
        expect(cells.names.length).toBeLessThanOrEqual(22);
        for (const [row, cell] of cells.analysis.entries()) {
          const code = analysis[row] as number;
          const named = cells.names[cell];
          if (code < 0) expect(named).toBe('missing');
          else if (named !== 'others') expect(named).toBe(names[code]);
          else expect(cells.names).not.toContain(names[code]);
        }
        const order = shuffled(names.length, uniforms(seed));
        const places = Int32Array.from(names, (_, place) => order.indexOf(place));
        const listed = Array.from(order, (place) => names[place] as string);
        const again = (rows: Int32Array) => ({ codes: rows.map((code) => places[code] ?? -1), values: listed });
        expect(cellsOfTexts(again(reference), again(analysis))).toEqual(cells);
        const back = cellsOfTexts(
          { codes: reference.toReversed(), values: names },
          { codes: analysis.toReversed(), values: names },
        );
        expect(back.names).toEqual(cells.names);
        expect(back.analysis.toReversed()).toEqual(cells.analysis);
      }),
    );
  });
});

const COUNT = 4;
const named = (reference: Int32Array, analysis: Int32Array): Cells => ({
  names: Array.from({ length: COUNT }, (_, cell) => `cell ${cell}`),
  ...{ reference, analysis },
});

/** Events with their probabilities, and cells that say nothing of them. */
function drawn(seed: number, rows: number): { cells: Cells; residuals: Residuals } {
  const random = uniforms(seed);
  const one = () => {
    const score = Float64Array.from({ length: rows }, () => 0.2 + 0.6 * random());
    const residual = score.map((p) => (random() < p ? 1 : 0) - p);
    return { score, residual, variance: score.map((p) => p * (1 - p)) };
  };
  const cells = () => Int32Array.from({ length: rows }, () => Math.floor(random() * COUNT));
  return { cells: named(cells(), cells()), residuals: { reference: one(), analysis: one() } };
}
type Side = Residuals['reference'];
const mapped = ({ reference, analysis }: Residuals, change: (side: Side) => Side): Residuals => ({
  ...{ reference: change(reference), analysis: change(analysis) },
});
function compared(cells: Cells, residuals: Residuals, spread = 1) {
  const test = compareCells('x', cells, residuals, 0.5, spread);
  if (!test) throw new Error('no cell could be compared');
  return { p: test.p, differences: test.differences, z: test.worst.map(({ z }) => z), worst: test.worst };
}
const near = (one: readonly number[], other: readonly number[]) => {
  expect(one).toHaveLength(other.length);
  for (const [place, value] of one.entries()) expect(value).toBeCloseTo(other[place] as number, 6);
};

describe('cells compared', () => {
  it('in whatever order rows and cells come', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { cells, residuals } = drawn(seed, 600);
        const random = uniforms(seed + 1);
        const order = shuffled(600, random);
        const names = shuffled(COUNT, random);
        const usual = compared(cells, residuals);
        const moved = mapped(residuals, ({ residual, score, variance }) => ({
          ...{ residual: at(residual, order), score: at(score, order), variance: variance && at(variance, order) },
        }));
        const renamed = (rows: Int32Array) => at(rows, order).map((cell) => names[cell] as number);
        const found = compared(named(renamed(cells.reference), renamed(cells.analysis)), moved);
        expect(found.p).toBeCloseTo(usual.p, 9);
        near(found.z, usual.z);
      }),
      some(),
    );
  });

  it('of one table with itself do not differ; of two, as much as the other way round', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { cells, residuals } = drawn(seed, 600);
        const { reference, analysis } = residuals;
        const same = compared(named(cells.reference, cells.reference), { reference, analysis: reference });
        expect(same.p).toBe(1);
        near(
          same.z,
          same.z.map(() => 0),
        );
        const there = compared(cells, residuals);
        const back = compared(named(cells.analysis, cells.reference), { reference: analysis, analysis: reference });
        expect(back.p).toBeCloseTo(there.p, 9);
        near(
          back.z,
          there.z.map((z) => -z),
        );
      }),
      some(),
    );
  });

  it('alike whatever line of the score both sides’ residuals leave, and in whatever unit the score is', () => {
    fc.assert(
      fc.property(
        seeds,
        fc.double({ min: -2, max: 2, noNaN: true }),
        fc.double({ min: -2, max: 2, noNaN: true }),
        fc.double({ min: 0.01, max: 1_000, noNaN: true }),
        (seed, level, slope, unit) => {
          const { cells, residuals } = drawn(seed, 600);
          const usual = compared(cells, residuals);
          // The rows of the analysis have other scores, and the same line.
          const along = compared(
            cells,
            mapped(residuals, (side) => ({
              ...side,
              residual: side.residual.map((value, row) => value + level + slope * (side.score[row] as number)),
            })),
          );
          near(along.z, usual.z);
          const measured = mapped(residuals, (side) => ({ ...side, score: side.score.map((s) => 50 + unit * s) }));
          near(compared(cells, measured).z, usual.z);
        },
      ),
      some(),
    );
  });

  it('do not differ where scores moved within a cell along one line, and do where the line is another', () => {
    const line = (to: number, level: number, slope: number): Side => {
      const score = Float64Array.from({ length: 400 }, (_, row) => to + (row % 20) / 40);
      const noise = (row: number) => (((row * 7_919) % 400) / 400 - 0.5) * 0.4;
      return { score, residual: score.map((s, row) => level + slope * s + noise(row)), variance: null };
    };
    const one = new Int32Array(400);
    const differ = (after: Side) => compared(named(one, one), { reference: line(0, 0.1, 0.5), analysis: after });
    expect(differ(line(0.4, 0.1, 0.5)).p).toBeGreaterThan(0.05);
    expect(differ(line(0.4, 0.2, 0.5)).worst[0]).toMatchObject({ of: 'level', cell: 'cell 0' });
    expect(differ(line(0.4, 0.2, 0.5)).p).toBeLessThan(1e-6);
    const turned = differ(line(0, 0.35, -0.5));
    expect(turned.p).toBeLessThan(1e-6);
    expect(turned.worst[0]).toMatchObject({ of: 'slope' });
    expect(turned.worst[0]?.analysis).toBeCloseTo(0.5, 1);
  });

  it('with the error that a line has where its rows are not: levels of noise are as far apart as their errors say', () => {
    const random = uniforms(11);
    const noise = (from: number): Side => {
      const score = Float64Array.from({ length: 60 }, () => from + random());
      return { score, residual: score.map(() => random() + random() - 1), variance: null };
    };
    const one = new Int32Array(60);
    let squares = 0;
    for (let draw = 0; draw < 500; draw++) {
      const { worst } = compared(named(one, one), { reference: noise(0), analysis: noise(0.7) });
      squares += (worst.find(({ of }) => of === 'level')?.z ?? Number.NaN) ** 2;
    }
    expect(squares / 500).toBeGreaterThan(0.8);
    expect(squares / 500).toBeLessThan(1.3);
  });

  it('with standard errors wider by the spread', () => {
    const { cells, residuals } = drawn(3, 600);
    near(
      compared(cells, residuals, 2).z,
      compared(cells, residuals).z.map((z) => z / 2),
    );
  });

  it('only where rows and expected events are enough on both sides', () => {
    const made = (rows: number, p: number): Side => ({
      score: new Float64Array(rows).fill(p).map((value, row) => value + row / 1e6),
      residual: Float64Array.from({ length: rows }, (_, row) => Number(row % 2) - p),
      variance: new Float64Array(rows).fill(p * (1 - p)),
    });
    const test = (before: Side, after: Side) => {
      const cell = (side: Side) => new Int32Array(side.residual.length);
      return compareCells('x', named(cell(before), cell(after)), { reference: before, analysis: after }, 0.5, 1);
    };
    expect(test(made(29, 0.5), made(500, 0.5))).toBeNull();
    expect(test(made(500, 0.5), made(29, 0.5))).toBeNull();
    // A level from thirty rows on, a slope from fifty.
    expect(test(made(30, 0.5), made(500, 0.5))?.differences).toBe(1);
    expect(test(made(500, 0.5), made(49, 0.5))?.differences).toBe(1);
    expect(test(made(500, 0.5), made(50, 0.5))?.differences).toBe(2);
    // A hundred rows of which one event is expected tell nothing; nor rows that are in no cell.
    expect(test(made(500, 0.5), made(100, 0.01))).toBeNull();
    const outside = new Int32Array(500).fill(-1);
    const both = { reference: made(500, 0.5), analysis: made(500, 0.5) };
    expect(compareCells('x', named(outside, outside), both, 0.5, 1)).toBeNull();
  });
});

describe('a calibrated prediction', () => {
  const random = uniforms(5);
  const said = Float64Array.from({ length: 3_000 }, () => 10 * random());

  it('is what the reference came to where it was like this one, and keeps its way beyond', () => {
    const calibrated = calibratedPrediction(
      said,
      said.map((value) => 2 * value - 3),
    );
    for (const value of [1, 2.5, 5, 8]) expect(calibrated(value)).toBeCloseTo(2 * value - 3, 1);
    expect(calibrated(1e6) - calibrated(2e6)).toBe(-1e6);
    expect(calibrated(Number.NaN)).toBeNaN();
  });

  it('leaves the reference no residual, whatever its order; labels that have not come count for nothing', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const noise = uniforms(seed);
        const truth = said.map((value) => Math.sin(value) + noise());
        const calibrated = calibratedPrediction(said, truth);
        const left = said.reduce((sum, value, row) => sum + (truth[row] as number) - calibrated(value), 0);
        expect(Math.abs(left / said.length)).toBeLessThan(0.02);
        const order = shuffled(said.length, noise);
        const late = joined(at(truth, order), new Float64Array(500).fill(Number.NaN));
        const again = calibratedPrediction(joined(at(said, order), new Float64Array(500).fill(5)), late);
        for (const value of [-1, 0.3, 4, 9.9, 12]) expect(again(value)).toBeCloseTo(calibrated(value), 9);
      }),
      some(10),
    );
  });

  it('of one prediction for all rows is their mean; without a label it is as it was', () => {
    const one = calibratedPrediction(
      new Float64Array(90).fill(2),
      Float64Array.from({ length: 90 }, (_, row) => row),
    );
    expect(one(2)).toBeCloseTo(44.5, 9);
    expect(calibratedPrediction(new Float64Array(3), new Float64Array(3).fill(Number.NaN))(7)).toBe(7);
  });
});
