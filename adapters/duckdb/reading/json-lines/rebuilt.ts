/**
 * JSON lines read once: every line is written again from the values that were read, and must be the same text. So nothing of
 * it was lost or changed, neither a digit nor a key that the first lines lack. Lines that are written in another way than
 * the first ones, or columns of several kinds, are for `columns.ts`, which looks at every value first.
 */

import { count, type Session } from '../../host/session.ts';
import { identifier, text } from '../../sql.ts';
import { asFound, misfit, readAs } from '../csv/cell-as-type.ts';
import type { Cell } from '../csv/cell-class.ts';
import { asLines, heldWhileReading } from './scan.ts';
import { classOf, typeOf, valueClass } from './value-class.ts';

/** Rows that kinds and spelling are taken from, over all files. */
const FIRST = 2_048;
/** Planning takes the square of the number of columns. */
const MOST_COLUMNS = 250;
const MOST_FILES = 64;
/** Of all files that are looked into; each is held to the end of the query, as it is not read to its own. */
const HELD = 128 * 1024 * 1024;

/** Between a key and its value, and before the next key: of JSON.stringify and most libraries, and of Python's json. */
const spellings = [
  { colon: ':', comma: ',' },
  { colon: ': ', comma: ', ' },
] as const;
type Spelling = (typeof spellings)[number];

interface Field {
  readonly name: string;
  /** What the engine transforms it to. */
  readonly type: 'BIGINT' | 'BOOLEAN' | 'VARCHAR' | 'JSON';
  /** SQL of what was transformed, as text. */
  readonly read: string;
  /** The column's type, as the engine calls it. */
  readonly as: string;
  /** SQL of what is asked for more than once of each value, as {@link parsed}. */
  readonly parse?: string;
  /** SQL of the column's value; fails with `misfit.found` for a value of another kind. */
  readonly value: string;
}

const { notFinite } = valueClass;
const strings = valueClass.text | valueClass.date | valueClass.timestamp | valueClass.zonedTimestamp;

/**
 * @param files JSON lines, in the order of their rows
 * @returns SQL that can stand behind FROM, columns in the order in which keys first occur; reading it fails with `misfit.found`
 * where a line is not what the first lines are. Null where these are not of one kind and spelling
 */
export async function rebuiltRows(session: Session, files: readonly string[]): Promise<string | null> {
  const looks = Math.min(files.length, MOST_FILES, Math.max(1, Math.floor(HELD / heldWhileReading(files))));
  const looked = Array.from({ length: looks }, (_, i) => files[Math.floor((i * files.length) / looks)] ?? '');
  const rows = Math.ceil(FIRST / looked.length);
  const sample = `(${looked.map((file) => `(SELECT json FROM ${asLines([file])} LIMIT ${rows})`).join(' UNION ALL ')})`;
  const names = await keysOf(session, sample);
  if (!names) return null;
  const fields = await fieldsOf(session, sample, names);
  if (!fields) return null;
  for (const spelling of spellings) {
    const same = sameText(fields, spelling);
    const [row] = await session.rows(`SELECT count(*) FILTER (NOT ${same}) AS n FROM ${transformed(fields, sample)}`);
    if (count(row?.n) > 0) continue;
    const select = fields.map(({ name, value, as }, index) => {
      // Once a line, in its first column.
      const guarded = index === 0 ? `CASE WHEN ${same} THEN ${value} ELSE ${wrong(as)} END` : value;
      return `${guarded} AS ${identifier(name)}`;
    });
    return `(SELECT ${select.join(', ')} FROM ${transformed(fields, asLines(files))})`;
  }
  return null;
}

/** Null for keys that cannot be columns, or are not the same from line to line but for some that are left out. */
async function keysOf(session: Session, sample: string): Promise<readonly string[] | null> {
  const found = await session.rows(`SELECT json_keys(json) AS k FROM ${sample}`);
  const names: string[] = [];
  for (const { k } of found) {
    if (!Array.isArray(k)) return null;
    const keys = k.map(String);
    if (new Set(keys).size < keys.length) return null;
    for (const key of keys) if (!names.includes(key)) names.push(key);
    if (names.length > MOST_COLUMNS) return null;
  }
  const alike = new Set(names.map((name) => name.toLowerCase())).size < names.length;
  return names.length === 0 || alike || names.some((name) => name === '' || name.includes('\0')) ? null : names;
}

async function fieldsOf(session: Session, sample: string, names: readonly string[]): Promise<readonly Field[] | null> {
  const as = names.map((name) => ({ name, type: 'JSON' as const }));
  const select = names.map((_, index) => `bit_or(${classOf(`CAST(${column(index)} AS VARCHAR)`)}) AS c${index}`);
  const [row] = await session.rows(`SELECT ${select.join(', ')} FROM ${transformed(as, sample)}`);
  const fields: Field[] = [];
  for (const [index, name] of names.entries()) {
    const field = fieldOf(name, index, count(row?.[`c${index}`]));
    if (!field) return null;
    fields.push(field);
  }
  return fields;
}

