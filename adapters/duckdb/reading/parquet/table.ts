/** The Parquet files of one table, as every operation opens them: by the union of what they hold, never by the first. */
import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { Session } from '../../host/session.ts';
import { identifier, text } from '../../sql.ts';
import { refuseOtherColumns } from '../same-columns.ts';
import { type ParquetFile, readFooters, readParquet } from './footers.ts';
import { unitedType } from './united-type.ts';

export interface ParquetTable {
  readonly columns: readonly Column[];
  readonly rows: number;
  /** SQL of all rows, in the order of the files. */
  readonly from: string;
  /** The same with {@link PLACE_IN_FILE}, the row's place from 0 on over all files. */
  readonly withPlaces: string;
}

export interface OpenOptions {
  /** What messages call the files; default their paths. */
  readonly labels?: readonly string[] | undefined;
  /** Columns that a file's folders make, by file; all files have the same names. */
  readonly folders?: readonly (readonly (readonly [string, string])[])[] | undefined;
}

export const PLACE_IN_FILE = '"__ratchet_place"';

/**
 * @param files absolute paths, in the order of their rows
 * @throws UserError DataInvalid naming file and column where the files cannot be one table
 */
export async function openParquet(
  session: Session,
  files: readonly string[],
  { labels = files, folders }: OpenOptions = {},
): Promise<ParquetTable> {
  const parts = await readFooters(session, files, labels);
  const [first] = parts;
  if (!first) throw new UserError('DataInvalid', 'a table has no files');
  for (const part of parts) if (part.signature !== first.signature) refuseOtherColumns(named(first), named(part));
  const bySignature = new Map<string, ParquetFile[]>();
  for (const part of parts) bySignature.set(part.signature, [...(bySignature.get(part.signature) ?? []), part]);
  const columns: Column[] = [];
  for (const { name } of first.columns) {
    const found = [...bySignature.values()].map((same) => ({
      files: same,
      type: plainType(same[0] as ParquetFile, name),
    }));
    columns.push({ name, type: await unitedType(session, name, found) });
  }
  const added = folders?.[0]?.map(([name]) => name) ?? [];
  for (const name of added)
    if (columns.some((column) => column.name.toLowerCase() === name.toLowerCase()))
      throw new UserError(
        'DataInvalid',
        `${first.label} has a column ${name}, and so has its path; read it without hivePartitions`,
      );
  const folderTypes = added.map((name, place) => ({
    name,
    type: typeOfFolder((folders ?? []).map((each) => each[place]?.[1] ?? '')),
  }));
  // As it lies there: an engine that is told five hundred names binds them in every query.
  const [alone] = parts;
  if (parts.length === 1 && alone && added.length === 0 && isPlain(alone)) {
    const file = readParquet([alone.path]);
    return {
      ...{ columns, rows: alone.rows, from: file },
      withPlaces: `(SELECT *, file_row_number AS ${PLACE_IN_FILE} FROM ${file})`,
    };
  }
  const select = (index: number) => [
    ...columns.map((column) => selected(column, typeIn(parts[index] as ParquetFile, column.name))),
    ...folderTypes.map(({ name, type }, place) => {
      const value = folders?.[index]?.[place]?.[1] ?? '';
      return `CAST(${value === '' ? 'NULL' : text(value)} AS ${type}) AS ${identifier(name)}`;
    }),
  ];
  return {
    columns: [...columns, ...folderTypes],
    rows: parts.reduce((sum, { rows }) => sum + rows, 0),
    from: together(parts, select),
    withPlaces: placed(parts, select),
  };
}

/** Read as it lies there, it has these columns and no other, and none that is called as the engine calls a row's place. */
function isPlain({ columns, whole }: ParquetFile): boolean {
  return whole && columns.every(({ name, type }) => type !== 'JSON' && name.toLowerCase() !== 'file_row_number');
}

const named = ({ label, columns }: ParquetFile) => ({ label, names: columns.map(({ name }) => name) });

const typeIn = ({ columns }: ParquetFile, name: string): string =>
  columns.find((column) => column.name === name)?.type ?? '';

/** JSON is read as text. */
const plainType = (file: ParquetFile, name: string): string => {
  const type = typeIn(file, name);
  return type === 'JSON' ? 'VARCHAR' : type;
};

/** As its own type where that is the table's; JSON as the text that it means: a string without its quotes. */
function selected({ name, type }: Column, own: string): string {
  const column = identifier(name);
  if (own === 'JSON') {
    const written = `CAST(${column} AS VARCHAR)`;
    return `CASE WHEN json_valid(${written}) THEN ${column} ->> '$' ELSE ${written} END AS ${column}`;
  }
  return own === type ? column : `TRY_CAST(${column} AS ${type}) AS ${column}`;
}

/** Neighbours with the same columns are read at once. */
function together(parts: readonly ParquetFile[], select: (index: number) => readonly string[]): string {
  const runs: { names: string; paths: string[] }[] = [];
  for (const [index, { path }] of parts.entries()) {
    const names = select(index).join(', ');
    const last = runs.at(-1);
    if (last && last.names === names && parts[index - 1]?.signature === parts[index]?.signature) last.paths.push(path);
    else runs.push({ names, paths: [path] });
  }
  return `(${runs.map(({ names, paths }) => `SELECT ${names} FROM ${readParquet(paths)}`).join(' UNION ALL ')})`;
}

function placed(parts: readonly ParquetFile[], select: (index: number) => readonly string[]): string {
  let before = 0;
  const selects = parts.map(({ path, rows, columns }, index) => {
    // Unless a column of the data is called as the engine calls the place.
    const place = columns.some(({ name }) => name.toLowerCase() === 'file_row_number')
      ? 'row_number() OVER () - 1'
      : 'file_row_number';
    const at = before;
    before += rows;
    return `SELECT ${[...select(index), `${place}${at === 0 ? '' : ` + ${at}`} AS ${PLACE_IN_FILE}`].join(', ')} FROM ${readParquet([path])}`;
  });
  return `(${selects.join(' UNION ALL ')})`;
}

/** Of what folders called alike say: whole numbers and dates where all are. */
export function typeOfFolder(values: readonly string[]): string {
  const said = values.filter((value) => value !== '');
  if (said.length > 0 && said.every((value) => /^(0|-?[1-9]\d{0,17})$/.test(value))) return 'BIGINT';
  if (said.length > 0 && said.every((value) => /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value))))
    return 'DATE';
  return 'VARCHAR';
}
