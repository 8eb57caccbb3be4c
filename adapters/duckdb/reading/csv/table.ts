/**
 * CSV files → typed rows, losing nothing. Types are guessed from a sample of every file and checked on every field while
 * the rows are read; where a guess was wrong the classes of all fields are counted, and the rows are read once more.
 */
import type { Column } from '#contracts/data.ts';
import { count, type Session } from '../../host/session.ts';
import { identifier } from '../../sql.ts';
import { agreeOnKinds } from './agree.ts';
import { asDeclared, asFound, declaredType, misfit, readAs } from './cell-as-type.ts';
import { type Cell, classifiedCells, typeOf } from './cell-class.ts';
import { type CsvColumn, declaredColumns } from './columns.ts';
import { type CsvTable, fromFiles, fromTable } from './files.ts';
import { refuseMisfit } from './misfit.ts';

/** Rows that the types are guessed from, over all files; DuckDB's own number. */
const SAMPLE = 20_480;
/** Of very wide tables fewer rows. */
const SAMPLED_FIELDS = 2_000_000;
/** Files that are looked into, evenly spread over all. */
const SAMPLED_FILES = 64;
/** Of all of them; each is held to the end of the query, as it is not read to its own. */
const SAMPLED_BYTES = 128 * 1024 * 1024;

/** Columns whose fields are checked while they are read: planning takes the square of their number. */
const MOST_CHECKED = 250;

export interface CsvRows {
  /** Of the typed rows, in order. */
  readonly columns: readonly Column[];
  /** Can stand behind FROM. */
  readonly from: string;
  /** By column: which {@link cellClass}es are known to occur. */
  readonly classes: ReadonlyMap<string, number>;
}

/**
 * @param write what is done with the rows: written, in most cases. It may be called twice, the first time in vain
 * @throws UserError DataInvalid naming file, row, column and value of a field that a declared type would change
 */
export async function readCsv(
  session: Session,
  table: CsvTable,
  write: (rows: CsvRows) => Promise<void>,
): Promise<CsvRows> {
  const columns = await declaredColumns(session, table);
  try {
    const guessed = columns.length <= MOST_CHECKED && (await classesOf(session, columns, sampleOf(table)));
    // How many digits decimals need is known from all rows only.
    if (guessed && ![...guessed.values()].some((classes) => typeOf(classes) === 'DECIMAL')) {
      await agreeOnKinds(session, table, columns, guessed);
      const rows = await typedRows(session, table, columns, guessed, false);
      try {
        await write(rows);
        return rows;
      } catch (error) {
        if (!(error instanceof Error) || !error.message.includes(misfit.found)) throw error;
      }
    }
    const known = await classesOf(session, columns, fromTable(table));
    await agreeOnKinds(session, table, columns, known);
    const rows = await typedRows(session, table, columns, known, true);
    await write(rows);
    return rows;
  } catch (error) {
    const index = new RegExp(`${misfit.declared}(\\d+)`).exec(error instanceof Error ? error.message : '')?.[1];
    const column = index === undefined ? undefined : columns[Number(index)];
    if (column?.declared) await refuseMisfit(session, table, column.name, column.cell, column.declared);
    throw error;
  }
}

/** Rows of the top of every file, or of some files evenly spread. */
function sampleOf({ request, files, names }: CsvTable): string {
  const step = Math.max(1, files.length / SAMPLED_FILES);
  const looked = Array.from({ length: Math.min(files.length, SAMPLED_FILES) }, (_, i) => files[Math.floor(i * step)]);
  const rows = Math.ceil(Math.min(SAMPLE, SAMPLED_FIELDS / names.length) / looked.length);
  const columns = names.map(identifier).join(', ');
  const parts = looked.flatMap((file) =>
    file
      ? [
          `(SELECT ${columns} FROM ${fromFiles(request, [file], { most: SAMPLED_BYTES / looked.length })} LIMIT ${rows})`,
        ]
      : [],
  );
  return `(${parts.join(' UNION ALL ')})`;
}

export async function classesOf(
  session: Session,
  columns: readonly CsvColumn[],
  from: string,
): Promise<ReadonlyMap<string, number>> {
  const asked = columns.filter(({ declared }) => !declared);
  if (asked.length === 0) return new Map();
  const cells = classifiedCells(
    asked.map(({ cell }) => cell),
    from,
  );
  const rows = await session.rows(`SELECT i, bit_or(k) AS k FROM ${cells} GROUP BY i`);
  const found = new Map(rows.map(({ i, k }) => [count(i), count(k)]));
  return new Map(asked.map(({ name }, i) => [name, found.get(i) ?? 0]));
}

async function typedRows(
  session: Session,
  table: CsvTable,
  columns: readonly CsvColumn[],
  classes: ReadonlyMap<string, number>,
  checked: boolean,
): Promise<CsvRows> {
  const typed: Column[] = [];
  const select: string[] = [];
  /** Each field as its type: once, though its value is asked for twice. */
  const read: string[] = [];
  for (const [index, { name, cell, declared }] of columns.entries()) {
    const found = classes.get(name) ?? 0;
    const foundType = typeOf(found);
    let type: string = declared?.type ?? foundType;
    let sql = cell.field;
    if (declared) sql = asDeclared(cell, index, declared);
    else if (type === 'DECIMAL') {
      type = await decimalType(session, table, cell);
      if (type !== 'VARCHAR') sql = asDeclared(cell, index, await declaredType(session, name, type, cell));
    } else if (type !== 'VARCHAR') {
      const value = identifier(`__ratchet_${index}`);
      read.push(`${readAs(foundType, cell)} AS ${value}`);
      sql = asFound(foundType, found, cell, checked, value);
    } else sql = asFound(foundType, found, cell, checked);
    typed.push({ name, type: type === 'TIMESTAMPTZ' ? 'TIMESTAMP WITH TIME ZONE' : type });
    select.push(`${sql} AS ${identifier(name)}`);
  }
  const texts = `(SELECT ${['*', ...read].join(', ')} FROM ${fromTable(table)})`;
  return { columns: typed, from: `(SELECT ${select.join(', ')} FROM ${texts})`, classes };
}

/** Exact decimals of as many digits as the column needs; text where 38 are too few. */
async function decimalType(session: Session, table: CsvTable, { number }: Cell): Promise<string> {
  const [row] = await session.rows(
    `SELECT max(strlen(regexp_extract(t, '[0-9]*'))) AS whole, max(strlen(rtrim(regexp_extract(t, '\\.([0-9]*)', 1), '0'))) AS fraction
     FROM (SELECT ltrim(${number}, ' -') AS t FROM ${fromTable(table)})`,
  );
  const [whole, fraction] = [count(row?.whole), count(row?.fraction)];
  return whole + fraction > 38 ? 'VARCHAR' : `DECIMAL(${Math.max(1, whole + fraction)},${fraction})`;
}
