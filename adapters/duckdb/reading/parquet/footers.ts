/** What the footers of Parquet files say: their columns, rows, and which columns are a writer's bookkeeping. */
import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { columnsOf } from '../../featurize/described.ts';
import { count, type Session } from '../../host/session.ts';
import { list } from '../../sql.ts';

export interface ParquetFile {
  readonly path: string;
  readonly label: string;
  readonly rows: number;
  /** The same for files with the same columns. */
  readonly signature: string;
  /** As the engine reads them; a frame's unnamed index is left out. */
  readonly columns: readonly Column[];
  /** false: something was left out. */
  readonly whole: boolean;
}

/** Nothing but the file is read: neither its folders nor its name make columns. */
export function readParquet(files: readonly string[], more = ''): string {
  return `read_parquet(${list(files)}, hive_partitioning = false${more})`;
}

/** pandas calls an index that has no name so, and says in the footer that it is one. */
const UNNAMED_INDEX = /^__index_level_\d+__$/;

/**
 * @param labels what messages call the files
 * @throws UserError DataInvalid for columns that differ by case alone
 */
export async function readFooters(
  session: Session,
  files: readonly string[],
  labels: readonly string[],
): Promise<ParquetFile[]> {
  const [only] = files;
  const alone = files.length === 1 && only !== undefined ? await plainFile(session, only, labels[0] ?? only) : null;
  if (alone) return [alone];
  const every = list([...new Set(files)]);
  const rows = new Map<string, number>();
  for (const row of await session.rows(`SELECT file_name, num_rows FROM parquet_file_metadata(${every})`))
    rows.set(String(row.file_name), count(row.num_rows));
  const said = new Map<string, { names: string[]; lines: string[] }>();
  const schema = await session.rows(
    `SELECT file_name, name, num_children, concat_ws(' ', type, converted_type, logical_type, repetition_type, scale, precision, type_length, duckdb_type) AS kind FROM parquet_schema(${every})`,
  );
  const open = new Map<string, number[]>();
  for (const { file_name, name, num_children, kind } of schema) {
    const file = String(file_name);
    const one = said.get(file) ?? { names: [], lines: [] };
    said.set(file, one);
    // Children that are still to come, by depth: the root's are the columns.
    const depths = open.get(file) ?? [];
    open.set(file, depths);
    while (depths.length > 0 && depths.at(-1) === 0) depths.pop();
    if (depths.length === 1) one.names.push(String(name));
    one.lines.push(JSON.stringify([depths.length, depths.length === 0 ? '' : name, kind]));
    if (depths.length > 0) depths.push((depths.pop() ?? 0) - 1);
    if (num_children !== null) depths.push(count(num_children));
  }
  const indexes = schema.some(({ name }) => UNNAMED_INDEX.test(String(name)))
    ? await unnamedIndexes(session, every)
    : new Map();
  const known = new Map<string, readonly Column[]>();
  const found: ParquetFile[] = [];
  for (const [index, path] of files.entries()) {
    const label = labels[index] ?? path;
    const { names, lines } = said.get(path) ?? { names: [], lines: [] };
    const dropped: readonly string[] = indexes.get(path) ?? [];
    const signature = [...lines, ...dropped].join('\n');
    let columns = known.get(signature);
    if (!columns) {
      refuseAlike(label, names);
      columns = (await columnsOf(session, readParquet([path]))).filter(({ name }) => !dropped.includes(name));
      known.set(signature, columns);
    }
    found.push({ path, label, rows: rows.get(path) ?? 0, signature, columns, whole: dropped.length === 0 });
  }
  return found;
}

/**
 * One file is compared with none, so its schema need not be read beside its columns; unless a column is called as the engine
 * renames one that differs from another by case alone, or as pandas calls an index.
 */
async function plainFile(session: Session, path: string, label: string): Promise<ParquetFile | null> {
  const columns = await columnsOf(session, readParquet([path]));
  if (columns.some(({ name }) => /_\d+$/.test(name) || UNNAMED_INDEX.test(name))) return null;
  const [footer] = await session.rows(`SELECT num_rows FROM parquet_file_metadata(${list([path])})`);
  return { path, label, rows: count(footer?.num_rows), signature: '', columns, whole: true };
}

async function unnamedIndexes(session: Session, files: string): Promise<Map<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  const rows = await session.rows(
    `SELECT file_name, decode(value) AS said FROM parquet_kv_metadata(${files}) WHERE key = 'pandas'::BLOB`,
  );
  for (const { file_name, said } of rows) {
    const columns = (JSON.parse(String(said)) as { index_columns?: unknown }).index_columns;
    const names = Array.isArray(columns) ? columns.filter((name) => typeof name === 'string') : [];
    found.set(
      String(file_name),
      names.filter((name) => UNNAMED_INDEX.test(name)),
    );
  }
  return found;
}

function refuseAlike(label: string, names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const like = seen.get(name.toLowerCase());
    if (like !== undefined)
      throw new UserError(
        'DataInvalid',
        `${label} has columns ${like} and ${name}; columns must differ by more than case: rename one of them`,
      );
    seen.set(name.toLowerCase(), name);
  }
}
