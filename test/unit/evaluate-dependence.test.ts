import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkInput } from '#activities/model/evaluate/check-input.ts';
import { unitsBy } from '#activities/model/evaluate/dependence.ts';
import { Comparison } from '#contracts/data.ts';
import { evaluate } from '#contracts/stages/evaluate.ts';
import { type FiguresRequest, measureModels } from '#measures/evaluation/figures.ts';
import { chosenBlocks, fixedBlocks } from '#measures/evaluation/time-blocks.ts';
import type { ReadColumns } from '#ports/tables.ts';
import { normals } from '../simulate/watch-world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const start = Date.UTC(2026, 2, 1);
const series = (rows: number, of: (row: number) => number) => Float64Array.from({ length: rows }, (_, row) => of(row));
const sizes = ({ of, count }: { of: Int32Array; count: number }) => {
  const rows = new Array<number>(count).fill(0);
  for (const unit of of) rows[unit] = (rows[unit] as number) + 1;
  return rows;
};
const noise = (rows: number, seed: number) => {
  const draw = normals(seed);
  return series(rows, () => draw());
};

describe('blocks of time', () => {
  it('are whole days, from the quietest hour to the quietest', () => {
    // Flights from 10:00 to 03:00 UTC: a day of New York does not end at midnight of Greenwich.
    const flown = [10, 12, 15, 20, 23, 26];
    const times = series(
      21 * flown.length,
      (row) => start + Math.floor(row / 6) * DAY + (flown[row % 6] as number) * HOUR,
    );
    const { units, length } = chosenBlocks(times, noise(times.length, 1));
    expect(length).toBe('1 day');
    expect(sizes(units)).toEqual(new Array(21).fill(6));
  });

  it('are longer where days hang together and many are there, and as long as is asked', () => {
    const times = series(400 * 4, (row) => start + row * 6 * HOUR);
    const daily = noise(400, 2);
    for (let day = 1; day < 400; day++) daily[day] = 0.9 * (daily[day - 1] as number) + (daily[day] as number);
    const together = chosenBlocks(
      times,
      series(1600, (row) => daily[Math.floor(row / 4)] as number),
    );
    expect(Number.parseInt(together.length, 10)).toBeGreaterThan(8);
    expect(together.units.count).toBeGreaterThanOrEqual(20);
    const alone = chosenBlocks(times, noise(1600, 3));
    expect(Number.parseInt(alone.length, 10)).toBeLessThan(4);
    expect(fixedBlocks(times, { milliseconds: 7 * DAY, text: '7d' }).units.count).toBe(58);
    expect(fixedBlocks(times, { milliseconds: 12 * HOUR, text: '12h' }).units.count).toBe(800);
  });

  it('are of so many rows as losses hang together where there are fewer than eight days', () => {
    const times = series(2_000, (row) => start + row * 60_000);
    const losses = noise(2_000, 4);
    for (let row = 1; row < 2_000; row++) losses[row] = 0.9 * (losses[row - 1] as number) + (losses[row] as number);
    const together = chosenBlocks(times, losses);
    expect(together.length).toMatch(/^\d+ rows$/);
    expect(Number.parseInt(together.length, 10)).toBeGreaterThan(15);
    expect(together.units.count).toBeGreaterThan(8);
    expect(Number.parseInt(chosenBlocks(times, noise(2_000, 5)).length, 10)).toBeLessThan(5);
    // Rows without a time are one block and make no days; the order of the file says nothing.
    const holes = times.map((time, row) => (row < 300 ? Number.NaN : time));
    const days = fixedBlocks(holes, { milliseconds: DAY, text: '1d' });
    expect(sizes(days.units)[0]).toBe(300);
    expect(days.units.count).toBe(3);
    expect(chosenBlocks(holes, losses).length).toMatch(/rows$/);
    const [turned, straight] = [times.slice().reverse(), times].map((each) => chosenBlocks(each, losses).length);
    expect(turned).toBe(straight);
  });
});

const column = (name: string, type = 'DOUBLE') => ({ name, type });
const dataset = {
  ...{ kind: 'dataset', uri: 's3://r/h', digest: 'md5:h', format: 'parquet', rows: 100, bytes: 1 },
  columns: [column('y'), column('at', 'TIMESTAMP'), column('customer', 'VARCHAR'), column('w')],
};
const model = { kind: 'model', runId: 'r', uri: 'models:/m-1', digest: 'sha256:m', environment: null, trainedOn: null };
const input = (more: object = {}, origin: object = {}) =>
  evaluate.input.parse({ candidate: model, champion: null, holdout: { ...dataset, ...origin }, target: 'y', ...more });
const timed = { origin: { times: { uri: 's3://r/t', digest: 'md5:t' } } };

