/** A search for the worst slices: it finds a planted one, and what chance shows it does not bear out. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import type { PairedRows } from '#measures/evaluation/rows.ts';
import { worstSlices } from '#measures/evaluation/worst-slices.ts';
import { metricsFor } from '#measures/statistics/registry.ts';
import type { RegressionRows } from '#measures/statistics/rows.ts';
import { unitsOf } from '#measures/statistics/units.ts';
import type { ReadColumns } from '#ports/tables.ts';

type Cells = readonly (string | number | null)[];
const reading = (table: Readonly<Record<string, Cells>>): ReadColumns =>
  (async (_file: string, columns: Record<string, 'number' | 'text'>) => ({
    rows: Object.values(table)[0]?.length ?? 0,
    columns: Object.fromEntries(
      Object.entries(columns).map(([column, kind]) => {
        const cells = table[column] as Cells;
        if (kind === 'number')
          return [column, Float64Array.from(cells, (cell) => (cell === null ? Number.NaN : Number(cell)))];
        const values = [...new Set(cells.filter((cell) => cell !== null).map(String))];
        return [
          column,
          { codes: Int32Array.from(cells, (cell) => (cell === null ? -1 : values.indexOf(String(cell)))), values },
        ];
      }),
    ),
  })) as unknown as ReadColumns;

function drawn(seed: number) {
  const random = xoroshiro128plus(seed);
  const uniform = () => ((random.next() >>> 0) + 0.5) / 0x1_0000_0000;
  return { uniform, normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()) };
}

/** Rows of two airports, five carriers and a distance; the candidate is off by `more` on B6 from JFK. */
function world(rows: number, seed: number, more: number) {
  const { uniform, normal } = drawn(seed);
  const at = Array.from({ length: rows }, (_, row) => row);
  const origin = at.map(() => (uniform() < 0.5 ? 'JFK' : 'LGA'));
  const carrier = at.map(() => ['B6', 'AA', 'UA', 'DL', 'WN'][Math.floor(uniform() * 5)] as string);
  const distance = at.map(() => Math.round(uniform() * 3000));
  const note = at.map((row) => `row ${row}`);
  const truth = at.map(() => 100 * uniform());
  const champion = truth.map((value) => value + normal());
  const candidate = truth.map(
    (value, row) => value + normal() * (origin[row] === 'JFK' && carrier[row] === 'B6' ? 1 + more : 1),
  );
  const side = (predicted: readonly number[]): RegressionRows => ({
    ...{ task: 'regression', y: Float64Array.from(truth), predicted: Float64Array.from(predicted) },
  });
  const paired = {
    ...{ candidate: side(candidate), champion: side(champion), classes: null, kept: Int32Array.from(at), rows },
    ...{
      dropped: { target: 0, candidate: 0, champion: 0 },
      overlap: { rows: 0, candidate: 0, champion: 0 },
      reused: 0,
    },
    ...{ scored: { eligible: rows, candidate: rows, champion: rows, both: rows }, notes: [] },
  } satisfies PairedRows;
  return { paired, read: reading({ origin, carrier, distance, note, empty: at.map(() => null) }) };
}
const columns = [
  { name: 'origin', numbers: false },
  { name: 'carrier', numbers: false },
  { name: 'distance', numbers: true },
  { name: 'note', numbers: false },
  { name: 'empty', numbers: false },
];
const metrics = metricsFor('regression');
const counting = { weights: null, units: null, confidence: 0.95, seed: 1 };
const search = ({ paired, read }: ReturnType<typeof world>, more: Partial<typeof counting> | object = {}) =>
  worstSlices({ columns, minimumRows: 100 }, 'h', paired, metrics, { ...counting, ...more }, read);

describe('the search', () => {
  it('finds the two columns that together are worse, and rows that it did not look at bear it out', async () => {
    const found = await search(world(6_000, 3, 1));
    expect(found?.slices[0]).toMatchObject({ confirmed: true });
    expect(found?.slices[0]?.where).toEqual(
      expect.arrayContaining([
        { column: 'origin', value: 'JFK' },
        { column: 'carrier', value: 'B6' },
      ]),
    );
    expect(Number(found?.slices[0]?.upper)).toBeLessThan(0);
    expect(found?.columns).toEqual(['origin', 'carrier', 'distance']);
    expect(found?.skipped).toEqual([
      { column: 'note', why: 'more than 50 values' },
      { column: 'empty', why: 'one value' },
    ]);
    // 2 + 5 + 4 alone, 10 + 8 + 20 together.
    expect(found?.looked).toBe(49);
    expect(found?.slices.length).toBeLessThanOrEqual(5);
    const [first] = found?.slices ?? [];
    expect(first?.confirmedOn).toBeLessThan(first?.rows ?? 0);
  });

  it('bears out what is chance in at most one of twenty holdouts, though what it chose looks bad where it was chosen', async () => {
    const rounds = 120;
    let [borneOut, looksBad] = [0, 0];
    for (let round = 0; round < rounds; round++) {
      const found = await search(world(800, 100 + round, 0));
      if (found?.slices.some(({ confirmed }) => confirmed)) borneOut++;
      if (found?.slices.some(({ searched }) => Number(searched) < -0.1)) looksBad++;
    }
    expect(looksBad / rounds).toBeGreaterThan(0.5);
    expect(borneOut / rounds).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / rounds));
  });

  it('reads so many columns of a wide table and no more, though none of them has slices', async () => {
    const { paired } = world(2_000, 5, 0);
    const names = Array.from({ length: 100 }, (_, at) => `note ${at}`);
    const notes = Array.from({ length: 2_000 }, (_, row) => `row ${row}`);
    const read = reading(Object.fromEntries(names.map((name) => [name, notes])));
    const wide = names.map((name) => ({ name, numbers: false }));
    const scansOf = async (rows: number) => {
      const scans: number[] = [];
      const counted: ReadColumns = async (file, asked) => {
        scans.push(Object.keys(asked).length);
        return { ...(await read(file, asked)), rows };
      };
      const found = await worstSlices({ columns: wide, minimumRows: 100 }, 'h', paired, metrics, counting, counted);
      expect(found?.skipped).toHaveLength(100);
      expect(found?.skipped[39]).toEqual({ column: 'note 39', why: 'more than 50 values' });
      expect(found?.skipped[40]).toEqual({ column: 'note 40', why: 'beyond the first 40' });
      return scans;
    };
    // The first says how long they are; of a small table the others come in a few scans, of a large one in many.
    expect(await scansOf(2_000)).toEqual([1, 20, 19]);
    expect(await scansOf(10_000_000)).toEqual([1, ...Array.from({ length: 13 }, () => 3)]);
  });

  it('splits whole units, and says nothing where there are too few for two halves', async () => {
    const made = world(2_000, 5, 1);
    const days = (count: number) => unitsOf(Array.from({ length: 2_000 }, (_, row) => row % count));
    expect(await search(made, { units: days(15) })).toBeNull();
    const found = await search(made, { units: days(40) });
    expect(found?.slices.every(({ units }) => units <= 20)).toBe(true);
  });

  it('holds a first champion against what it is on the whole', async () => {
    const { paired, read } = world(6_000, 3, 2);
    const found = await search({ paired: { ...paired, champion: null } as never, read });
    expect(found?.slices[0]).toMatchObject({ confirmed: true });
    expect(found?.slices[0]?.where).toHaveLength(2);
  });
});
