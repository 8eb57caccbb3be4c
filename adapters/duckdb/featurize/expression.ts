/**
 * Expressions that a pipeline's author wrote (`derive`, `where`), checked by DuckDB's own parser: each is one
 * expression over one row, or over rows up to it in time; the same data give the same value in every run.
 */

import { UserError } from '#contracts/failures.ts';
import type { Expression, ExpressionFacts } from '#ports/tables.ts';
import type { Session } from '../host/session.ts';
import { text } from '../sql.ts';
import { type Functions, knownFunctions, type Node, type Refuse, unstableName, walk } from './syntax-tree.ts';
import { checkWindow } from './window.ts';

/** How an expression stands in our SQL: in brackets, on lines of its own, so that a comment in it ends before the bracket. */
export function bracketed(expression: string): string {
  return `(\n${expression}\n)`;
}

/**
 * @param time column by which windows must be ordered; null: there is none, and so no window
 * @throws UserError InvalidInput for the first that is not allowed, with its name and the reason
 */
export async function parseExpressions(
  session: Session,
  expressions: readonly Expression[],
  time: string | null,
): Promise<ExpressionFacts[]> {
  if (expressions.length === 0) return [];
  const functions = await knownFunctions(session);
  const facts: ExpressionFacts[] = [];
  for (const expression of expressions) {
    const refuse: Refuse = (reason) => {
      throw new UserError('InvalidInput', `${expression.name}: ${excerpt(expression.text)} ${reason}`);
    };
    if (expression.text.includes('\0')) refuse('holds a NUL character');
    const [row] = await session.rows(
      `SELECT json_serialize_sql(${text(`SELECT ${bracketed(expression.text)} FROM t`)}) AS tree`,
    );
    facts.push(inspect(only(JSON.parse(String(row?.tree)), refuse), functions, time, refuse));
  }
  return facts;
}

/** The one expression of the one statement, or a refusal: text that closes our bracket makes another statement than ours. */
function only(tree: Node, refuse: Refuse): Node {
  if (tree.error) {
    const message = String(tree.error_message);
    return refuse(/Only SELECT/.test(message) ? 'is more than one expression' : `is not an expression: ${message}`);
  }
  const statements = tree.statements as { node: Node }[];
  const node = statements[0]?.node ?? {};
  const from = node.from_table as Node | null;
  const selected = node.select_list as Node[] | undefined;
  const plain =
    statements.length === 1 &&
    node.type === 'SELECT_NODE' &&
    selected?.length === 1 &&
    from?.type === 'BASE_TABLE' &&
    from.table_name === 't' &&
    from.alias === '' &&
    from.sample === null &&
    isEmpty(node.modifiers) &&
    isEmpty((node.cte_map as Node | undefined)?.map) &&
    isEmpty(node.group_expressions) &&
    node.where_clause === null &&
    node.having === null &&
    node.qualify === null &&
    node.sample === null;
  return plain ? selected[0]! : refuse('is more than one expression');
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function inspect(root: Node, functions: Functions, time: string | null, refuse: Refuse): ExpressionFacts {
  const columns = new Map<string, string>();
  const parameters = new Set<string>();
  const partitions = new Set<string>();
  let windows = false;
  walk(root, (node) => {
    const unstable = unstableName(node, functions);
    if (unstable)
      refuse(
        `${unstable.does} ${unstable.name}, which gives another value in every run; pass the run's asOf as a value instead`,
      );
    if (node.class === 'SUBQUERY')
      refuse('reads another table; join it as a view instead, so that it is joined at the right time');
    if (node.class === 'STAR') refuse('names all columns at once; name each');
    if (node.class === 'PARAMETER') refuse('holds a placeholder; write the value');
    if (node.class === 'LAMBDA')
      walk(
        node.lhs,
        (side) => side.class === 'COLUMN_REF' && parameters.add(String((side.column_names as string[])[0])),
      );
    if (node.class === 'WINDOW') {
      windows = true;
      for (const by of node.partitions as Node[])
        if (by.class === 'COLUMN_REF') partitions.add(String((by.column_names as string[])[0]));
      checkWindow(node, time, refuse);
    }
    if (node.class === 'FUNCTION') {
      const name = String(node.function_name).toLowerCase();
      if (functions.aggregates.has(name))
        refuse(
          `calls ${name} over all rows, later ones included; use a window ordered by time: ${name}(…) over (order by ${time ?? 'TIME'})`,
        );
    }
    if (node.class === 'COLUMN_REF') {
      const [name] = node.column_names as string[];
      columns.set(name!.toLowerCase(), name!);
    }
  });
  for (const parameter of parameters) columns.delete(parameter.toLowerCase());
  return { columns: [...columns.values()], windows, partitions: [...partitions] };
}

function excerpt(expression: string): string {
  return `"${expression.length > 120 ? `${expression.slice(0, 117)}…` : expression}"`;
}
