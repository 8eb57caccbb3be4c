/** Of any rows: each entity once, the same choice whatever their order, and a moment at which all are known. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratchet-entities-'));
const tables = createTablesInProcess();
let sql: DuckDBConnection;
beforeAll(async () => {
  sql = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(async () => {
  sql.closeSync();
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 6 });
const row = fc.record({
  key: maybe(fc.constantFrom('a', 'b', 'é', '', "o'x")),
  place: maybe(fc.integer({ min: 0, max: 3 })),
  at: maybe(fc.integer({ min: 0, max: 1_000 })),
  written: maybe(fc.integer({ min: 0, max: 2_000 })),
});
type Row = typeof row extends fc.Arbitrary<infer T> ? T : never;

let made = 0;
async function sampled(rows: readonly Row[], most: number, moment: number | null) {
  // Files of their own: DuckDB knows what it has read by its name.
  made += 1;
  const [file, to] = [join(folder, `rows-${made}.parquet`), join(folder, `chosen-${made}.parquet`)];
  const text = (value: string | null) => (value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`);
  const time = (value: number | null) => `make_timestamp(${value ?? 'NULL'})`;
  const values = rows.map(
    ({ key, place, at, written }) => `(${text(key)}, ${place}::INTEGER, ${time(at)}, ${time(written)})`,
  );
  await sql.run(
    `COPY (SELECT "Key"::VARCHAR AS "Key", place, t::TIMESTAMP AS t, w::TIMESTAMP AS w FROM (VALUES ${values.join(', ')}) v("Key", place, t, w)) TO '${file}' (FORMAT parquet)`,
  );
  const facts = await tables.sampleEntities({
    ...{ file, keys: ['key', 'place'], time: 't', created: 'w', delay: 7, moment, most, to, as: 'when' },
  });
  const chosen = await sql.runAndReadAll(`SELECT key, place, epoch_us("when") AS moment FROM '${to}'`);
  return { facts, chosen: chosen.getRowObjectsJS() };
}

test('as a set of them says', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 25 }),
      fc.option(fc.integer({ min: 0, max: 5_000 })),
      async (rows, most, moment) => {
        const whole = rows.filter(({ key, place, at }) => key !== null && place !== null && at !== null);
        const max = (of: (each: Row) => number | null) =>
          whole.reduce<number | null>(
            (top, each) => (of(each) === null ? top : Math.max(top ?? 0, of(each) ?? 0)),
            null,
          );
        const entities = new Set(whole.map(({ key, place }) => JSON.stringify([key, place])));
        const { facts, chosen } = await sampled(rows, most, moment);
        const at = moment ?? Math.max(max((each) => each.at) ?? 0, max((each) => each.written) ?? 0) + 7;
        expect(facts).toMatchObject({
          ...{ rows: whole.length, entities: entities.size, at },
          ...{ newest: max((each) => each.at), written: max((each) => each.written) },
        });
        const names = chosen.map(({ key, place }) => JSON.stringify([key, place]));
        expect(new Set(names).size).toBe(Math.min(most, entities.size));
        expect(names.every((name) => entities.has(name))).toBe(true);
        expect(chosen.every(({ moment: of }) => Number(of) === at)).toBe(true);
        const again = await sampled(rows.toReversed(), most, moment);
        expect(again.chosen).toEqual(chosen);
      },
    ),
    { numRuns: 25 },
  );
});
