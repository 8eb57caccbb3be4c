import { z } from 'zod';
import { define, type Family, type Judgement, type TableShape } from './definition.ts';
import { columnKwargs } from './values.ts';

/** Names of other tools for DuckDB's types. GX on pandas 3 calls text `str`, not `object` or `string`. */
const alsoCalled: Record<string, readonly string[]> = {
  TINYINT: ['int8', 'int'],
  SMALLINT: ['int16', 'int'],
  INTEGER: ['int32', 'int', 'INT'],
  BIGINT: ['int64', 'int', 'LONG'],
  UTINYINT: ['uint8'],
  USMALLINT: ['uint16'],
  UINTEGER: ['uint32'],
  UBIGINT: ['uint64'],
  FLOAT: ['float32', 'float', 'REAL'],
  DOUBLE: ['float64', 'float'],
  VARCHAR: ['str', 'TEXT', 'STRING'],
  BOOLEAN: ['bool', 'bool_', 'BOOL'],
  DATE: ['date'],
  TIMESTAMP: ['datetime64', 'datetime64[us]', 'datetime64[ns]', 'DATETIME'],
  TIMESTAMP_NS: ['datetime64', 'datetime64[ns]'],
  TIMESTAMP_MS: ['datetime64', 'datetime64[ms]'],
  TIMESTAMP_S: ['datetime64', 'datetime64[s]'],
  'TIMESTAMP WITH TIME ZONE': ['datetime64', 'datetime64[us, UTC]', 'datetime64[ns, UTC]', 'TIMESTAMPTZ'],
};

function judge(column: string, wanted: readonly string[], table: TableShape): Judgement {
  const type = table.columns.find(({ name }) => name === column)?.type ?? '';
  const names = [type, ...(alsoCalled[type] ?? [])];
  const success = wanted.some(
    (name) => names.includes(name) || (name === name.toLowerCase() && name.toUpperCase() === type),
  );
  return { success, message: `wanted the type ${wanted.join(' or ')}; it is ${type}`, observed: type };
}

const ofType = z.strictObject({ ...columnKwargs, type_: z.string(), mostly: z.literal(1).optional() });
const inList = z.strictObject({ ...columnKwargs, type_list: z.array(z.string()), mostly: z.literal(1).optional() });

/** The column's type, by DuckDB's name or another tool's. */
export const valueType: Family = {
  expect_column_values_to_be_of_type: define(ofType, ({ column, type_ }) => ({
    column,
    needs: [column],
    measures: [],
    judge: (_, table) => judge(column, [type_], table),
  })),
  expect_column_values_to_be_in_type_list: define(inList, ({ column, type_list }) => ({
    column,
    needs: [column],
    measures: [],
    judge: (_, table) => judge(column, type_list, table),
  })),
};
