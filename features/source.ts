/** Where the rows of a view are from: files, a table of PostgreSQL, or SQL over such sources. */
import { z } from 'zod';
import { Reading } from '#contracts/reading.ts';
import { parsed, wrong } from './names.ts';

/** Parquet, CSV or JSON lines, by path (of the folder of the definitions), glob or s3://. */
export const FileSource = z.strictObject({
  path: z.string().min(1),
  /** Where the name does not tell. */
  format: z.enum(['parquet', 'csv', 'jsonl']).optional(),
  ...Reading.shape,
});
export type FileSource = z.output<typeof FileSource>;

const LONGEST_QUERY = 20_000;
const Query = z
  .string()
  .max(LONGEST_QUERY)
  .refine((query) => /\S/.test(query) && !query.includes('\0'), 'query is empty, or holds a NUL character');
const NO_ADDRESS =
  'connection is the name of an environment variable that holds the address, such as RATCHET_POSTGRES, never the address itself';
const Connection = z.string().regex(/^[A-Z][A-Z0-9_]{0,99}$/, NO_ADDRESS);
const Table = z
  .string()
  .regex(
    /^[A-Za-z_][\w$]{0,62}(\.[A-Za-z_][\w$]{0,62})?$/,
    "table is 'name' or 'schema.name'; for one that is called otherwise write a query",
  );

const Postgres = z.union([
  z.strictObject({ connection: Connection, table: Table }),
  z.strictObject({ connection: Connection, query: Query }),
]);
export const PostgresSource = z.strictObject({ postgres: Postgres });
/**
 * A table of PostgreSQL, or what a query there gives, as plain JSON: see {@link postgres}.
 * @example
 * ```ts
 * const source: PostgresSource = postgres({ table: 'shop.payments', connection: 'SHOP_DATABASE' });
 * ```
 */
export type PostgresSource = z.output<typeof PostgresSource>;

const TableName = z.string().regex(/^[A-Za-z_]\w{0,62}$/, 'a table of sql is called by letters, digits and _');
export const SqlSource = z.strictObject({
  sql: z.strictObject({
    query: Query,
    tables: z
      .record(TableName, z.union([FileSource, PostgresSource]))
      .refine((tables) => Object.keys(tables).length > 0, 'tables is {}: name what the query reads'),
  }),
});
/**
 * One SELECT over files and tables of PostgreSQL, as plain JSON: see {@link sql}.
 * @example
 * ```ts
 * const source: SqlSource = sql({ query: 'SELECT *, amount / 100 AS euros FROM cents', tables: { cents: 'data/cents.csv' } });
 * ```
 */
export type SqlSource = z.output<typeof SqlSource>;

export type QuerySource = PostgresSource | SqlSource;
export const Source = z.union([FileSource, PostgresSource, SqlSource]);
/**
 * Where the rows of a view are from, as plain JSON: files by path, glob or s3:// and how they are read, or what {@link postgres} and {@link sql} give.
 * @example
 * ```ts
 * const source: Source = { path: 'data/payments/*.csv', dates: { day: '%m/%d/%Y' } };
 * ```
 */
export type Source = z.output<typeof Source>;

export const isFiles = (source: Source): source is FileSource => 'path' in source;

/** What messages, lists and pages call it. */
export function sourceName(source: Source): string {
  if ('path' in source) return source.path;
  if ('sql' in source) return `SQL over ${Object.keys(source.sql.tables).join(', ')}`;
  const { postgres: from } = source;
  if ('table' in from) return `${from.connection}, table ${from.table}`;
  const [first = ''] = from.query.trim().split(/\s*\n/);
  return `${from.connection}, query ${first.length > 60 ? `${first.slice(0, 59)}…` : first}`;
}

const PostgresOptions = z.union([
  z.strictObject({ connection: Connection.default('RATCHET_POSTGRES'), table: Table }),
  z.strictObject({ connection: Connection.default('RATCHET_POSTGRES'), query: Query }),
]);

/**
 * A table of PostgreSQL, or what a query there gives: read whole by COPY at one moment, in a transaction that cannot write, and kept as Parquet by its digest.
 * The same rows, in whatever order the server gives them, are the same data. `numeric` without a precision is read as DOUBLE; arrays, `json`, `bytea` and
 * intervals as text.
 * @param options `connection` the environment variable that holds `postgres://user:password@host:5432/database` where it is read, default RATCHET_POSTGRES;
 * `table` as `name` or `schema.name`, or `query`, one SELECT
 * @returns plain JSON, with no secret in it
 * @throws UserError InvalidInput with the value and what to write
 * @example
 * ```ts
 * const payments = featureView({
 *   name: 'payments',
 *   entities: ['customer'],
 *   source: postgres({ query: 'SELECT customer_id, amount, paid_at FROM payments WHERE NOT cancelled' }),
 *   timestamp: 'paid_at',
 *   features: { amount: 'float64' },
 * });
 * ```
 */
export function postgres(options: z.input<typeof PostgresOptions>): PostgresSource {
  if (options && 'table' in options === 'query' in options)
    throw wrong('postgres(…)', 'give `table`, or `query`, one of the two');
  // Said without its value: somebody may have written the address, with the password, where the variable's name belongs.
  if (options?.connection !== undefined && !Connection.safeParse(options.connection).success)
    throw wrong('postgres(…)', NO_ADDRESS);
  const shape = PostgresOptions.options[options && 'table' in options ? 0 : 1];
  return { postgres: parsed('postgres', shape, options) };
}

const SqlOptions = z.strictObject({
  query: Query,
  tables: z.record(TableName, z.union([z.string().min(1), FileSource, PostgresSource])),
});

/**
 * What one SELECT, in DuckDB's SQL, makes of other sources. It sees the tables that it names and nothing else, and calls nothing that gives another value each
 * time, such as `now()`.
 * @param options `tables` by the name that the query calls them: a path, glob or s3:// (of the folder of the definitions), or {@link postgres}
 * @returns plain JSON
 * @throws UserError InvalidInput with the value and what to write
 * @example
 * ```ts
 * const net = sql({
 *   query: 'SELECT customer_id, paid_at, amount - fee AS net FROM payments JOIN fees USING (payment_id)',
 *   tables: { payments: 'data/payments/*.parquet', fees: postgres({ table: 'fees' }) },
 * });
 * ```
 */
export function sql(options: z.input<typeof SqlOptions>): SqlSource {
  const { query, tables } = parsed('sql', SqlOptions, options);
  const placed = Object.entries(tables).map(([name, table]) => [
    name,
    typeof table === 'string' ? { path: table } : table,
  ]);
  return { sql: parsed('sql', SqlSource.shape.sql, { query, tables: Object.fromEntries(placed) }) };
}
