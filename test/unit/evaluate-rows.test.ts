import { describe, expect, it } from 'vitest';
import { canonicalLabel, sortedLabels } from '#measures/evaluation/labels.ts';
import type { UsedRows } from '#measures/evaluation/overlap.ts';
import { pairedRows } from '#measures/evaluation/rows.ts';
import type { RowsRequest } from '#measures/evaluation/rows-request.ts';
import { measureSlices } from '#measures/evaluation/slices.ts';
import { metricsFor } from '#measures/statistics/registry.ts';
import type { Scores } from '#ports/predictor.ts';
import type { ReadColumns } from '#ports/tables.ts';

type Table = Record<string, (string | number | null)[]>;
/** Columns as the data host reads them: numbers with NaN for null, texts as codes into their sorted values. */
function reading(files: Record<string, Table>): ReadColumns {
  const read = async (file: string, wanted: Readonly<Record<string, 'number' | 'text'>>) => {
    const table = files[file] as Table;
    const columns = Object.entries(wanted).map(([name, kind]) => {
      const cells = table[name] as (string | number | null)[];
      if (kind === 'number')
        return [name, Float64Array.from(cells, (cell) => (cell === null ? Number.NaN : Number(cell)))];
      const values = [...new Set(cells.filter((cell) => cell !== null).map(String))].sort();
      return [
        name,
        { codes: Int32Array.from(cells, (cell) => (cell === null ? -1 : values.indexOf(String(cell)))), values },
      ];
    });
    return { rows: Object.values(table)[0]?.length ?? 0, columns: Object.fromEntries(columns) };
  };
  return read as ReadColumns; // what is read depends on `wanted` in a way that only the real reader's type says
}
const probabilities = (file: string, labels: string[], rows: number): Scores => ({
  file,
  rows,
  value: null,
  label: null,
  probabilities: labels.map((label, i) => ({ label, column: `p${i}` })),
});
const only = (file: string, column: 'value' | 'label', rows: number): Scores => ({
  file,
  rows,
  value: null,
  label: null,
  probabilities: null,
  [column]: column,
});
const asking = (more: Partial<RowsRequest>): RowsRequest => ({
  holdout: 'h',
  target: 'y',
  task: 'binary',
  threshold: 0.5,
  candidate: probabilities('a', ['0', '1'], 4),
  champion: null,
  ...more,
});

/** Rows that are independent and count the same. */
const counting = { weights: null, units: null, confidence: 0.95, seed: 0 };

describe('labels', () => {
  it('are the same class however they are written', () => {
    expect(['True', 'true', '1', '1.0', ' 1'].map(canonicalLabel)).toEqual(['1', '1', '1', '1', '1']);
    expect(['yes', '', ' ', '0x'].map(canonicalLabel)).toEqual(['yes', '', ' ', '0x']);
    expect(sortedLabels(['10', '9', 'b', 'a', '9.0'])).toEqual(['9', '10', 'a', 'b']);
  });
});

