/** Scored rows of two models, as Parquet: made by DuckDB from hashes of the row's number, the same on every machine. */
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

export interface Scored {
  readonly candidate: string;
  readonly champion: string;
}

/** Labels (30 % positive), fifty slices, three groups, weights between 0.5 and 1.5; ROC AUC of about 0.78 and 0.75. */
export async function writeScored(folder: string, rows: number): Promise<Scored> {
  const files = { candidate: join(folder, 'candidate.parquet'), champion: join(folder, 'champion.parquet') };
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const noise = (...by: number[]) =>
    `(${by.map((prime) => `(hash(id * ${prime}) % 100000) / 100000.0`).join(' + ')} - 1.5) * 2`;
  const score = (skill: number, ...by: number[]) => `1 / (1 + exp(-((2 * y - 1) * ${skill} + ${noise(...by)})))`;
  await connection.run(`CREATE TABLE rows AS SELECT i AS id, (hash(i * 7 + 1) % 1000 < 300)::INT AS y, 's' || (hash(i * 3 + 5) % 50) AS slice,
    'g' || (hash(i * 11 + 2) % 3) AS grp, 0.5 + (hash(i * 13 + 9) % 1000) / 1000.0 AS weight FROM range(${rows}) every(i)`);
  const copy = (columns: string, file: string) =>
    connection.run(`COPY (SELECT ${columns} FROM rows) TO '${file}' (FORMAT parquet)`);
  await copy(`id, y, slice, grp, weight, ${score(0.55, 17, 19, 23)} AS score`, files.candidate);
  await copy(`id, y, ${score(0.5, 17, 29, 31)} AS score`, files.champion);
  connection.closeSync();
  instance.closeSync();
  return files;
}
