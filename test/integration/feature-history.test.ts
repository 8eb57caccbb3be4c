/** Features as they were known: what history writes is Feast's rule on its goldens, and the nested loops' on a hundred generated worlds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineFeatures, entity, featureView } from 'ratchet-ml';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { getHistoricalFeatures } from '#activities/features/history/get-history.ts';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { historyWorld } from '../fixtures/feature-history/check-history.ts';

const golden = (name: string) => fileURLToPath(new URL(`../golden/feast/${name}`, import.meta.url));
const Golden = z.object({
  expected: z.object({
    spec: z.record(
      z.string(),
      z.array(z.object({ label_row: z.number(), rownum: z.number().nullable(), v: z.number().nullable() })),
    ),
  }),
});
const folder = mkdtempSync(join(tmpdir(), 'ratchet-feature-history-'));
const tables = createTablesInProcess();
const world = historyWorld();
afterAll(async () => {
  await world.close();
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});

const local = async (file: string) => ({ file, columns: (await tables.shape([file])).columns });

async function joined(ttl: '2d' | '0', created: object) {
  const thing = entity({ name: 'thing', joinKeys: { entity_id: 'int64' } });
  const view = featureView({
    name: 'f',
    entities: [thing],
    source: 'features.parquet',
    timestamp: 'event_timestamp',
    ttl,
    features: { v: 'float64', rownum: 'int64' },
    ...created,
  });
  const to = join(folder, 'out.parquet');
  const made = await getHistoricalFeatures(
    {
      defined: defineFeatures({ entities: [thing], views: [view] }),
      features: ['f:v', 'f:rownum'],
      entities: await local(golden('entities.parquet')),
      sources: new Map([['f', await local(golden('features.parquet'))]]),
      time: 'event_timestamp',
      folder,
    },
    to,
    tables,
    new AbortController().signal,
  );
  const { columns, rows } = await tables.columns(to, { label_row: 'number', v: 'number', rownum: 'number' });
  expect(rows).toBe(made.rows);
  const value = (column: Float64Array, i: number) => (Number.isNaN(column[i]) ? null : column[i]);
  return Array.from({ length: rows }, (_, i) => ({
    label_row: columns.label_row[i],
    rownum: value(columns.rownum, i),
    v: value(columns.v, i),
  })).sort((a, b) => Number(a.label_row) - Number(b.label_row));
}

test.each([
  ['ttl2d', '2d'],
  ['ttl0d', '0'],
] as const)('21 of 21 of Feast’s rule: %s', async (name, ttl) => {
  const { expected } = Golden.parse(JSON.parse(await readFile(golden('golden.json'), 'utf8')));
  const theirs = (expected.spec[name] ?? [])
    .map(({ label_row, rownum, v }) => ({ label_row, rownum, v }))
    .sort((a, b) => a.label_row - b.label_row);
  expect(theirs).toHaveLength(21);
  expect(await joined(ttl, { created: 'created', availableAfter: '0s' })).toEqual(theirs);
});

test('by default a row is not seen before it was written', async () => {
  const rows = await joined('0', { created: 'created' });
  const row = (label: number) => rows.find(({ label_row }) => label_row === label);
  // Entity 5, asked on the 2nd: its row of the 1st was written on the 9th. Entity 2, asked at 05:00: that of 09:00 is not there yet.
  expect(row(16)).toMatchObject({ rownum: null });
  expect(row(9)).toMatchObject({ rownum: 3, v: 20 });
  expect(row(10)).toMatchObject({ rownum: 4, v: 21 });
});

test('a hundred generated worlds: views, ttl, ties, late rows, nulls, clocks, windows', async () => {
  await world.cases(100);
});
