/** One SELECT of a definition's author over tables in files. The session that it runs in sees those files and nothing else. */
import { UserError } from '#contracts/failures.ts';
import type { QueryTables } from '#ports/queries.ts';
import type { HeaderColumn, TableFacts } from '#ports/tables.ts';
import { plain } from '../errors.ts';
import { knownFunctions, type Node, unstableName, walk } from '../featurize/syntax-tree.ts';
import type { Session } from '../host/session.ts';
import { writeParquet } from '../reading/write-parquet.ts';
import { identifier, list, text } from '../sql.ts';
import { withRows } from './copied.ts';

export async function selected(
  session: Session,
  { query, tables, label, to }: Parameters<QueryTables['selected']>[0],
): Promise<TableFacts> {
  await checked(session, query, label);
  for (const [name, files] of Object.entries(tables))
    await session.run(`CREATE VIEW ${identifier(name)} AS SELECT * FROM read_parquet(${list(files)})`);
  await writeParquet(session, `SELECT * FROM ${bracketed(query)} ORDER BY ALL`, to).catch(told(label));
  return withRows(session, to, label);
}

export async function outlined(
  session: Session,
  { query, tables, label }: Parameters<QueryTables['outlined']>[0],
): Promise<HeaderColumn[]> {
  await checked(session, query, label);
  for (const [name, columns] of Object.entries(tables)) {
    const declared = columns.map((column) => `${identifier(column.name)} ${column.type}`);
    await session.run(`CREATE TABLE ${identifier(name)} (${declared.join(', ')})`);
  }
  const rows = await session.rows(`DESCRIBE SELECT * FROM ${bracketed(query)}`).catch(told(label));
  return rows.map((row) => ({ name: String(row.column_name), type: String(row.column_type) }));
}

/** On lines of its own, so that a comment at its end ends before the bracket. */
const bracketed = (query: string) => `(\n${query.trim().replace(/;+$/, '')}\n)`;

/** @throws UserError InvalidInput for what is not one SELECT, and for what gives other rows each time */
async function checked(session: Session, query: string, label: string): Promise<void> {
  const refuse = (reason: string): never => {
    throw new UserError('InvalidInput', `${label}: the query ${reason}`);
  };
  const [row] = await session.rows(`SELECT json_serialize_sql(${text(query)}) AS tree`);
  const tree: Node = JSON.parse(String(row?.tree));
  if (tree.error)
    refuse(
      /Only SELECT/.test(String(tree.error_message))
        ? 'is no SELECT'
        : `cannot be read: ${plain(String(tree.error_message)).slice(0, 400)}`,
    );
  const statements = tree.statements as unknown[];
  if (statements.length !== 1) refuse(`is ${statements.length} statements; write one SELECT`);
  const functions = await knownFunctions(session);
  walk(statements, (node) => {
    const unstable = unstableName(node, functions);
    if (unstable)
      refuse(
        `${unstable.does} ${unstable.name}, which gives another value each time; a view knows the moment by its timestamp`,
      );
    if (node.sample) refuse('draws a sample, which is of other rows each time');
    if (node.type === 'TABLE_FUNCTION') {
      const name = String((node.function as Node | undefined)?.function_name ?? '').toLowerCase();
      if (/^(read_|parquet_|glob$|sniff_|duckdb_|pragma_)/.test(name))
        refuse(`calls ${name}; name the file among tables, and read that`);
    }
  });
}

/** What DuckDB says of the query is the author's to mend. */
const told =
  (label: string) =>
  (error: unknown): never => {
    if (error instanceof Error && /^(Binder|Catalog|Parser|Not implemented|Permission|IO) Error/.test(error.message))
      throw new UserError('InvalidInput', `${label}: ${plain(error.message).slice(0, 600)}`);
    if (error instanceof Error && /^(Invalid Input|Conversion|Out of Range) Error/.test(error.message))
      throw new UserError('DataInvalid', `${label}: ${plain(error.message).slice(0, 600)}`);
    throw error;
  };
