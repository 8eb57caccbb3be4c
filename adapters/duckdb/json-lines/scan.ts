/** Files of JSON lines behind FROM. */
import { list, text } from '../sql.ts';

/** Nothing is guessed: neither a file's folders nor the width of its objects say anything of its columns. */
const options = `format = 'newline_delimited', compression = 'uncompressed', maximum_object_size = 67108864, hive_partitioning = false, filename = false`;

/** One column `json`: each line's keys with their values as they are written, whatever they are. */
export function asEntries(files: readonly string[]): string {
  return `read_json(${list(files)}, ${options}, records = false, columns = {json: 'MAP(VARCHAR, JSON)'})`;
}

/** @param columns [key, type to read it as]; a value is converted to it as DuckDB does: losing what does not fit */
export function asColumns(files: readonly string[], columns: readonly (readonly [string, string])[]): string {
  const types = columns.map(([key, type]) => `${text(key)}: ${text(type)}`).join(', ');
  return `read_json(${list(files)}, ${options}, columns = {${types}})`;
}
