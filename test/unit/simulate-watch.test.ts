/** The simulations of docs/statistics.md in small: whoever breaks a rule of the watch sees it in seconds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lookRule, looksPerYear } from '#activities/watch/look-rule.ts';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { DuckDBInstance } from '#adapters/duckdb/host/sdk.ts';
import type { DriftResult } from '#contracts/drift.ts';
import { WatchPolicy } from '#contracts/watch.ts';
import { driftVerdict } from '#decisions/retrain/drift-verdict.ts';
import { homogeneity } from '#measures/statistics/drift/homogeneity.ts';
import { lookAt, yearOf } from '../simulate/watch.ts';
import { addRows, type Counts, columns, measured, nameOf, noRows, normals } from '../simulate/watch-world.ts';

const own = { shared: 0, day: 0, week: 0 };
const every = ['1h', '1d', '7d'] as const;

describe('a year without change', () => {
  it.each([
    { ...own, rows: 1_000 },
    { ...own, rows: 1_000, shared: 0.8 },
    { ...own, rows: 10_000, week: 0.1 },
  ])('has no false alarm at any rate of looking: %o', async (world) => {
    // Each is wrong once in twenty years at most: two of three would be one chance in a hundred.
    for (const seed of [1, 2]) {
      const told = await yearOf(seed, world);
      for (const each of every) expect(told[each]).toEqual({ chance: false, verdict: false, twoWindows: false });
    }
  });

  it('windows of a hundred rows are not judged, whatever they show', async () => {
    const told = await lookAt(1, { ...own, rows: 100 }, 2);
    for (const each of every) expect(told[each]).toMatchObject({ chance: true, verdict: false });
  });

  it('a shift of 0.3 standard deviations of ten thousand rows is found by one look', async () => {
    const told = await lookAt(1, { ...own, rows: 10_000 }, 0.3);
    for (const each of every) expect(told[each]).toMatchObject({ chance: true, verdict: true });
  });
});

describe('the counts of a drawn table', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-watch-rows-'));
  const tables = createTablesInProcess();
  afterAll(async () => {
    await tables.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The rows themselves; how columns go together is not looked at. */
  async function parquet(name: string, counts: Counts): Promise<string> {
    const file = join(folder, `${name}.parquet`);
    const rowsOf = columns.map((column) =>
      [...counts.subarray(column.from, column.from + column.cells)].flatMap((count, cell) =>
        Array.from({ length: count }, () => (column.value ? column.value(cell).toExponential() : `'${nameOf(cell)}'`)),
      ),
    );
    const rows = (rowsOf[0] ?? []).map((_, row) => `(${rowsOf.map((values) => values[row]).join(',')})`);
    const names = columns.map((column) => column.name).join(', ');
    const types = columns.map((column) => (column.value ? `${column.name}::DOUBLE AS ${column.name}` : column.name));
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(
      `COPY (SELECT ${types.join(', ')} FROM (VALUES ${rows.join(',')}) AS t(${names})) TO '${file}' (FORMAT parquet)`,
    );
    connection.closeSync();
    instance.closeSync();
    return file;
  }

  it.each([
    { rows: 700, shift: 0 },
    { rows: 700, shift: 0.5 },
    { rows: 1_500, shift: 0.2 },
  ])('are judged as the rows are, read from their files: %o', async ({ rows, shift }) => {
    const normal = normals(rows);
    const [before, now] = [noRows(), noRows()];
    const add = (by: number, into: Counts) =>
      addRows(
        normal,
        rows,
        { ...own, rows },
        columns.map(() => by),
        into,
      );
    add(0, before);
    add(shift, now);
    const files = [
      await parquet(`before-${rows}-${shift}`, before),
      await parquet(`now-${rows}-${shift}`, now),
    ] as const;
    const whole = await tables.compute<DriftResult>({
      module: new URL('../../measures/drift/measure.ts', import.meta.url).href,
      name: 'measureDriftHere',
      args: { reference: { files: [files[0]] }, current: { files: [files[1]] }, options: {}, chance: true },
      files,
    });
    const rule = lookRule(WatchPolicy.parse({ source: 'x', every: '1d' }));
    const [found, meant] = [driftVerdict(await measured(before, now), rule), driftVerdict(whole, rule)];
    const told = (result: DriftResult) =>
      Object.entries(result.columns).map(([name, { method, drifted, level }]) => ({ name, method, drifted, level }));
    expect(told(found)).toEqual(told(meant));
    expect(told(found).some(({ drifted }) => drifted)).toBe(shift > 0);
    for (const [name, { chance, value }] of Object.entries(meant.columns)) {
      expect(found.columns[name]?.chance).toBeCloseTo(chance as number, 12);
      expect(found.columns[name]?.value).toBeCloseTo(value as number, 12);
    }
    expect(found.untested).toEqual(meant.untested);
  });
});

it('two samples of the same categories: the reference is one, too; few rows tell nothing', () => {
  const counts = (reference: number[], current: number[]) => ({
    ...{ reference: Float64Array.from(reference), current: Float64Array.from(current) },
    ...{ referenceSize: reference.reduce((a, b) => a + b), currentSize: current.reduce((a, b) => a + b) },
  });
  // scipy.stats.chi2_contingency([[60, 40], [4000, 6000]], correction=False, lambda_='log-likelihood') without Williams: 6.2e-5.
  expect(homogeneity(counts([60, 40], [4_000, 6_000]))).toBeGreaterThan(4e-5);
  expect(homogeneity(counts([60, 40], [4_000, 6_000]))).toBeLessThan(1e-4);
  expect(homogeneity(counts([60, 40], [60, 40]))).toBe(1);
  expect(homogeneity(counts([3, 1], [3, 2]))).toBeNull();
  // Rare ones are taken together.
  const rare = Array.from({ length: 300 }, () => 1);
  expect(homogeneity(counts([500, ...rare], [500, ...rare]))).toBe(1);
});

it.each([
  ['1h', 8_766],
  ['1d', 366],
  ['0 6 1 * *', 12],
  ['0 6 * * 1', 52],
  ['0 * * * *', 8_766],
] as const)('looks a year, every %s', (every, looks) => {
  expect(Math.abs(looksPerYear(every) - looks)).toBeLessThan(looks / 50 + 1);
  expect(lookRule(WatchPolicy.parse({ source: 'x', every }))).toMatchObject({ falseAlarms: 0.05, leastRows: 200 });
});
