/** Files of JSON lines behind FROM. */
import { statSync } from 'node:fs';
import { identifier, list, text } from '../../sql.ts';

/** Bytes of the longest line. */
const LINE = 64 * 1024 * 1024;
/** Less is not worth counting. */
const LEAST = 64 * 1024;

/** Bytes of the longest line that one of these files may have: none is longer than its file. */
function longestLine(files: readonly string[]): number {
  const sizes = files.map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? LINE);
  return Math.min(
    LINE,
    sizes.reduce((most, size) => Math.max(most, size + 1), LEAST),
  );
}

/** Bytes that DuckDB holds of each file while it reads it: room for two lines, and no less than its own default. */
export const heldWhileReading = (files: readonly string[]) => Math.max(32 * 1024 * 1024, 2 * longestLine(files));

/** Nothing is guessed: neither a file's folders nor the width of its objects say anything of its columns. */
const optionsOf = (files: readonly string[], path?: string) =>
  `format = 'newline_delimited', compression = 'uncompressed', maximum_object_size = ${longestLine(files)}, hive_partitioning = false, filename = ${path === undefined ? 'false' : text(path)}`;

/**
 * One column `json`: each line's keys with their values as they are written, whatever they are.
 * @param path name of a column for the file of each line; rows of several files come in no order then
 */
export function asEntries(files: readonly string[], path?: string): string {
  return `read_json(${list(files)}, ${optionsOf(files, path)}, records = false, columns = {json: 'MAP(VARCHAR, JSON)'})`;
}

/** One column `json`: the lines as they are written, each one JSON value, in the order of the files. */
export function asLines(files: readonly string[]): string {
  return `(${files.map((file) => `SELECT json FROM read_json_objects(${text(file)}, ${optionsOf([file])})`).join(' UNION ALL ')})`;
}

/** How a column is read off the lines. */
export interface ReadColumn {
  readonly name: string;
  /** What the engine reads it as: a value is converted as DuckDB does, losing what does not fit. */
  readonly readAs: string;
  /** SQL of its value from the line (json) itself, where the engine's own reading would lose something. */
  readonly written?: string | undefined;
}

/**
 * Rows in the order of the files: one reading a file, because of several in one reading a later one may come first.
 * @param folders columns that a file's folders make, by file
 */
export function asColumns(
  files: readonly string[],
  columns: readonly ReadColumn[],
  folders: readonly (readonly (readonly [string, string])[])[] = [],
): string {
  const read = columns.some(({ written }) => written !== undefined) ? ofLine(columns) : ofFile(columns);
  const selects = files.map((file, index) => {
    const added =
      folders[index]?.map(
        ([name, value]) => `, ${value === '' ? 'NULL::VARCHAR' : text(value)} AS ${identifier(name)}`,
      ) ?? [];
    return `SELECT *${added.join('')} FROM ${read(file)}`;
  });
  return `(${selects.join(' UNION ALL ')})`;
}

function ofFile(columns: readonly ReadColumn[]): (file: string) => string {
  const types = columns.map(({ name, readAs }) => `${text(name)}: ${text(readAs)}`).join(', ');
  return (file) => `read_json(${text(file)}, ${optionsOf([file])}, records = true, columns = {${types}})`;
}

function ofLine(columns: readonly ReadColumn[]): (file: string) => string {
  const structure = JSON.stringify(Object.fromEntries(columns.map(({ name, readAs }) => [name, readAs])));
  const values = columns.map(({ name, written }) => `${written ?? `s.${identifier(name)}`} AS ${identifier(name)}`);
  return (file) =>
    `(SELECT ${values.join(', ')} FROM (SELECT json, json_transform(json, ${text(structure)}) AS s FROM ${asLines([file])}))`;
}
