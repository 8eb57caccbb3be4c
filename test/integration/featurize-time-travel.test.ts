/** The point-in-time join against a plain loop, on small random tables; and that nothing ever comes from the future. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDataWorkplace, type DataWorkplace } from '../conformance/data-workplace.ts';

let place: DataWorkplace;
beforeAll(async () => {
  place = await createDataWorkplace();
});
afterAll(() => place.close());

const HOUR = 3_600_000;
const START = Date.parse('2026-01-01T00:00:00Z');
const iso = (hour: number | null) => (hour === null ? '' : new Date(START + hour * HOUR).toISOString());

interface Row {
  key: number | null;
  hour: number;
}
interface ViewRow {
  key: number | null;
  hour: number | null;
  value: number | null;
}
const key = fc.option(fc.integer({ min: 0, max: 2 }), { freq: 6 });
const dataRow: fc.Arbitrary<Row> = fc.record({ key, hour: fc.integer({ min: 0, max: 20 }) });
const viewRow: fc.Arbitrary<ViewRow> = fc.record({
  key,
  hour: fc.option(fc.integer({ min: -5, max: 25 }), { freq: 8 }),
  value: fc.option(fc.integer({ min: 0, max: 99 }), { freq: 5 }),
});

/** What the contract says, row by row: the last row at or before, the last of the file among equals, too old is missing. */
function oracle(row: Row, view: readonly ViewRow[], maxAge: number | null, availableAfter: number) {
  let found: ViewRow | null = null;
  for (const each of view) {
    if (row.key === null || each.key !== row.key || each.hour === null || each.hour + availableAfter > row.hour)
      continue;
    if (found?.hour === null || found === null || each.hour >= (found.hour ?? 0)) found = each;
  }
  if (found === null || (maxAge !== null && row.hour - (found.hour ?? 0) > maxAge)) return { value: null, at: null };
  return { value: found.value, at: found.hour };
}

test('the join is the loop', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(dataRow, { minLength: 2, maxLength: 25 }),
      fc.array(viewRow, { minLength: 1, maxLength: 25 }),
      fc.option(fc.integer({ min: 0, max: 6 })),
      fc.integer({ min: 0, max: 4 }),
      async (data, view, maxAge, availableAfter) => {
        // The first row has every value: a column without any has no type.
        const typed = [{ key: 9, hour: 0, value: 0 }, ...view];
        const dataRef = await place.dataset(
          'data',
          `n,k,t\n${data.map((row, n) => `${n},${row.key ?? ''},${iso(row.hour)}`).join('\n')}\n`,
          { k: 'BIGINT' },
        );
        const viewRef = await place.dataset(
          'view',
          `k,t,at,value\n${typed.map((row) => `${row.key ?? ''},${iso(row.hour)},${iso(row.hour)},${row.value ?? ''}`).join('\n')}\n`,
        );
        const { train, holdout, matched } = await place.featurize({
          data: dataRef,
          time: 't',
          views: [
            {
              name: 'v',
              data: viewRef,
              time: 't',
              on: { k: 'k' },
              columns: ['value', 'at'],
              maxAge: maxAge === null ? undefined : `${maxAge}h`,
              availableAfter: `${availableAfter}h`,
            },
          ],
          split: { by: 'share', holdout: 0.4 },
        });
        const parts = await Promise.all(
          [train, holdout].map((ref) => place.rows(ref, { n: 'number', t: 'number', value: 'number', at: 'number' })),
        );
        const rows = parts.flatMap((part) =>
          (part.n ?? []).map((n, i) => ({
            n: Number(n),
            t: Number(part.t?.[i]),
            value: part.value?.[i],
            at: part.at?.[i],
          })),
        );

        const expected = data.map((row, n) => ({ n, ...oracle(row, typed, maxAge, availableAfter) }));
        const found = rows.map(({ n, value, at }) => ({
          n,
          value,
          at: at === null ? null : (Number(at) - START) / HOUR,
        }));
        expect([...found].sort((a, b) => a.n - b.n)).toEqual(expected.map(({ n, value, at }) => ({ n, value, at })));
        expect(rows.every(({ t, at }) => at === null || Number(at) + availableAfter * HOUR <= t)).toBe(true);
        expect(matched.v).toBeCloseTo(expected.filter(({ at }) => at !== null).length / data.length, 10);
        // In the order of time, ties in that of the file; and each row once.
        expect(rows.map(({ n }) => n)).toEqual(
          data.map((_, n) => n).sort((a, b) => (data[a]?.hour ?? 0) - (data[b]?.hour ?? 0) || a - b),
        );
      },
    ),
    { numRuns: 25 },
  );
}, 120_000);
