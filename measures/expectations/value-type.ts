import type { TableShape } from '#ports/tables.ts';
import { type Bound, bound, type Family, type Judgement } from './definition.ts';

/** Names of other tools for DuckDB's types; the first is what Great Expectations on pandas 3 observes. */
const alsoCalled: Record<string, readonly string[]> = {
  TINYINT: ['int8'],
  SMALLINT: ['int16'],
  INTEGER: ['int32', 'INT'],
  BIGINT: ['int64', 'int', 'LONG'],
  UTINYINT: ['uint8'],
  USMALLINT: ['uint16'],
  UINTEGER: ['uint32'],
  UBIGINT: ['uint64'],
  FLOAT: ['float32', 'REAL'],
  DOUBLE: ['float64', 'float'],
  VARCHAR: ['str', 'TEXT', 'STRING'],
  BOOLEAN: ['bool', 'bool_', 'BOOL'],
  DATE: ['date'],
  TIMESTAMP: ['datetime64', 'datetime64[us]', 'datetime64[ns]', 'DATETIME'],
  TIMESTAMP_NS: ['datetime64', 'datetime64[ns]'],
  TIMESTAMP_MS: ['datetime64', 'datetime64[ms]'],
  TIMESTAMP_S: ['datetime64', 'datetime64[s]'],
  'TIMESTAMP WITH TIME ZONE': ['Timestamp', 'datetime64', 'datetime64[us, UTC]', 'datetime64[ns, UTC]', 'TIMESTAMPTZ'],
};

/** What Great Expectations on pandas 3 calls a DuckDB type; its own name where there is none. */
export const typeName = (type: string): string => alsoCalled[type]?.[0] ?? type;

/** Python's own types, which are no DuckDB types in lower case. */
const pythons = ['int', 'float', 'str', 'bool'];

function judge(column: string, wanted: readonly string[] | null, table: TableShape): Judgement {
  const type = table.columns.find(({ name }) => name === column)?.type ?? '';
  const names = [type, ...(alsoCalled[type] ?? [])];
  const success =
    wanted === null ||
    wanted.some(
      (name) =>
        names.includes(name) || (name === name.toLowerCase() && !pythons.includes(name) && name.toUpperCase() === type),
    );
  return {
    success,
    message: `wanted the type ${wanted?.join(' or ') ?? 'of nothing'}; it is ${type}`,
    figures: { observed_value: typeName(type) },
  };
}

const typed = (column: string, wanted: readonly string[] | null): Bound =>
  bound({ columns: [column], metric: 'table.column_types', judge: (_, table) => judge(column, wanted, table) });

/** The column's type, by DuckDB's name or another tool's: of columns of a file all values have it. */
export const valueType: Family = {
  expect_column_values_to_be_of_type: ({ column, type_ }) => typed(column, [type_]),
  expect_column_values_to_be_in_type_list: ({ column, type_list }) => typed(column, type_list),
};
