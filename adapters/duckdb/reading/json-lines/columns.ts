/** Which columns a table of JSON lines has, and what they are: from every value of every line. */
import { UserError } from '#contracts/failures.ts';
import { count, type Session } from '../../host/session.ts';
import { identifier, text } from '../../sql.ts';
import { asFound } from '../csv/cell-as-type.ts';
import { cellOf } from '../csv/cell-class.ts';
import { labelOf, type Source } from '../source.ts';
import { keysOfLongNumbers, typeOfLongNumbers, written } from './long-numbers.ts';
import { asColumns, asEntries, type ReadColumn } from './scan.ts';
import { classOf, quickClassOf, typeOf, type ValueType, valueClass } from './value-class.ts';

export interface JsonColumn extends ReadColumn {
  /** SQL of its value, from what was read. */
  readonly value: string;
}

const times = valueClass.date | valueClass.timestamp | valueClass.zonedTimestamp;

/** Lines whose keys are in order before the rest is looked at. */
const FIRST = 2_048;

/**
 * In the order in which the keys first occur. A key that a line lacks has no value there, like null.
 * @param checked every value is looked at before; else times are known from the first lines, and reading another value fails
 * with `misfit.found`
 * @throws UserError DataInvalid for keys that differ by case alone, or have no name
 */
export async function jsonColumns(session: Session, source: Source, checked: boolean): Promise<JsonColumn[]> {
  const { files } = source;
  const quick = await quickClasses(session, files);
  const names = await inOrder(session, files, quick);
  await refuseAlike(session, source, names);
  const { classes, guessed } = await classesOf(session, files, quick, checked);
  const long = await keysOfLongNumbers(session, files);
  const columns: JsonColumn[] = [];
  for (const name of names) {
    const type = typeOf(classes.get(name) ?? 0);
    const sql = identifier(name);
    if (long.has(name)) columns.push(await longNumbers(session, files, name, type));
    else if (type === 'nested') columns.push(await nested(session, files, name));
    else if (type === 'DOUBLE' && (classes.get(name) ?? 0) & valueClass.notFinite)
      columns.push({ name, readAs: 'VARCHAR', value: `CAST(${sql} AS DOUBLE)` });
    else if (type === 'DOUBLE' || type === 'BIGINT' || type === 'BOOLEAN' || type === 'VARCHAR')
      columns.push({ name, readAs: type, value: sql });
    else columns.push({ name, readAs: 'VARCHAR', value: asFound(type, 0, cellOf(name), !guessed.has(name)) });
  }
  return columns;
}

interface Classes {
  readonly classes: Map<string, number>;
  /** Columns that are times in the first lines, and strings that could be times in all. */
  readonly guessed: ReadonlySet<string>;
}

async function quickClasses(session: Session, files: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const found = await session.rows(
    `SELECT k, bit_or(${quickClassOf('v')}) AS c FROM (SELECT e.key AS k, CAST(e.value AS VARCHAR) AS v FROM (SELECT unnest(map_entries(json)) AS e FROM ${asEntries(files)})) GROUP BY k`,
  );
  return new Map(found.map((row) => [String(row.k), count(row.c)]));
}

/** What the quick look is unsure of is looked at again, alone. */
async function classesOf(
  session: Session,
  files: readonly string[],
  quick: ReadonlyMap<string, number>,
  checked: boolean,
): Promise<Classes> {
  const classes = new Map(quick);
  const { unsure, unsureString, text: anyText } = valueClass;
  const guessed = new Set<string>();
  // A text holds whatever else there is.
  let again = [...classes].filter(([, each]) => each & (unsure | unsureString) && !(each & anyText));
  for (const first of checked ? [false] : [true, false]) {
    const asked = first ? again.filter(([, each]) => each === unsureString) : again;
    const names = asked.map(([name]) => name);
    if (names.length === 0) continue;
    const select = names.map((name, index) => `bit_or(${classOf(`c${index}`)}) AS c${index}`).join(', ');
    const texts = names.map((name, index) => `CAST(${identifier(name)} AS VARCHAR) AS c${index}`).join(', ');
    const from = asColumns(
      files,
      names.map((name) => ({ name, readAs: 'JSON' })),
    );
    const [row] = await session.rows(
      `SELECT ${select} FROM (SELECT ${texts} FROM ${from} ${first ? `LIMIT ${FIRST}` : ''})`,
    );
    for (const [index, name] of names.entries()) {
      const known = count(row?.[`c${index}`]);
      if (first && (known & ~times) !== 0) continue;
      classes.set(name, known);
      if (first) guessed.add(name);
    }
    again = again.filter(([name]) => !guessed.has(name));
  }
  return { classes, guessed };
}

