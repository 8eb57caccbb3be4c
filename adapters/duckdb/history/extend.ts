/** Rows with what a function computes of each, batch by batch: what is held is one batch, and DuckDB keeps the rest where it has room. */
import type { DuckDBDataChunk, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { FeatureType, ValueType } from '#features/value-types.ts';
import type { ExtendRequest, VectorFunction } from '#ports/history.ts';
import type { TableFacts } from '#ports/tables.ts';
import { factsOf } from '../facts.ts';
import { columnsOf } from '../featurize/described.ts';
import { BIGINT, BOOLEAN, DOUBLE, DuckDBChunk, VARCHAR } from '../host/sdk.ts';
import type { Session } from '../host/session.ts';
import { readParquet } from '../reading/parquet/footers.ts';
import { writeParquet } from '../reading/write-parquet.ts';
import { identifier } from '../sql.ts';
import { asTime } from '../timestamp.ts';
import { typedValue } from './typed-value.ts';

export async function extend(session: Session, request: ExtendRequest, compute: VectorFunction): Promise<TableFacts> {
  const from = readParquet([request.file]);
  const columns = await columnsOf(session, from);
  const typeOf = (name: string): string => {
    const found = columns.find((each) => each.name === name);
    if (!found) throw new Error(`${name} is not among the columns`);
    return found.type;
  };
  const inputs = Object.entries(request.inputs);
  const selected = [
    `epoch_us(${asTime(identifier(request.time), typeOf(request.time))})`,
    ...inputs.map(([, { column, type }]) =>
      wire(type, typedValue(type, { type: typeOf(column) }, identifier(column), column)),
    ),
  ];
  const outputs = Object.entries(request.outputs);
  await session.run(`CREATE TABLE computed (${outputs.map(([, type], i) => `o${i} ${wires[type].sql}`).join(', ')})`);
  const writer = await session.beside();
  const appender = await writer.connection.createAppender('computed');
  let row = 0;
  const result = await session.connection.stream(`SELECT ${selected.join(', ')} FROM ${from}`);
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const answers = computedOf(chunk, inputs, row, compute);
    const made = DuckDBChunk.create(
      outputs.map(([, type]) => wires[type].type()),
      chunk.rowCount,
    );
    made.setColumns(outputs.map(([name, type]) => answers.map((answer) => wires[type].write(answer[name] ?? null))));
    appender.appendDataChunk(made);
    row += chunk.rowCount;
  }
  appender.closeSync();
  const select = request.select.map(({ from: name, name: as, computed }) => {
    if (!computed) return `f.${identifier(name)} AS ${identifier(as)}`;
    const place = outputs.findIndex(([output]) => output === name);
    const [, type] = outputs[place] ?? [];
    if (type === undefined) throw new Error(`${name} is not among the outputs`);
    return `${wires[type].read(`c.o${place}`)} AS ${identifier(as)}`;
  });
  await writeParquet(session, `SELECT ${select.join(', ')} FROM ${from} f POSITIONAL JOIN computed c`, request.to);
  return factsOf(session, request.to);
}

function computedOf(
  chunk: DuckDBDataChunk,
  inputs: readonly (readonly [string, { readonly type: FeatureType }])[],
  first: number,
  compute: VectorFunction,
): Readonly<Record<string, unknown>>[] {
  const [times = [], ...values] = chunk.getColumns();
  return Array.from({ length: chunk.rowCount }, (_, row) => {
    const vector: Record<string, unknown> = {};
    for (const [index, [name, { type }]] of inputs.entries())
      vector[name] = valueIn(type, values[index]?.[row] ?? null);
    const at = times[row] ?? null;
    return compute(vector, at === null ? null : dateOf(at), first + row);
  });
}

/** Times travel as microseconds, dates as days: as whole numbers they lose nothing. */
export function wire(type: FeatureType, sql: string): string {
  const one = (value: string) =>
    type.startsWith('timestamp') ? `epoch_us(${value})` : `epoch_us(CAST(${value} AS TIMESTAMP))`;
  if (!/^(timestamp|date)/.test(type)) return sql;
  return type.endsWith('[]') ? `[${one('x')} FOR x IN ${sql}]` : one(sql);
}

const dateOf = (microseconds: DuckDBValue): Date => new Date(Math.floor(Number(microseconds) / 1_000));

function valueIn(type: FeatureType, value: DuckDBValue): unknown {
  if (value === null) return null;
  if (type.endsWith('[]')) {
    const one = type.slice(0, -2) as ValueType;
    const items = typeof value === 'object' && 'items' in value && Array.isArray(value.items) ? value.items : [];
    return items.map((item: DuckDBValue) => valueIn(one, item));
  }
  return type === 'timestamp' || type === 'date' ? dateOf(value) : value;
}

interface Wire {
  readonly sql: string;
  type(): DuckDBType;
  write(value: unknown): DuckDBValue;
  read(sql: string): string;
}
const plain = (sql: string, type: () => DuckDBType): Wire => ({
  sql,
  type,
  // The caller has held the value to its type.
  write: (value) => value as DuckDBValue,
  read: (column) => column,
});
const time = (read: Wire['read']): Wire => ({
  sql: 'BIGINT',
  type: () => BIGINT,
  write: (value) => (value instanceof Date ? BigInt(value.getTime()) * 1_000n : null),
  read,
});
export const wires: Record<ValueType, Wire> = {
  int64: {
    ...plain('BIGINT', () => BIGINT),
    write: (value) => (value === null ? null : BigInt(value as bigint | number)),
  },
  float64: plain('DOUBLE', () => DOUBLE),
  string: plain('VARCHAR', () => VARCHAR),
  bool: plain('BOOLEAN', () => BOOLEAN),
  timestamp: time((column) => `make_timestamptz(${column})`),
  date: time((column) => `CAST(make_timestamp(${column}) AS DATE)`),
};
