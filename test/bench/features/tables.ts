/** Tables of features, made by DuckDB: the same on any number of threads. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface FeatureTables {
  readonly views: number;
  /** Of each view: `key`, `at`, `created`, and so many float64 columns. */
  readonly features: number;
  readonly rows: number;
  readonly keys: number;
  /** Rows of `entities.parquet`: `key` and `t`. */
  readonly entities: number;
}

/** A year of rows in no order of keys; as many of the entities' moments lie in it. */
const YEAR_S = 365 * 86_400;

export async function writeFeatureTables(folder: string, of: FeatureTables): Promise<void> {
  const { DuckDBInstance } = (await import(
    pathToFileURL(createRequire(import.meta.url).resolve('@duckdb/node-api')).href
  )) as typeof import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '2GiB', preserve_insertion_order: 'false' });
  const connection = await instance.connect();
  const write = (name: string, select: string) =>
    connection.run(`COPY (${select}) TO '${join(folder, name).replaceAll("'", "''")}' (FORMAT parquet)`);
  const uniform = (salt: number) => `((hash(i * 1009 + ${salt}) >> 11) / 9007199254740992.0)`;
  const moment = (salt: number) =>
    `make_timestamptz(1735689600000000 + 1000000 * floor(${uniform(salt)} * ${YEAR_S})::BIGINT)`;
  try {
    for (let view = 0; view < of.views; view++) {
      const salt = 10_000 * (view + 1);
      const features = Array.from(
        { length: of.features },
        (_, n) => `${uniform(salt + 10 + n)} * 1000 AS f${view * of.features + n}`,
      );
      await write(
        `view_${view}.parquet`,
        // Every key has a row; the others are anybody's.
        `SELECT CASE WHEN i < ${of.keys} THEN i ELSE floor(${uniform(salt)} * ${of.keys})::BIGINT END AS key,
          ${moment(salt + 1)} AS at, ${moment(salt + 1)} + INTERVAL 1 MINUTE AS created, ${features.join(', ')} FROM range(${of.rows}) t(i)`,
      );
    }
    await write(
      'entities.parquet',
      `SELECT floor(${uniform(1)} * ${of.keys})::BIGINT AS key, ${moment(2)} AS t FROM range(${of.entities}) t(i)`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