async function inOrder(session: Session, files: readonly string[], keys: ReadonlyMap<string, unknown>) {
  const first = await session.rows(
    `SELECT unnest(map_keys(json)) AS k FROM (SELECT json FROM ${asEntries(files)} LIMIT ${FIRST})`,
  );
  const names = new Set(first.map((row) => String(row.k)));
  if (names.size === keys.size) return [...names];
  const later = await session.rows(
    `SELECT k FROM (SELECT unnest(map_keys(json)) AS k, generate_subscripts(map_keys(json), 1) AS place, line FROM (SELECT json, row_number() OVER () AS line FROM ${asEntries(files)})) GROUP BY k ORDER BY min(line * 65536 + place)`,
  );
  return later.map((row) => String(row.k));
}

/** The database, like most, does not tell Age from age. */
async function refuseAlike(session: Session, source: Source, names: readonly string[]): Promise<void> {
  const known = new Map<string, string>();
  const where = async (name: string) => {
    for (const [index, file] of source.files.entries()) {
      const [row] = await session.rows(
        `SELECT n FROM (SELECT row_number() OVER () AS n, map_contains(json, ${text(name)}) AS has FROM ${asEntries([file])}) WHERE has LIMIT 1`,
      );
      if (row) return `${labelOf(source.request, index)} row ${count(row.n)}`;
    }
    return labelOf(source.request, 0);
  };
  for (const name of names) {
    if (name === '') throw new UserError('DataInvalid', `${await where(name)} has a key without a name: ""`);
    if (name.includes('\0'))
      throw new UserError('DataInvalid', `${await where(name)} has a key that holds a NUL character`);
    const like = known.get(name.toLowerCase());
    if (like !== undefined)
      throw new UserError(
        'DataInvalid',
        `${await where(name)} has a key ${name}, and ${await where(like)} has ${like}; columns must differ by more than case: rename one of them`,
      );
    known.set(name.toLowerCase(), name);
  }
}

/** Exact decimals where all are numbers; else the text that is written. */
async function longNumbers(
  session: Session,
  files: readonly string[],
  name: string,
  type: ValueType,
): Promise<JsonColumn> {
  const read: ReadColumn = { name, readAs: 'VARCHAR', written: written(name) };
  const sql = identifier(name);
  if (type !== 'DOUBLE') return { ...read, value: sql };
  const decimals = await typeOfLongNumbers(session, name, asColumns(files, [read]));
  return { ...read, value: decimals === 'VARCHAR' ? sql : `CAST(${sql} AS ${decimals})` };
}

/**
 * A list or structure where that gives every value back, key for key; else the JSON as text. Strings in it stay strings.
 */
async function nested(session: Session, files: readonly string[], name: string): Promise<JsonColumn> {
  const sql = identifier(name);
  const from = asColumns(files, [{ name, readAs: 'JSON' }]);
  const asText: JsonColumn = { name, readAs: 'JSON', value: `CAST(${sql} AS VARCHAR)` };
  const [sample] = await session.rows(
    `SELECT json_group_structure(${sql})::VARCHAR AS s FROM (SELECT ${sql} FROM ${from} WHERE ${sql} IS NOT NULL LIMIT ${FIRST})`,
  );
  // Whole numbers are BIGINT, as they are in a column of their own; what is mixed or empty has no type to give it back by.
  const structure = String(sample?.s).replaceAll('"UBIGINT"', '"BIGINT"');
  if (/"(?:NULL|JSON)"/.test(structure) || !/^[[{]/.test(structure) || hasKeysAlike(JSON.parse(structure)))
    return asText;
  const read = `json_transform(${sql}, ${text(structure)})`;
  const same = await session
    .rows(
      `SELECT count(*) AS n FROM ${from} WHERE ${sql} IS NOT NULL AND CAST(to_json(${read}) AS VARCHAR) IS DISTINCT FROM CAST(${sql} AS VARCHAR)`,
    )
    .then(([row]) => count(row?.n) === 0)
    .catch((error: Error) => {
      if (/^(Conversion|Invalid Input|Out of Range) Error/.test(error.message)) return false;
      throw error;
    });
  return same ? { name, readAs: 'JSON', value: read } : asText;
}

/** Keys of one object that differ by case alone, which a structure would rename. */
function hasKeysAlike(structure: unknown): boolean {
  if (typeof structure !== 'object' || structure === null) return false;
  const keys = Array.isArray(structure) ? [] : Object.keys(structure).map((key) => key.toLowerCase());
  return new Set(keys).size < keys.length || Object.values(structure).some(hasKeysAlike);
}
