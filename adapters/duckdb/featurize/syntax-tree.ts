/** The tree of a statement as DuckDB's own parser gives it, and which of its functions give other values in every run. */
import type { Session } from '../host/session.ts';

/** A node of the tree that json_serialize_sql gives. */
export type Node = { readonly [key: string]: unknown };
export type Refuse = (reason: string) => never;

/** Other values in every run, or on every machine, though DuckDB does not list them so; the first also without brackets. */
const clocks = new Set([
  ...['current_date', 'current_time', 'current_timestamp', 'localtime', 'localtimestamp'],
  ...['ago', 'current_localtime', 'current_localtimestamp', 'pg_conf_load_time', 'pg_postmaster_start_time'],
  ...['current_setting', 'getvariable', 'version'],
]);

/** What gives another value in every run, and how it is written: without brackets (`uses`) or with them (`calls`). */
export function unstableName(node: Node, functions: Functions): { does: 'calls' | 'uses'; name: string } | null {
  if (node.class === 'COLUMN_REF') {
    const [name = ''] = node.column_names as string[];
    return clocks.has(name.toLowerCase()) ? { does: 'uses', name } : null;
  }
  if (node.class !== 'FUNCTION') return null;
  const name = String(node.function_name).toLowerCase();
  const sinceNow = name === 'age' && (node.children as unknown[]).length === 1;
  return functions.unstable.has(name) || clocks.has(name) || sinceNow ? { does: 'calls', name } : null;
}

export function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit);
  else if (value !== null && typeof value === 'object') {
    visit(value as Node);
    for (const item of Object.values(value)) walk(item, visit);
  }
}

export interface Functions {
  readonly unstable: ReadonlySet<string>;
  readonly aggregates: ReadonlySet<string>;
}

/** The same for every session of this process. */
let functionsOnce: Functions | null = null;

export async function knownFunctions(session: Session): Promise<Functions> {
  if (functionsOnce) return functionsOnce;
  const rows = await session.rows(`
    SELECT lower(function_name) AS name, bool_or(stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')) AS unstable,
      bool_and(function_type = 'aggregate') AS aggregate
    FROM duckdb_functions() GROUP BY 1 HAVING unstable OR aggregate`);
  const names = (key: string) => new Set(rows.filter((row) => row[key]).map((row) => String(row.name)));
  functionsOnce = { unstable: names('unstable'), aggregates: names('aggregate') };
  return functionsOnce;
}