describe('rows of two models', () => {
  it('take a boolean target and a model that says True', async () => {
    const read = reading({
      h: { y: ['true', 'false', null, 'true'] },
      a: { p0: [0.1, 0.8, 0.5, 0.3], p1: [0.9, 0.2, 0.5, 0.7] },
    });
    const rows = await pairedRows(asking({ candidate: probabilities('a', ['False', 'True'], 4) }), read);
    expect(rows).toMatchObject({
      classes: ['0', '1'],
      rows: 4,
      dropped: { target: 1, candidate: 0, champion: 0 },
      notes: [],
    });
    expect(rows.candidate).toMatchObject({ y: Uint8Array.of(1, 0, 1), score: Float64Array.of(0.9, 0.2, 0.7) });
  });

  it('are those that both models scored, so that neither is better for its silence', async () => {
    const read = reading({
      h: { y: [1, 0, 1, 0] },
      a: { p0: [0.1, null, 0.5, 0.3], p1: [0.9, null, 0.5, 0.7] },
      b: { p0: [0.1, 0.2, null, 0.3], p1: [0.9, 0.8, null, 0.7] },
    });
    const rows = await pairedRows(asking({ champion: probabilities('b', ['0', '1'], 4) }), read);
    expect(rows.dropped).toEqual({ target: 0, candidate: 1, champion: 1 });
    expect([...rows.kept]).toEqual([0, 3]);
    expect(rows.champion).toMatchObject({ y: Uint8Array.of(1, 0), score: Float64Array.of(0.9, 0.7) });
  });

  it('are those that no earlier verdict used, where these are to be left out; else they are counted', async () => {
    const read = reading({
      h: { y: [1, 0, 1, 0] },
      a: { p0: [0.1, 0.2, 0.5, 0.3], p1: [0.9, 0.8, 0.5, 0.7] },
      t: { time: [10, 20, 30, 40] },
    });
    const nothing = { windows: [], places: [], all: false, unknown: [] };
    const rowsOf = (used: UsedRows, seen: Partial<typeof nothing> = {}) =>
      pairedRows(asking({ seen: { times: 't', candidate: { ...nothing, ...seen }, champion: null, used } }), read);
    const spans = [
      { from: 0, to: 20 },
      { from: 30, to: 31 },
    ];
    const left = await rowsOf({ spans, all: false, leaveOut: true });
    expect([...left.kept]).toEqual([1, 3]);
    expect(left).toMatchObject({ reused: 2, scored: { eligible: 2, both: 2 }, overlap: { rows: 0 } });
    const counted = await rowsOf({ spans, all: false, leaveOut: false });
    expect(counted).toMatchObject({ reused: 2, scored: { eligible: 4, both: 4 } });
    // A row that was trained on is told as such, and once.
    const both = await rowsOf({ spans, all: false, leaveOut: true }, { places: [{ from: 0, to: 1 }] as never });
    expect(both).toMatchObject({ reused: 1, scored: { eligible: 2 }, overlap: { rows: 1, candidate: 1 } });
    expect(await rowsOf({ spans: [], all: true, leaveOut: true })).toMatchObject({ reused: 4, scored: { both: 0 } });
  });

  it('match classes by name, not by place', async () => {
    const read = reading({
      h: { y: ['no', 'yes', 'yes', 'no'] },
      a: { p0: [0.9, 0.2, 0.1, 0.6], p1: [0.1, 0.8, 0.9, 0.4] },
      b: { p0: [0.2, 0.7, 0.6, 0.1], p1: [0.8, 0.3, 0.4, 0.9] },
    });
    const rows = await pairedRows(
      asking({ candidate: probabilities('a', ['no', 'yes'], 4), champion: probabilities('b', ['yes', 'no'], 4) }),
      read,
    );
    expect(rows.champion).toMatchObject({ score: Float64Array.of(0.2, 0.7, 0.6, 0.1) });
  });

  it('warn of models without probabilities', async () => {
    const read = reading({
      h: { y: [1, 0, 1, 0] },
      a: { label: ['1', '0', '0', null] },
      b: { value: [3, -2, 0.4, 0] },
    });
    const rows = await pairedRows(asking({ candidate: only('a', 'label', 4), champion: only('b', 'value', 4) }), read);
    expect(rows.candidate).toMatchObject({ score: Float64Array.of(1, 0, 0) });
    expect(rows.notes).toEqual([
      expect.stringMatching(/candidate gives labels/),
      expect.stringMatching(/champion gives scores/),
    ]);
  });

  it('hold several classes, the likeliest predicted', async () => {
    const read = reading({
      h: { y: ['b', 'c', 'a'] },
      a: { p0: [0.2, 0.1, null], p1: [0.5, 0.5, 0.1], p2: [0.3, 0.4, 0.2] },
    });
    const rows = await pairedRows(
      asking({ task: 'multiclass', candidate: probabilities('a', ['a', 'b', 'c'], 3) }),
      read,
    );
    expect(rows.candidate).toMatchObject({ classes: 3, y: Int32Array.of(1, 2), predicted: Int32Array.of(1, 1) });
    expect(rows.dropped.candidate).toBe(1);
  });

  it('count a class that a model never says, or never saw, as wrong and not as missing', async () => {
    const read = reading({
      h: { y: ['a', 'b', 'new'] },
      a: { label: ['a', 'gone', 'b'], p0: [0.9, 0.2, 0.6], p1: [0.1, 0.8, 0.4] },
    });
    const labels = await pairedRows(asking({ task: 'multiclass', candidate: only('a', 'label', 3) }), read);
    expect(labels).toMatchObject({ classes: ['a', 'b', 'gone', 'new'], dropped: { candidate: 0 } });
    expect(labels.candidate).toMatchObject({ y: Int32Array.of(0, 1, 3), predicted: Int32Array.of(0, 2, 1) });
    const likely = await pairedRows(asking({ task: 'multiclass', candidate: probabilities('a', ['a', 'b'], 3) }), read);
    expect(likely.candidate).toMatchObject({
      classes: 3,
      predicted: Int32Array.of(0, 1, 0),
      probabilities: Float64Array.of(0.9, 0.1, 0, 0.2, 0.8, 0, 0.6, 0.4, 0),
    });
    const sure = reading({ h: { y: [0, 1, 1] }, a: { label: ['0', '0', '0'] } });
    expect((await pairedRows(asking({ candidate: only('a', 'label', 3) }), sure)).candidate).toMatchObject({
      y: Uint8Array.of(0, 1, 1),
      score: Float64Array.of(0, 0, 0),
    });
  });

  it('are refused in words when target and models do not fit', async () => {
    const read = reading({
      h: { y: ['a', 'b', 'c', 'a'] },
      i: { y: [0, 1, 1, 0] },
      a: { p0: [0, 0, 0, 0], p1: [1, 1, 1, 1], label: ['a', 'b', 'c', 'a'] },
    });
    await expect(pairedRows(asking({}), read)).rejects.toThrow(
      /target y holds the value "a" .* none of the model's classes \(0, 1\)/,
    );
    await expect(pairedRows(asking({ candidate: only('a', 'label', 4) }), read)).rejects.toThrow(
      /two classes, but the target y holds 3: a, b, c. Set task: 'multiclass'/,
    );
    await expect(pairedRows(asking({ candidate: probabilities('a', ['a', 'b', 'c'], 4) }), read)).rejects.toThrow(
      /the models know 3/,
    );
    await expect(
      pairedRows(asking({ holdout: 'i', candidate: probabilities('a', ['0', '1'], 3) }), read),
    ).rejects.toThrow(/answered 3 rows for a holdout of 4/);
    await expect(pairedRows(asking({ task: 'multiclass', candidate: only('a', 'value', 4) }), read)).rejects.toThrow(
      /gave no label/,
    );
  });
});