describe('what is independent', () => {
  it('is what the input says, else what is known of the rows', () => {
    expect(unitsBy(input())).toBe('rows');
    expect(unitsBy(input({}, timed))).toBe('blocks');
    expect(unitsBy(input({ time: 'at' }))).toBe('blocks');
    expect(unitsBy(input({ groupBy: 'customer' }, timed))).toBe('clusters');
    expect(unitsBy(input({ groupBy: 'customer', by: 'blocks' }, timed))).toBe('blocks');
    expect(unitsBy(input({ by: 'rows' }, timed))).toBe('rows');
  });

  it.each<[object, object, RegExp]>([
    [{ time: 'when' }, {}, /`time` "when" is no column of the holdout, which has y, at, customer, w/],
    [{ time: 'w' }, {}, /`time` "w" is DOUBLE, not a date or timestamp/],
    [{ groupBy: 'shop' }, {}, /`groupBy` "shop" is no column/],
    [{ weight: 'v' }, {}, /`weight` "v" is no column/],
    [{ by: 'clusters' }, {}, /add `groupBy`/],
    [{ by: 'blocks' }, {}, /the holdout has none/],
    [{ block: '7d' }, {}, /`block: '7d'` is a length of time, but rows are taken as independent/],
    [{ block: '7d', groupBy: 'customer' }, timed, /clusters are drawn/],
    [
      { compareBy: 'delong' },
      timed,
      /takes rows as independent, but blocks of time are what is independent here.*`by: 'rows'`/,
    ],
    [{ compareBy: 'delong', groupBy: 'customer' }, {}, /but clusters are/],
    [{ compareBy: 'mcnemar', weight: 'w' }, {}, /counts every row once, but `weight` is "w"/],
    [{ compareBy: 'delong', compare: ['accuracy'] }, {}, /does not compare "accuracy".*it compares roc_auc/],
    [{ compareBy: 'delong', task: 'regression' }, {}, /does not compare any metric of a regression task/],
    [{ compareBy: 'wilcoxon', compare: ['rmse'], task: 'regression' }, {}, /compares mae, mape/],
    [{ compare: ['auc'] }, {}, /"auc", which is no metric of a binary task/],
  ])('%j is told before a model is fetched', (more, origin, says) => {
    expect(() => checkInput(input(more, origin))).toThrow(says);
  });

  it('takes what fits', () => {
    for (const more of [{ compareBy: 't', groupBy: 'customer', weight: 'w' }, { compareBy: 'delong' }, { by: 'rows' }])
      expect(() => checkInput(input(more))).not.toThrow();
  });
});

/** 40 customers of 1 … 79 rows; the candidate is better for some and worse for others, as much. */
const customers = 40;
const owner = Array.from({ length: customers }, (_, c) => Array(2 * c + 1).fill(c)).flat() as number[];
const rows = owner.length;
const taste = noise(customers, 6);
const y = noise(rows, 7);
const errors = noise(rows, 8);
const champion = y.map((value, row) => value + (errors[row] as number));
const candidate = y.map(
  (value, row) => value + (errors[row] as number) * (1 + 0.4 * (taste[owner[row] as number] as number)),
);
const files: Record<string, Record<string, Float64Array | { codes: Int32Array; values: string[] }>> = {
  h: {
    y,
    w: series(rows, (row) => row % 3),
    customer: {
      codes: Int32Array.from(owner, (c) => (c === 0 ? -1 : c - 1)),
      values: Array.from({ length: 39 }, (_, c) => `c${c}`),
    },
    half: { codes: Int32Array.from(owner, (_, row) => row % 2), values: ['even', 'odd'] },
    at: series(rows, (row) => start + row * HOUR),
    negative: series(rows, (row) => 1 - row),
    zero: new Float64Array(rows),
  },
  a: { value: candidate },
  b: { value: champion },
};
const read = (async (file: string, wanted: Record<string, string>) => ({
  rows,
  columns: Object.fromEntries(Object.keys(wanted).map((name) => [name, files[file]?.[name]])),
})) as unknown as ReadColumns; // what is read depends on `wanted` in a way that only the real reader's type says
const said = (file: string) => ({ file, rows, value: 'value', label: null, probabilities: null });
const measured = (more: Partial<FiguresRequest> = {}) =>
  measureModels(
    {
      ...{ holdout: 'h', target: 'y', task: 'regression', threshold: 0.5, candidate: said('a'), champion: said('b') },
      ...{ compare: ['mae'], compareBy: 'bootstrap', weight: null, slices: ['half'], minimumSliceRows: 10 },
      seen: { times: null, candidate: { all: false, places: [], windows: [], unknown: [] }, champion: null },
      dependence: { by: 'rows', times: null, groupBy: null, block: null },
      bootstrap: { resamples: 300, confidence: 0.95, seed: 0 },
      ...more,
    },
    read,
  );
const clusters = { by: 'clusters', times: null, groupBy: 'customer', block: null } as const;
const errorOf = async (more: Partial<FiguresRequest>) => Number((await measured(more)).comparisons[0]?.standardError);

