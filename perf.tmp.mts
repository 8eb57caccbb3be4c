import { measureQuality } from '#activities/data/quality/measure-quality.ts';
import { qualityPage } from '#activities/reports/quality/quality-page.ts';
import { createTablesInProcess } from '#adapters/duckdb/in-process.ts';
import { existsSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
const c = await (await DuckDBInstance.create(':memory:')).connect();
const make = async (name: string, rows: number, cols: number) => {
  const f = `/tmp/ratchet/reports/${name}.parquet`;
  if (existsSync(f)) return f;
  const sel = Array.from({ length: cols }, (_, j) => j % 4 === 3 ? `'v' || (hash(i, ${j}) % 50)::VARCHAR AS c${j}` : j % 4 === 2 ? `(hash(i, ${j}) % 1000)::INT AS c${j}` : `(hash(i, ${j}) % 100000000) / 1e6::DOUBLE AS c${j}`);
  await c.run(`COPY (SELECT ${sel.join(',')} FROM range(${rows}) r(i)) TO '${f}' (FORMAT parquet)`);
  return f;
};
const cases: [string, number, number][] = process.argv[2] === 'wide' ? [['w1000', 50, 1000], ['w10000', 50, 10000]] : [['n100k', 100_000, 20], ['n1m', 1_000_000, 20]];
for (const [name, rows, cols] of cases) {
  const file = await make(name, rows, cols);
  const tables = createTablesInProcess();
  const t = performance.now();
  const report = await measureQuality({ current: { name, files: [file] }, reference: null, time: null, performance: null, conditions: [] }, tables);
  const t2 = performance.now();
  const page = await qualityPage(report);
  console.log(name, rows, cols, Math.round(t2 - t), 'ms; page', Math.round(performance.now() - t2), 'ms', page.length, 'rss', Math.round(process.memoryUsage().rss / 2 ** 20));
  await tables.close();
}