describe('slices', () => {
  it('are the fifty largest of a column; the small ones carry no figure', async () => {
    const y = Array.from({ length: 600 }, (_, i) => i % 2);
    const read = reading({
      h: { y, g: y.map((_, i) => (i < 200 ? 'big' : i < 210 ? null : `g${i % 60}`)) },
      a: { p0: y.map(() => 0.5), p1: y.map((v, i) => 0.3 + v * 0.4 + (i % 7) / 100) },
    });
    const rows = await pairedRows(asking({ candidate: probabilities('a', ['0', '1'], 600) }), read);
    const { slices, slicesLeftOut } = await measureSlices(
      { holdout: 'h', columns: ['g'], minimumRows: 10, metrics: metricsFor('binary'), counting },
      rows,
      read,
    );
    expect(slices).toHaveLength(50);
    expect(slices[0]).toMatchObject({
      column: 'g',
      value: 'big',
      rows: 200,
      champion: null,
      candidate: { roc_auc: 1 },
    });
    expect(slices.find(({ value }) => value === '(missing)')).toMatchObject({ rows: 10, candidate: { accuracy: 1 } });
    expect(slices.find(({ rows: count }) => count < 10)).toMatchObject({ candidate: {} });
    expect(slicesLeftOut).toEqual([{ column: 'g', values: 12, rows: expect.any(Number) }]);
    expect(slices.reduce((sum, slice) => sum + slice.rows, 0) + (slicesLeftOut[0]?.rows ?? 0)).toBe(600);
  });

  it('name the columns whose slices say nothing', async () => {
    const y = Array.from({ length: 40 }, (_, i) => i % 2);
    const of = (cell: (i: number) => string | null) => y.map((_, i) => cell(i));
    const read = reading({
      h: {
        y,
        empty: of(() => null),
        constant: of(() => 'same'),
        distinct: of((i) => `k${i}`),
        few: of((i) => (i < 3 ? 'rare' : null)),
        halves: of((i) => String(i % 2)),
      },
      a: { p0: y.map(() => 0.5), p1: y.map(() => 0.5) },
    });
    const rows = await pairedRows(asking({ candidate: probabilities('a', ['0', '1'], 40) }), read);
    const columns = ['empty', 'constant', 'distinct', 'few', 'halves'];
    const asked = { holdout: 'h', columns, minimumRows: 10, metrics: metricsFor('binary'), counting };
    const { untested, slices } = await measureSlices(asked, rows, read);
    expect(untested).toEqual([
      'not tested by slices: empty: it has no value',
      'not tested by slices: constant: it has one value only',
      'not tested by slices: distinct: none of its 40 values has 10 rows',
    ]);
    // A value of too few rows is a slice without figures.
    expect(slices.find(({ value }) => value === 'rare')).toMatchObject({ rows: 3, candidate: {} });
  });
});
