/** What people's files hold: the right answer, or an error that says what to do. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import type { Format } from '#contracts/data.ts';
import { type DriftOptions, DriftResult } from '#contracts/drift.ts';
import { measureDriftHere } from '#measures/drift/measure.ts';
import { readProfile } from '#measures/drift/profile/file.ts';
import { profileOf } from '#measures/drift/profile/table.ts';

let folder: string;
let tables: ReturnType<typeof createTablesInProcess>;
let made = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-drift-bad-'));
  tables = createTablesInProcess();
});
afterAll(async () => {
  await tables.close();
  await rm(folder, { recursive: true, force: true });
});

async function parquet(text: string, format: Format, types?: Record<string, string>): Promise<string> {
  const to = join(folder, `${++made}.parquet`);
  const file = join(folder, `${made}.${format}`);
  await writeFile(file, text);
  await tables.snapshot({ files: [file], format, types, to });
  return to;
}
const lines = (rows: readonly object[]) => parquet(rows.map((row) => JSON.stringify(row)).join('\n'), 'jsonl');

async function measure(reference: string, current: string, options: DriftOptions = {}) {
  const result = await tables.scanning(
    [reference, current],
    (open) =>
      measureDriftHere({ reference: { files: [reference] }, current: { files: [current] }, options }, null, open),
    new AbortController().signal,
  );
  // What is printed is what the contract says, and survives JSON.
  return DriftResult.parse(JSON.parse(JSON.stringify(result)));
}
const many = <T>(rows: number, of: (i: number) => T): T[] => Array.from({ length: rows }, (_, i) => of(i));
const reasonOf = (result: DriftResult, column: string) =>
  result.untested.find((each) => each.column === column)?.reason;

describe('drift of', () => {
  test('an all-null, a constant and a single-valued column', async () => {
    const table = (moved: number) => {
      const lines = many(40, (i) => `,7,${i % 9},${moved},same`);
      return parquet(['gone,constant,x,moved,word', ...lines].join('\n'), 'csv', { gone: 'DOUBLE' });
    };
    const result = await measure(await table(1), await table(2));
    expect(reasonOf(result, 'gone')).toContain('no value in it');
    expect(result.columns.constant).toMatchObject({ value: 1, drifted: false });
    expect(result.columns.word).toMatchObject({ value: 1, drifted: false });
    expect(result.columns.moved).toMatchObject({ drifted: true });
  });

  test('a single row', async () => {
    const result = await measure(await lines([{ x: 1.5, name: 'a' }]), await lines([{ x: 2.5, name: 'a' }]));
    expect(result.rows).toEqual({ reference: 1, current: 1 });
    expect(result.dataset_drift).toBe(false);
    for (const method of [
      'anderson',
      'cramer_von_mises',
      'empirical_mmd',
      't_test',
      'ks',
      'psi',
      'hellinger',
      'mannw',
    ] as const) {
      const named = await measure(await lines([{ x: 1.5 }]), await lines([{ x: 2.5 }]), {
        methods: { x: { method, kind: 'numerical' } },
      });
      expect(named.columns.x ?? reasonOf(named, 'x'), method).toBeTruthy();
    }
  });

  test('infinities and NaN', async () => {
    const csv = (last: string) =>
      parquet(`x\n${many(60, (i) => i * 1.25).join('\n')}\n${last}\n-inf\nnan\n`, 'csv', { x: 'DOUBLE' });
    const result = await measure(await csv('inf'), await csv('1.25'));
    expect(result.columns.x).toMatchObject({
      drifted: false,
      reference: { infinite: 2, nulls: 1, max: 73.75 },
      current: { infinite: 1 },
    });
    expect(result.columns.x?.notes.join()).toContain('3 infinite values');
    const none = await measure(await parquet('x\ninf\n-inf\n', 'csv', { x: 'DOUBLE' }), await csv('1'));
    expect(reasonOf(none, 'x')).toContain('no finite value');
  });

  test('numbers at the ends of a double', async () => {
    const wide = await lines([
      { x: 1.7e308, y: 5e-324 },
      { x: -1.7e308, y: -5e-324 },
      ...many(20, (i) => ({ x: i, y: i * 1e-320 })),
    ]);
    const result = await measure(wide, wide);
    expect(reasonOf(result, 'x')).toContain('logarithms');
    expect(result.columns.y?.drifted).toBe(false);
  });

  test('mixed, nested and decimal types, and times', async () => {
    const rows = many(30, (i) => ({
      mixed: i % 2 ? i % 6 : `w${i % 3}`,
      list: [i],
      deep: { a: i },
      at: `2026-01-0${1 + (i % 9)}T10:00:00${i % 2 ? 'Z' : '+02:00'}`,
    }));
    const file = await lines(rows);
    const result = await measure(file, file);
    expect(result.columns.mixed).toMatchObject({ kind: 'categorical', drifted: false });
    expect(reasonOf(result, 'list')).toContain('not compared');
    expect(reasonOf(result, 'deep')).toContain('not compared');
    expect(result.columns.at ?? reasonOf(result, 'at')).toBeTruthy();
    const price = (add: number) =>
      parquet(`price,at\n${many(50, (i) => `${i + add}.25,2026-01-01 0${i % 10}:00:00`).join('\n')}`, 'csv', {
        price: 'DECIMAL(18,2)',
        at: 'TIMESTAMP',
      });
    const decimal = await measure(await price(0), await price(20), { methods: { at: { method: 'wasserstein' } } });
    expect(decimal.columns.price).toMatchObject({ kind: 'numerical', drifted: true, reference: { max: 49.25 } });
    expect(decimal.columns.at).toMatchObject({ kind: 'time', value: 0 });
    expect(reasonOf(await measure(await price(0), await price(0)), 'at')).toContain('moves by itself');
  });

  test('a column that is text on one side and number on the other, or on one side only', async () => {
    const result = await measure(await parquet('a,old\n1,1\n2,1\n', 'csv'), await parquet('a,new\nx,1\ny,2\n', 'csv'));
    expect(reasonOf(result, 'a')).toMatch(/BIGINT in the reference and VARCHAR/);
    expect(reasonOf(result, 'old')).toContain('only the reference');
    expect(reasonOf(result, 'new')).toContain('only the current');
    expect(result).toMatchObject({ tested: 0, share: 0, dataset_drift: false });
  });

  test('categories that the reference never saw, free text, and texts of a megabyte', async () => {
    const rows = (odd: string) =>
      many(50, (i) => ({
        seen: i % 2 ? 'a' : odd,
        id: `id ${i} ${odd.length}`,
        long: `${'x'.repeat(1_000_000)}${i % 2}`,
      }));
    const result = await measure(
      await lines(rows('b').slice(0, 10)),
      await lines(rows('<script>alert(1)</script>').slice(0, 10)),
    );
    expect(result.columns.seen?.notes.join()).toContain('not seen in the reference: <script>');
    expect(reasonOf(result, 'id')).toContain('free text');
    expect(result.columns.long).toMatchObject({ value: 1, drifted: false, reference: { distinct: 2 } });
    expect(JSON.stringify(result).length).toBeLessThan(20_000);
  });

  test('columns with hostile names', async () => {
    const names = [
      'a"b',
      "a'b",
      'a;DROP TABLE x;--',
      '<img src=x>',
      '🦆',
      'new\nline',
      '__proto__',
      'constructor',
      ' ',
      'c=d',
    ];
    const row = (i: number) => `{${names.map((name) => `${JSON.stringify(name)}: ${(i * 7) % 30}.5`).join(',')}}`;
    const file = await parquet(many(50, row).join('\n'), 'jsonl');
    const result = await tables.scanning(
      [file],
      (open) => measureDriftHere({ reference: { files: [file] }, current: { files: [file] }, options: {} }, null, open),
      new AbortController().signal,
    );
    expect(Object.keys(result.columns).sort()).toEqual([...names].sort());
    expect(result.drifted).toBe(0);
  });

  test('thousands of columns', async () => {
    // Ten thousand are in test/slow.
    const wide = 2_000;
    const file = await parquet(
      `${many(wide, (i) => `c${i}`).join(',')}\n${many(3, (r) => many(wide, (i) => ((i * 31 + r * 7) % 97) + 0.5).join(',')).join('\n')}`,
      'csv',
    );
    const result = await measure(file, file);
    expect(result.tested).toBe(wide);
    expect(result.drifted).toBe(0);
  });
});

describe('a mistake is named', () => {
  test('in columns, tables and profiles', async () => {
    const file = await parquet('price,zip\n1,2\n3,4\n', 'csv');
    await expect(measure(file, file, { methods: { prise: { method: 'psi' } } })).rejects.toThrow('did you mean price?');
    await expect(measure(file, file, { preset: 'target' })).rejects.toThrow('name one of them');
    const words = await measure(
      await parquet('w\na\nb\na\na\na\n', 'csv'),
      await parquet('w\na\nb\na\na\na\n', 'csv'),
      { methods: { w: { method: 'ks' } } },
    );
    expect(reasonOf(words, 'w')).toContain('ks compares numbers');
    expect(() => readProfile('{"format":"ratchet-drift-profile/9"}', 'p.json')).toThrow(
      'p.json is no reference profile',
    );
    expect(() => readProfile('{"form', 'p.json')).toThrow('is not JSON');
    await expect(
      tables.scanning([file], (open) => profileOf(open, [join(folder, 'none.parquet')]), new AbortController().signal),
    ).rejects.toThrow();
  });
});