describe('the evidence', () => {
  it('says what was drawn and how, and clusters that hang together widen every interval', async () => {
    const [alone, together] = [await measured(), await measured({ dependence: clusters })];
    expect(alone.comparisons[0]).toMatchObject({ unit: { by: 'rows', count: rows }, method: 'paired-bootstrap' });
    expect(together.comparisons[0]).toMatchObject({
      unit: { by: 'clusters', count: 40, length: 'customer' },
      method: 'student-t-by-clusters',
      resamples: 0,
    });
    expect(together.notes).toContain('1 row without a value of customer counts as independent');
    const ratio = Number(together.comparisons[0]?.standardError) / Number(alone.comparisons[0]?.standardError);
    expect(ratio).toBeGreaterThan(1.5);
    const [one, other] = [alone, together].map(({ slices }) => slices[0]?.difference?.mae);
    expect(Number(other?.standardError) / Number(one?.standardError)).toBeGreaterThan(1.2);
    expect([one?.units, other?.units]).toEqual([50, 40]);
    expect(together.intervals?.mae).toMatchObject({ value: together.candidate.mae, confidence: 0.95, units: 40 });
    const [own, drawn] = [alone, together].map(({ slices }) => slices[0]?.intervals?.mae);
    expect([own?.units, drawn?.units]).toEqual([50, 40]);
    expect(Number(drawn?.standardError)).toBeGreaterThan(Number(own?.standardError));
    expect(Number(own?.lower)).toBeLessThan(Number(alone.slices[0]?.candidate.mae));
    expect(together.churn?.changed).toBeNull();
    expect(together.churn?.difference).toBeCloseTo(
      candidate.reduce((sum, value, row) => sum + Math.abs(value - (champion[row] as number)), 0) / rows,
      12,
    );
    expect(Number(together.intervals?.mae?.lower)).toBeLessThan(Number(together.candidate.mae));
    expect(together.scored).toEqual({ eligible: rows, candidate: rows, champion: rows, both: rows });
  });

  it('has blocks of time with their length', async () => {
    const times = { file: 'h', column: 'at' };
    const { comparisons } = await measured({ dependence: { by: 'blocks', times, groupBy: null, block: null } });
    expect(comparisons[0]?.unit).toMatchObject({ by: 'blocks', length: expect.stringMatching(/^\d+ days?$/) });
    const block = { milliseconds: 12 * HOUR, text: '12h' };
    const half = await measured({ dependence: { by: 'blocks', times, groupBy: null, block } });
    expect(half.comparisons[0]?.unit).toEqual({ by: 'blocks', count: Math.ceil(rows / 12), length: '12h' });
    expect(half.comparisons[0]?.method).toBe('student-t-by-blocks');
  });

  it('of no rows, because a side was trained on all of them, is figures of nothing, whatever is independent', async () => {
    const seen = { times: null, candidate: { all: true, places: [], windows: [], unknown: [] }, champion: null };
    const times = { file: 'h', column: 'at' };
    const block = { milliseconds: DAY, text: '1d' };
    for (const dependence of [
      { by: 'rows', times: null, groupBy: null, block: null },
      { by: 'blocks', times, groupBy: null, block: null },
      { by: 'blocks', times, groupBy: null, block },
      clusters,
    ] as const) {
      const { comparisons, overlap, scored, notes } = await measured({ seen, dependence });
      expect([overlap.rows, scored]).toEqual([rows, { eligible: 0, candidate: 0, champion: 0, both: 0 }]);
      expect(comparisons[0]).toMatchObject({ lower: 'NaN', upper: 'NaN', unit: { by: dependence.by, count: 0 } });
      expect(z.array(Comparison).safeParse(comparisons).error).toBeUndefined();
      expect(notes).toEqual([]);
    }
  });

  it('counts by weight: a row of weight 0 is no row, in figures, differences and slices', async () => {
    const [weighted, plain] = [await measured({ weight: 'w' }), await measured()];
    expect(weighted.candidate.mae).not.toBe(plain.candidate.mae);
    const w = files.h?.w as Float64Array;
    const total = w.reduce((sum, each) => sum + each, 0);
    const mae = w.reduce((sum, each, row) => sum + each * Math.abs((candidate[row] as number) - (y[row] as number)), 0);
    expect(weighted.candidate.mae).toBeCloseTo(mae / total, 12);
    expect(weighted.comparisons[0]?.difference).toBeCloseTo(Number(weighted.champion?.mae) - mae / total, 12);
    expect(weighted.slices[0]?.difference?.mae?.difference).not.toBe(plain.slices[0]?.difference?.mae?.difference);
    await expect(measured({ weight: 'negative' })).rejects.toThrow(/negative is -1 in row 3/);
    await expect(measured({ weight: 'zero' })).rejects.toThrow(/is 0 in every row/);
  });

  it('is told by the method that was asked for', async () => {
    const { comparisons } = await measured({ compareBy: 't', compare: null, weight: 'w', dependence: clusters });
    expect(comparisons.map(({ metric, method }) => [metric, method])).toEqual([
      ['mae', 'paired-t-by-units'],
      ['mape', 'paired-t-by-units'],
    ]);
    expect(Number(comparisons[0]?.pValue)).toBeGreaterThan(0);
    const ranks = await measured({ compareBy: 'wilcoxon', compare: ['mae'] });
    expect(ranks.notes.join()).toContain('pseudo-median');
    // Clusters of one row are rows.
    expect(await errorOf({ compareBy: 't' })).toBeLessThan(await errorOf({ compareBy: 't', dependence: clusters }));
  });
});
