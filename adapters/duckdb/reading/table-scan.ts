/** The port `TableScan`: columns of one table as streams of numbers and as counted texts. */

import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { TableScan, TextCounts } from '#ports/tables.ts';
import { DuckDBDoubleVector, DuckDBIntegerVector } from '../host/sdk.ts';
import { count, type Session } from '../host/session.ts';
import { list } from '../sql.ts';
import { valueOrNull } from '../value.ts';
import { numberOf, valuesOf } from './columns.ts';
import { openParquet } from './parquet/table.ts';

/** Longer texts are named by their beginning and their MD5: a megabyte is no category's name. */
const LONGEST = 256;
const KEPT = 64;
/** Columns of one statement: each is a scan of its own, planned together. */
const TOGETHER = 32;

/** @throws UserError DataInvalid for files that are no Parquet or do not fit together */
export async function openTable(session: Session, files: readonly string[], signal: AbortSignal): Promise<TableScan> {
  const table = await openParquet(session, files);
  const { from, columns, rows } = table;
  const byName = new Map(columns.map((column) => [column.name, column]));
  const named = (name: string): Column => {
    const column = byName.get(name);
    if (!column) throw new UserError('DataInvalid', `there is no column ${name} in ${files.join(', ')}`);
    return column;
  };

  return {
    rows,
    columns,
    async numbers(names, take) {
      const select = names.map((name) => numberOf(name, named(name).type));
      const result = await session.connection.stream(`SELECT ${select.join(', ')} FROM ${from}`);
      for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
        signal.throwIfAborted();
        const { rowCount } = chunk;
        const arrays = names.map((_, index) => {
          const vector = chunk!.getColumnVector(index);
          if (!(vector instanceof DuckDBDoubleVector)) throw new TypeError(`unexpected vector ${vector.type}`);
          return valuesOf(vector) as Float64Array;
        });
        take(arrays, rowCount);
      }
    },
    async newestRows(request, take) {
      const { newestRows } = await import('../history/newest-rows.ts');
      return newestRows(session, table, request, take, signal);
    },
    async windowEvents(request, take) {
      const { windowEvents } = await import('../history/window-events.ts');
      return windowEvents(session, table, request, take, signal);
    },
    async known(names) {
      const select = names.flatMap((name, index) => [
        `count(${valueOrNull(named(name))}) AS v${index}`,
        `approx_count_distinct(${valueOrNull(named(name))}) AS d${index}`,
      ]);
      if (select.length === 0) return [];
      const [row = {}] = await session.rows(`SELECT ${select.join(', ')} FROM ${from}`);
      return names.map((_, index) => ({ values: count(row[`v${index}`]), distinct: count(row[`d${index}`]) }));
    },
    async texts(names, most) {
      const found: (TextCounts | null)[] = [];
      for (let start = 0; start < names.length; start += TOGETHER) {
        signal.throwIfAborted();
        found.push(...(await countTexts(session, from, names.slice(start, start + TOGETHER).map(named), most)));
      }
      return found;
    },
    async textBuckets(name) {
      const buckets = new Float64Array(65_536);
      const rowsOf = await session.rows(
        `SELECT (md5_number_lower(v::VARCHAR) % 65536)::INTEGER AS b, count(*) AS n FROM (SELECT ${valueOrNull(named(name))} AS v FROM ${from}) WHERE v IS NOT NULL GROUP BY 1`,
      );
      for (const { b, n } of rowsOf) buckets[Number(b)] = count(n);
      return buckets;
    },
    async codes(name, values) {
      const codes = new Int32Array(rows);
      const place = `coalesce(list_position(${list(values)}, ${valueOrNull(named(name))}::VARCHAR), 0)::INTEGER - 1`;
      const result = await session.connection.stream(`SELECT ${place} FROM ${from}`);
      let row = 0;
      for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
        const vector = chunk.getColumnVector(0);
        if (!(vector instanceof DuckDBIntegerVector)) throw new TypeError(`unexpected vector ${vector.type}`);
        codes.set(valuesOf(vector).subarray(0, chunk.rowCount), row);
        row += chunk.rowCount;
      }
      return codes;
    },
  };
}

async function countTexts(
  session: Session,
  from: string,
  columns: readonly Column[],
  most: number,
): Promise<(TextCounts | null)[]> {
  const parts = columns.map((column, index) => {
    const value = valueOrNull(column);
    const counted = `SELECT ${value}::VARCHAR AS v, count(*) AS n FROM ${from} WHERE ${value} IS NOT NULL GROUP BY 1 LIMIT ${most + 1}`;
    const short = `CASE WHEN length(v) > ${LONGEST} THEN left(v, ${KEPT}) || '…' || md5(v) ELSE v END`;
    return `SELECT ${index} AS c, ${short} AS v, n FROM (${counted})`;
  });
  const values: string[][] = columns.map(() => []);
  const counts: number[][] = columns.map(() => []);
  for (const row of await session.rows(parts.join(' UNION ALL '))) {
    values[Number(row.c)]!.push(String(row.v));
    counts[Number(row.c)]!.push(count(row.n));
  }
  return columns.map((_, index) =>
    values[index]!.length > most ? null : { values: values[index]!, counts: Float64Array.from(counts[index]!) },
  );
}
