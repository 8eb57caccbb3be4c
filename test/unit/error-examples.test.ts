/** Rows that one model gets wrong and the other right: which, in what order, and what of the data is shown with them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorExamples } from '#measures/evaluation/error-examples.ts';
import type { PairedRows } from '#measures/evaluation/rows.ts';
import type { BinaryRows, Rows } from '#measures/statistics/rows.ts';
import type { ReadColumns } from '#ports/tables.ts';

const table: Readonly<Record<string, readonly (string | null)[]>> = {
  carrier: ['AA', 'UA', null, 'B6', 'AA', 'HA'],
  remarks: ['ok', 'the customer called twice and asked for her money back', 'ok', 'ok', 'ok', 'ok'],
};
const read = (async (_file: string, columns: Record<string, string>) => ({
  rows: 6,
  columns: Object.fromEntries(
    Object.keys(columns).map((column) => {
      const cells = table[column] as readonly (string | null)[];
      const values = [...new Set(cells.filter((cell) => cell !== null))];
      return [column, { codes: Int32Array.from(cells, (cell) => (cell === null ? -1 : values.indexOf(cell))), values }];
    }),
  ),
})) as unknown as ReadColumns;

const paired = (candidate: Rows, champion: Rows | null, kept = [0, 1, 2, 3, 4, 5]): PairedRows => ({
  ...{ candidate, champion, kept: Int32Array.from(kept), rows: 6 },
  classes: candidate.task === 'regression' ? null : ['no', 'yes'],
  ...{ dropped: { target: 0, candidate: 0, champion: 0 }, overlap: { rows: 0, candidate: 0, champion: 0 }, reused: 0 },
  ...{ scored: { eligible: 6, candidate: 6, champion: 6, both: 6 }, notes: [] },
});
const binary = (y: readonly number[], score: readonly number[]): BinaryRows => ({
  ...{ task: 'binary', threshold: 0.5 },
  y: Uint8Array.from(y),
  score: Float64Array.from(score),
});
const asked = { columns: ['carrier'], asked: false, rows: 10 };
const y = [1, 0, 1, 0, 1, 0];
const candidate = binary(y, [0.1, 0.99, 0.4, 0.2, 0.9, 0.6]);
const champion = binary(y, [0.6, 0.3, 0.9, 0.7, 0.1, 0.1]);

describe('error examples', () => {
  it('are the surest mistakes of one that the other does not make, both ways', async () => {
    const found = await errorExamples(asked, 'h', paired(candidate, champion), read);
    expect(found.worse.rows).toBe(4);
    expect(found.worse.shown.map(({ row }) => row)).toEqual([1, 0, 2, 5]);
    expect(found.worse.shown[0]).toEqual({
      ...{ row: 1, truth: 'no', values: ['UA'] },
      candidate: { says: 'yes', sure: 0.99 },
      champion: { says: 'no', sure: 0.7 },
    });
    expect(found.worse.shown[2]?.values).toEqual([null]);
    expect(found.better?.shown.map(({ row }) => row)).toEqual([4, 3]);
  });

  it('are as many as are asked for, of equal ones the first, and counted beyond', async () => {
    const equal = binary([1, 1, 1, 1, 1, 1], [0.2, 0.2, 0.2, 0.2, 0.2, 0.2]);
    const right = binary([1, 1, 1, 1, 1, 1], [0.9, 0.9, 0.9, 0.9, 0.9, 0.9]);
    const { worse, better } = await errorExamples({ ...asked, rows: 2 }, 'h', paired(equal, right), read);
    expect(worse).toMatchObject({ rows: 6, shown: [{ row: 0 }, { row: 1 }] });
    expect(better).toEqual({ rows: 0, shown: [] });
  });

  it('count rows as the holdout has them, where some are in no figure', async () => {
    const { worse } = await errorExamples(asked, 'h', paired(binary([1], [0.1]), binary([1], [0.9]), [3]), read);
    expect(worse.shown).toMatchObject([{ row: 3, values: ['B6'] }]);
  });

  it('of a first champion are its own mistakes', async () => {
    const found = await errorExamples(asked, 'h', paired(candidate, null), read);
    expect(found.better).toBeNull();
    expect(found.worse.shown.map(({ row, champion: other }) => [row, other])).toEqual([
      [1, null],
      [0, null],
      [2, null],
      [5, null],
    ]);
  });

  it('of a regression are those where it is further from the truth', async () => {
    const numbers = (predicted: readonly number[]): Rows => ({
      ...{ task: 'regression', y: Float64Array.from([10, 10, 10]) },
      predicted: Float64Array.from(predicted),
    });
    const found = await errorExamples(
      asked,
      'h',
      paired(numbers([10, 30, 11]), numbers([12, 10, 11]), [0, 1, 2]),
      read,
    );
    expect(found.worse.shown).toMatchObject([
      { row: 1, truth: '10', candidate: { says: '30', sure: null }, champion: { says: '10' } },
    ]);
    expect(found.better?.shown).toMatchObject([{ row: 0 }]);
  });

  it('of several classes without probabilities have no order but the rows’', async () => {
    const labels = (predicted: readonly number[]): Rows => ({
      ...{ task: 'multiclass', classes: 2, probabilities: null },
      ...{ y: Int32Array.from([0, 1]), predicted: Int32Array.from(predicted) },
    });
    const found = await errorExamples(asked, 'h', paired(labels([1, 0]), labels([0, 1]), [0, 1]), read);
    expect(found.worse.shown.map(({ row, candidate: { sure } }) => [row, sure])).toEqual([
      [0, null],
      [1, null],
    ]);
  });

  it('show free text to whoever names its column, and to nobody else', async () => {
    const columns = ['carrier', 'remarks'];
    const usual = await errorExamples({ ...asked, columns }, 'h', paired(candidate, champion), read);
    expect(usual).toMatchObject({ columns: ['carrier'], hidden: ['remarks'] });
    expect(JSON.stringify(usual)).not.toContain('money');
    const named = await errorExamples({ ...asked, columns, asked: true }, 'h', paired(candidate, champion), read);
    expect(named.worse.shown[0]?.values).toEqual(['UA', 'the customer called twice and asked for her money back']);
  });

  it('are the same as sorting all rows would give', async () => {
    const rows = fc.array(
      fc.tuple(
        fc.constantFrom(0, 1),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
      ),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 4 }), async (drawn, most) => {
        const truth = drawn.map(([each]) => each);
        const one = binary(
          truth,
          drawn.map(([, score]) => score),
        );
        const other = binary(
          truth,
          drawn.map(([, , score]) => score),
        );
        const kept = drawn.map((_, at) => at);
        const { worse } = await errorExamples({ ...asked, rows: most }, 'h', paired(one, other, kept), read);
        const wrong = (score: number, is: number) => (score >= 0.5 ? 1 : 0) !== is;
        const expected = drawn
          .flatMap(([is, score, theirs], row) =>
            wrong(score, is) && !wrong(theirs, is) ? [{ row, sure: Math.max(score, 1 - score) }] : [],
          )
          .sort((a, b) => b.sure - a.sure || a.row - b.row);
        expect(worse.rows).toBe(expected.length);
        expect(worse.shown.map(({ row }) => row)).toEqual(expected.slice(0, most).map(({ row }) => row));
      }),
    );
  });
});
