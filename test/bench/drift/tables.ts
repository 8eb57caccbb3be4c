/** Tables to compare, made by DuckDB: seven of ten columns normal, some of them moved; whole numbers and texts besides. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

export interface TableShape {
  readonly rows: number;
  readonly columns: number;
}

/**
 * Writes Parquet. Of each 20 columns 14 are numbers, 3 whole numbers, 3 texts.
 * @param shift of every fourth column of numbers
 */
export async function writeTable(
  to: string,
  { rows, columns }: TableShape,
  seed: number,
  shift: number,
): Promise<void> {
  const { DuckDBInstance } = (await import(
    pathToFileURL(createRequire(import.meta.url).resolve('@duckdb/node-api')).href
  )) as typeof import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '1GiB', preserve_insertion_order: 'false' });
  const connection = await instance.connect();
  // By row and column, so that it is the same table on any number of threads.
  const uniform = (column: number, salt: number) =>
    `((hash(i * 1000000 + ${seed * 100_000 + column * 10 + salt}) >> 11) / 9007199254740992.0)`;
  const select = Array.from({ length: columns }, (_, k) => {
    const place = k % 20;
    if (place < 14)
      return `sqrt(-2 * ln(${uniform(k, 1)} + 1e-12)) * cos(6.283185307179586 * ${uniform(k, 2)})${k % 4 === 0 ? ` + ${shift}` : ''} AS n${k}`;
    if (place < 17) return `floor(${uniform(k, 1)} * ${(place - 13) * 300})::BIGINT AS i${k}`;
    return `'c' || floor(${uniform(k, 1)} * ${uniform(k, 2)} * ${(place - 16) * 20})::INTEGER AS s${k}`;
  });
  await connection.run(
    `COPY (SELECT ${select.join(', ')} FROM range(${rows}) t(i)) TO '${to.replaceAll("'", "''")}' (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
}
