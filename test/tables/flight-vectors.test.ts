/**
 * The year of flights, told to an online store hour by hour: what it answers for 10,000 of them at their departure is what history says, bit for
 * bit. Flights without a tail number are left out: history has nulls for them, and a request names its keys.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { getHistoricalFeatures } from '#activities/features/history/get-history.ts';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { openLmdb } from '#adapters/lmdb/online-store.ts';
import { resolveFeatures } from '#features/resolve.ts';
import type { OnlineStore } from '#ports/online-store.ts';
import { catalogueOf } from '#serving/definitions.ts';
import { pushRows } from '#serving/pushes.ts';
import { readVectors } from '#serving/vectors.ts';
import definitions from '../../pipelines/flight-delays/features.ts';
import { tidy } from '../../pipelines/flight-delays/fleet.ts';
import { testPython } from '../servers/programs.ts';

const FLIGHTS = 10_000;
const pipeline = join(import.meta.dirname, '../../pipelines/flight-delays');
const folder = mkdtempSync(join(tmpdir(), 'ratchet-flights-'));
const tables = createTablesInProcess();
const catalogue = catalogueOf(definitions);
/** The service's, and the windows that it reads. */
const features = [
  ...(definitions.document.services[0]?.features ?? []),
  ...['carrier_delays:delay_7d', 'carrier_delays:delay_28d'],
];
const { columns: asked } = resolveFeatures(definitions.document, { features });
let sql: DuckDBConnection;
let store: OnlineStore;
beforeAll(async () => {
  execFileSync(testPython(), [join(pipeline, 'fetch.py'), folder]);
  await tidy(join(folder, 'planes.csv'), join(folder, 'fleet.csv'));
  sql = await (await DuckDBInstance.create(':memory:')).connect();
  await sql.run("SET TimeZone = 'UTC'");
  store = await openLmdb({ path: join(folder, 'online') });
});
afterAll(async () => {
  sql.closeSync();
  await store.close();
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});

const csv = (name: string) => `read_csv('${join(folder, `${name}.csv`)}', nullstr = 'NA')`;
async function parquet(name: string, query: string) {
  const file = join(folder, `${name}.parquet`);
  await sql.run(`COPY (${query}) TO '${file}' (FORMAT parquet)`);
  return { file, columns: (await tables.shape([file])).columns };
}
/** Rows of a source by the hour that they are told in: a list for each column. */
async function byHour(name: string, time: string): Promise<Map<number, Record<string, unknown[]>>> {
  const result = await sql.runAndReadAll(
    `SELECT epoch_ms("${time}")::DOUBLE AS at, to_json(list(t)) AS rows FROM (SELECT * FROM ${csv(name)} ORDER BY ALL) t GROUP BY 1`,
  );
  const hours = result.getRowObjectsJS().map(({ at, rows }): [number, Record<string, unknown[]>] => {
    const list = JSON.parse(String(rows)) as Record<string, unknown>[];
    // A time as JSON has it, in UTC.
    const value = (row: Record<string, unknown>, column: string) =>
      column === time ? new Date(Number(at)).toISOString() : row[column];
    return [
      Number(at),
      Object.fromEntries(Object.keys(list[0] ?? {}).map((column) => [column, list.map((row) => value(row, column))])),
    ];
  });
  return new Map(hours);
}

test(`of ${FLIGHTS} flights both vectors are the same`, async () => {
  const chosen = await parquet(
    'chosen',
    `SELECT row_number() OVER (ORDER BY time_hour, h) - 1 AS n, * EXCLUDE (h) FROM (SELECT time_hour, origin, tailnum, carrier, md5(concat_ws(' ', time_hour, carrier, flight, origin)) AS h
     FROM ${csv('flights')} WHERE tailnum IS NOT NULL ORDER BY h LIMIT ${FLIGHTS})`,
  );
  const sources = new Map(
    await Promise.all(
      Object.entries({ weather: 'weather', fleet: 'fleet', carrier_delays: 'flights' }).map(
        async ([view, name]) => [view, await parquet(name, `SELECT * FROM ${csv(name)}`)] as const,
      ),
    ),
  );
  const to = join(folder, 'vectors.parquet');
  await getHistoricalFeatures(
    { defined: definitions, features, entities: chosen, sources, time: 'time_hour', folder },
    to,
    tables,
    new AbortController().signal,
  );
  const offline = (
    await sql.runAndReadAll(`SELECT * REPLACE (epoch_ms(time_hour)::DOUBLE AS time_hour) FROM '${to}' ORDER BY n`)
  ).getRowObjectsJS();
  expect(offline).toHaveLength(FLIGHTS);

  const told = [
    ['weather', await byHour('weather', 'time_hour')],
    ['fleet', await byHour('fleet', 'known_at')],
    ['carrier_delays', await byHour('flights', 'time_hour')],
  ] as const;
  const hours = [...new Set(told.flatMap(([, each]) => [...each.keys()]))].toSorted((a, b) => a - b);
  let next = 0;
  let withTrend = 0;
  for (const hour of hours) {
    for (const [name, rows] of told) {
      const view = catalogue.views.get(name);
      const columns = renamed(name, rows.get(hour));
      if (view && columns) await pushRows([view], columns, { catalogue, store, dialect: 'strict', now: () => hour });
    }
    const flights: Record<string, unknown>[] = [];
    for (; offline[next]?.time_hour === hour; next += 1) flights.push(offline[next] ?? {});
    if (flights.length === 0) continue;
    const column = (name: string) => flights.map((flight) => flight[name]);
    const vectors = await readVectors(
      {
        features,
        entities: { origin: column('origin'), tailnum: column('tailnum'), carrier: column('carrier') },
      },
      { catalogue, store, dialect: 'strict', now: () => hour },
    );
    const served = vectors.columns.slice(vectors.question.keys.length);
    for (const [row, flight] of flights.entries()) {
      const online = Object.fromEntries(served.map(({ name, cells }) => [name, present(cells[row])]));
      const history = Object.fromEntries(asked.map(({ feature }) => [feature, flight[feature]]));
      expect(online, `flight ${flight.n}`).toEqual(history);
      if (history.delay_trend !== null) withTrend += 1;
    }
  }
  expect(next).toBe(FLIGHTS);
  expect(withTrend).toBeGreaterThan(FLIGHTS * 0.95);
}, 600_000);

const present = (cell: { value: unknown; status: string } | undefined) =>
  cell && cell.status !== 'OUTSIDE_MAX_AGE' ? cell.value : null;

/** A push names features; a source has columns. */
function renamed(view: string, columns: Record<string, unknown[]> | undefined): Record<string, unknown[]> | undefined {
  if (!columns || view !== 'fleet') return columns;
  const { year = [], seats = [], manufacturer = [], ...rest } = columns;
  return { ...rest, built: year, plane_seats: seats, maker: manufacturer };
}
