/**
 * Three hundred generated worlds: history is what Feast's DuckDB store answers where both define one answer. Left out are null keys and times, which Feast
 * refuses, and rows of one key, time and creation, of which Feast takes any.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { defineFeatures, entity, featureView } from 'ratchet-ml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { getHistoricalFeatures } from '#activities/features/history/get-history.ts';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { ensurePythonEnvironment } from '#stack/python-environment.ts';
import { event, literal, MINUTE, number, START, text, whole } from '../fixtures/feature-history/check-history.ts';

const CASES = 300;
const names = ['whole', 'fraction', 'word'] as const;
const key = fc.constantFrom(1n, 2n, 3n, 2n ** 53n + 1n);
const moment = fc
  .tuple(fc.integer({ min: 0, max: 60 }), fc.constantFrom(0, 0, 0, 1, -1))
  .map(([minutes, beside]) => START + minutes * MINUTE + beside);
const world = fc.record({
  /** Is nothing seen before it was written? */
  written: fc.boolean(),
  rows: fc.array(fc.record({ key, at: moment }), { minLength: 1, maxLength: 30 }),
  repeat: fc.integer({ min: 0, max: 3 }),
  views: fc.array(
    fc.record({
      created: fc.boolean(),
      ttl: fc.constantFrom(0, 1, 10, 30),
      clock: fc.constantFrom('TIMESTAMP' as const, 'TIMESTAMPTZ' as const),
      events: fc.array(fc.tuple(event, key, moment, moment), { minLength: 1, maxLength: 40 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

const folder = mkdtempSync(join(tmpdir(), 'ratchet-beside-'));
const tables = createTablesInProcess();
let python: string;
let sql: DuckDBConnection;
beforeAll(async () => {
  const here = import.meta.dirname;
  const environment = await ensurePythonEnvironment({
    root: join(here, '..', '..'),
    name: 'bench-feast',
    lock: join(here, '..', 'bench', 'requirements-feast.lock'),
    progress: (line) => console.log(line),
  });
  python = environment.python;
  sql = await (await DuckDBInstance.create(':memory:')).connect();
  await sql.run("SET TimeZone = 'UTC'");
});
afterAll(async () => {
  sql.closeSync();
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});

async function write(name: string, columns: string, rows: readonly string[]): Promise<string> {
  const file = join(folder, `${name}.parquet`);
  await sql.run(`COPY (SELECT * FROM (VALUES ${rows.join(', ')}) t(${columns})) TO '${file}' (FORMAT parquet)`);
  return file;
}
const local = async (file: string) => ({ file, columns: (await tables.shape([file])).columns });
const read = async (file: string, time: string) =>
  (await sql.runAndReadAll(`SELECT * EXCLUDE ("key", "${time}") FROM '${file}' ORDER BY n`)).getRowObjectsJS();

test(`of ${CASES} worlds Feast's DuckDB store says the same, and neither loses a row`, async () => {
  const cases = [];
  for (const [number_, given] of fc.sample(world, { numRuns: CASES, seed: 17 }).entries()) {
    const name = `case-${number_}`;
    const asked = [...given.rows, ...given.rows.slice(0, given.repeat)];
    const rows = await write(
      `${name}-rows`,
      'n, "key", "at"',
      asked.map((row, n) => `(${n}, ${whole(row.key)}, ${literal(row.at, 'TIMESTAMPTZ', n)})`),
    );
    const views = [];
    for (const [index, { events, clock, ...view }] of given.views.entries()) {
      const seen = new Set<string>();
      const apart = events.filter(([, own, at, created]) => {
        const same = `${own} ${at} ${view.created ? created : ''}`;
        return !seen.has(same) && seen.add(same);
      });
      const file = await write(
        `${name}-v${index}`,
        '"key", "at", created, whole, fraction, word',
        apart.map(
          ([one, own, at, created], i) =>
            `(${whole(own)}, ${literal(at, clock, i)}, ${literal(created, clock, i + 1)}, ${whole(one.whole)}, ${number(one.fraction)}, ${text(one.word)})`,
        ),
      );
      views.push({ ...view, name: `v${index}`, file });
    }
    cases.push({ written: given.written, rows, views, to: join(folder, `${name}-feast.parquet`), count: asked.length });
  }
  const list = join(folder, 'cases.jsonl');
  writeFileSync(list, cases.map((each) => `${JSON.stringify(each)}\n`).join(''));
  await promisify(execFile)(python, ['-B', join(import.meta.dirname, 'feast', 'history.py'), list], { maxBuffer: 1e8 });

  const thing = entity({ name: 'thing', joinKeys: { key: 'int64' } });
  for (const { written, rows, views, to, count } of cases) {
    const ours = to.replace('-feast.parquet', '-ours.parquet');
    const sources = new Map<string, Awaited<ReturnType<typeof local>>>();
    for (const { name, file } of views) sources.set(name, await local(file));
    const defined = views.map(({ name, file, created, ttl }) =>
      featureView({
        ...{ name, entities: [thing], source: file, timestamp: 'at', ttl: ttl === 0 ? '0' : `${ttl}m` },
        ...(created ? { created: 'created', availableAfter: written ? 'created' : '0s' } : {}),
        features: { whole: 'int64', fraction: 'float64', word: 'string' },
      }),
    );
    await getHistoricalFeatures(
      {
        defined: defineFeatures({ entities: [thing], views: defined }),
        features: views.flatMap(({ name }) => names.map((feature) => `${name}:${feature}`)),
        ...{ entities: await local(rows), sources, time: 'at', fullNames: true, folder },
      },
      ours,
      tables,
      new AbortController().signal,
    );
    const answers = await read(ours, 'at');
    expect(answers).toHaveLength(count);
    expect(answers, to).toEqual(await read(to, 'event_timestamp'));
  }
});
