/** Medians and quantiles of many rows: exact, whatever the order and the shape of the values, without holding them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MeasuredTable } from '#adapters/duckdb/expectations/measured-table.ts';
import { valuesAt } from '#adapters/duckdb/expectations/order-statistics.ts';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { DuckDBInstance } from '#adapters/duckdb/host/sdk.ts';
import { openSession, type Session } from '#adapters/duckdb/host/session.ts';
import type { Measure } from '#ports/measures.ts';

const ROWS = 600_000;
/** What a sample might stumble over: order, steps, ties, long tails, nulls, infinities, decimals, times. */
const shapes = {
  rising: 'i::DOUBLE',
  falling: `${ROWS} - i`,
  saw: '(i % 26)::BIGINT',
  ties: 'CASE WHEN i % 3 = 0 THEN 7.5 ELSE hash(i) % 1000 END::DOUBLE',
  tail: 'exp(30 * ((hash(i) % 1000003) / 1000003.0)::DOUBLE)',
  holes: "CASE WHEN i % 5 = 0 THEN NULL WHEN i % 7 = 0 THEN 'inf'::DOUBLE ELSE sqrt(i) END",
  money: '((hash(i) % 100000) / 100.0)::DECIMAL(12, 2)',
  constant: '3',
  time: "TIMESTAMP '2024-01-01 00:00:00' + INTERVAL (hash(i) % 31536000) SECOND",
};
let folder: string;
let file: string;
let session: Session;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-ranks-'));
  file = join(folder, 'shapes.parquet');
  const maker = await (await DuckDBInstance.create(':memory:')).connect();
  const columns = Object.entries(shapes).map(([name, sql]) => `${sql} AS ${name}`);
  await maker.run(`COPY (SELECT ${columns.join(', ')} FROM range(${ROWS}) t(i)) TO '${file}' (FORMAT parquet)`);
  maker.closeSync();
  session = await openSession({ threads: 2, memory: '512MiB', spill: join(folder, 'spill') }, [file]);
});
afterAll(() => {
  session.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the value at a rank', () => {
  it.each(Object.keys(shapes))('of %s is what sorting gives', async (name) => {
    const table = await MeasuredTable.open(session, [file]);
    const column = table.column(name)!;
    const [counted] = await session.rows(`SELECT count(${name}) AS n FROM '${file}'`);
    const known = Number(counted?.n);
    const ranks = [0, 1, Math.floor(known / 20), (known - 1) >> 1, known >> 1, known - 2, known - 1];
    const found = await valuesAt(table, column, 'true', known, ranks);
    const [sorted] = await session.rows(
      `SELECT ${ranks.map((rank, i) => `CAST(quantile_disc(${name}, ${(rank + 0.5) / known}) AS VARCHAR) AS r${i}`).join(', ')} FROM '${file}'`,
    );
    const plain = (text: unknown) => String(text).replace('T', ' ').replace(/\.0+$/, '');
    expect(ranks.map((rank) => plain(found.get(rank)))).toEqual(ranks.map((_, i) => plain(sorted?.[`r${i}`])));
  });
});

it('is the same answer for many columns at once, which would not fit, as for each alone', async () => {
  const tables = createTablesInProcess();
  const measures: Measure[] = Object.keys(shapes).flatMap((column): Measure[] => [
    { of: 'median', column },
    { of: 'quantiles', column, quantiles: [0, 0.05, 0.5, 0.333, 1], method: 'linear' },
    { of: 'quantiles', column, quantiles: [0.25], method: 'nearest' },
  ]);
  try {
    const together = await tables.measure({ files: [file], measures });
    for (const [index, each] of measures.entries())
      expect([each, together[index]]).toEqual([each, (await tables.measure({ files: [file], measures: [each] }))[0]]);
  } finally {
    await tables.close();
  }
});