/** Null where the quick way does not know what to do with such values. */
function fieldOf(name: string, index: number, classes: number): Field | null {
  const read = column(index);
  const once = parsed(index);
  const type = typeOf(classes);
  if (type === 'BIGINT' || type === 'BOOLEAN')
    return { name, type, as: type, read: `CAST(${read} AS VARCHAR)`, value: read };
  if (classes === 0) {
    const value = `CASE WHEN ${read} IS NULL THEN NULL ELSE ${wrong('VARCHAR')} END`;
    return { name, type: 'JSON', as: 'VARCHAR', read: `CAST(${read} AS VARCHAR)`, value };
  }
  if (type === 'DOUBLE' && (classes & notFinite) === 0) {
    const written = `CAST(${read} AS VARCHAR)`;
    // A whole number of more digits may be one that DOUBLE rounds. 1e400 is none.
    const exact = `${written} >= '-' AND ${written} < ':' AND (strlen(${written}) <= 15 OR contains(${written}, '.')) AND isfinite(${once})`;
    const value = `CASE WHEN ${read} IS NULL THEN NULL WHEN ${exact} THEN ${once} ELSE ${wrong('DOUBLE')} END`;
    return { name, type: 'JSON', as: 'DOUBLE', read: written, parse: `TRY_CAST(${written} AS DOUBLE)`, value };
  }
  if (type === 'DATE' || type === 'TIMESTAMP' || type === 'TIMESTAMPTZ') {
    const cell: Cell = { field: read, number: read };
    const value = asFound(type, 0, cell, false, once);
    return { name, type: 'VARCHAR', as: type, read, parse: readAs(type, cell), value };
  }
  return classes & ~strings ? null : { name, type: 'VARCHAR', as: 'VARCHAR', read, value: read };
}

const wrong = (as: string) => `CAST(error(${text(misfit.found)}) AS ${as})`;

const column = (index: number) => `v${index}`;
const parsed = (index: number) => `p${index}`;

/** The lines (json) with their values as columns. */
function transformed(fields: readonly Pick<Field, 'name' | 'type' | 'parse'>[], lines: string): string {
  const structure = JSON.stringify(Object.fromEntries(fields.map(({ name, type }) => [name, type])));
  const values = fields.map(({ name }, index) => `s.${identifier(name)} AS ${column(index)}`);
  const read = `SELECT json, ${values.join(', ')} FROM (SELECT json, json_transform(json, ${text(structure)}) AS s FROM ${lines})`;
  const once = fields.flatMap(({ parse }, index) => (parse ? [`${parse} AS ${parsed(index)}`] : []));
  return `(SELECT ${['*', ...once].join(', ')} FROM (${read}))`;
}

/** SQL: the line is one of the ways in which its values are written, the usual one first. */
function sameText(fields: readonly Field[], spelling: Spelling): string {
  const plain = fields.flatMap(({ name, read, type }, index) => {
    const quote = type === 'VARCHAR' ? '"' : '';
    const key = `${index === 0 ? '{' : spelling.comma}${JSON.stringify(name)}${spelling.colon}${quote}`;
    return [text(key), read, ...(quote ? [text(quote)] : [])];
  });
  const ways = [`concat(${[...plain, text('}')].join(', ')})`];
  // Strings that need an escape, values that are null, keys that are left out, and numbers as Python writes small and large ones.
  for (const number of [(read: string) => read, asPython])
    for (const absent of [false, true]) {
      const parts = fields.map(({ name, read, type }) => {
        const value = type === 'VARCHAR' ? `CAST(to_json(${read}) AS VARCHAR)` : type === 'JSON' ? number(read) : read;
        const key = text(`${spelling.comma}${JSON.stringify(name)}${spelling.colon}`);
        return absent ? `${key} || ${value}` : `${key}, coalesce(${value}, 'null')`;
      });
      // Each key has a comma before it here: that of the first is taken off.
      ways.push(`concat('{', substr(concat(${parts.join(', ')}), ${spelling.comma.length + 1}), '}')`);
    }
  return `CASE ${ways.map((way) => `WHEN ${way} = CAST(json AS VARCHAR) THEN true`).join(' ')} ELSE false END`;
}

/** 1e-05 for 0.00001, 1e+16 for 1e16. */
const asPython = (read: string) =>
  `CASE WHEN regexp_matches(${read}, '[.eE]') THEN CAST(TRY_CAST(${read} AS DOUBLE) AS VARCHAR) ELSE ${read} END`;
