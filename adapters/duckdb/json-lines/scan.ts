/** Files of JSON lines behind FROM. */
import { identifier, list, text } from '../sql.ts';

/** Nothing is guessed: neither a file's folders nor the width of its objects say anything of its columns. */
const options = `format = 'newline_delimited', compression = 'uncompressed', maximum_object_size = 67108864, hive_partitioning = false, filename = false`;

/** One column `json`: each line's keys with their values as they are written, whatever they are. */
export function asEntries(files: readonly string[]): string {
  return `read_json(${list(files)}, ${options}, records = false, columns = {json: 'MAP(VARCHAR, JSON)'})`;
}

/** One column `json`: the lines as they are written, each one JSON value, in the order of the files. */
export function asLines(files: readonly string[]): string {
  return `(${files.map((file) => `SELECT json FROM read_json_objects(${text(file)}, ${options})`).join(' UNION ALL ')})`;
}

/**
 * Rows in the order of the files: one reading a file, because of several in one reading a later one may come first.
 * @param columns [key, type to read it as]; a value is converted to it as DuckDB does: losing what does not fit
 * @param folders columns that a file's folders make, by file
 */
export function asColumns(
  files: readonly string[],
  columns: readonly (readonly [string, string])[],
  folders: readonly (readonly (readonly [string, string])[])[] = [],
): string {
  const types = columns.map(([key, type]) => `${text(key)}: ${text(type)}`).join(', ');
  const selects = files.map((file, index) => {
    const added =
      folders[index]?.map(
        ([name, value]) => `, ${value === '' ? 'NULL::VARCHAR' : text(value)} AS ${identifier(name)}`,
      ) ?? [];
    return `SELECT *${added.join('')} FROM read_json(${text(file)}, ${options}, records = true, columns = {${types}})`;
  });
  return `(${selects.join(' UNION ALL ')})`;
}
