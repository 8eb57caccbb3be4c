/** SQL that reads a field as a type, or fails: no field is ever changed to fit. */
import { UserError } from '#contracts/failures.ts';
import type { Session } from '../../host/session.ts';
import { text } from '../../sql.ts';
import {
  type Cell,
  type CellType,
  cellClass,
  datePattern,
  notFinitePattern,
  numberPattern,
  timestampPattern,
  zonePattern,
} from './cell-class.ts';

/** What a query fails with where a field is not of the type that was found, or declared for the column with this index. */
export const misfit = { found: 'ratchet: a field is not of the type that was found', declared: 'ratchet: declared ' };

const fails = (message: string, type: string) => `CAST(error(${text(message)}) AS ${type})`;

const shortExponent = (sql: string) => `regexp_replace(lower(${sql}), 'e\\+?(-?)0*([0-9])', 'e\\1\\2')`;

/** SQL of the field as a type that was found; null where it is none, whatever it loses. */
export function readAs(type: CellType, { field, number }: Cell): string {
  if (type === 'VARCHAR') return field;
  return `TRY_CAST(${type === 'BIGINT' || type === 'DOUBLE' ? number : field} AS ${type})`;
}

/**
 * Conditions, each true of a way of writing the type, the most usual first; the few ways that it misses cost another look at all fields. What
 * the type writes as it was is cheapest to see; 15 digits are within DOUBLE however they are written.
 * @param read SQL of the field as the type
 */
function written(type: CellType, classes: number, { field, number }: Cell, read: string): string[] {
  const back = `CAST(${read} AS VARCHAR)`;
  const like = (of: string, pattern: string) => `regexp_full_match(${of}, ${text(pattern)})`;
  if (type === 'BIGINT')
    return [`${back} = ${number}`, `${like(number, ' *(0|-?[1-9][0-9]*) *')} AND ${read} IS NOT NULL`];
  if (type === 'DOUBLE')
    return [
      `strlen(${number}) <= 15 AND ${like(number, '-?(0|[1-9][0-9]*)(\\.[0-9]+)?')}`,
      // Both write as few digits as give the number back, and differ in exponents; the first takes half the time.
      `CAST(to_json(${read}) AS VARCHAR) = ${number}`,
      `${back} = ${number}`,
      like(field, notFinitePattern),
      // 0.00002 here is 2e-05 elsewhere: with as many decimals as are written it is the same.
      `${like(number, '-?(0|[1-9][0-9]*)\\.[0-9]+')} AND format('{:.' || (strlen(${number}) - strpos(${number}, '.')) || 'f}', ${read}) = ${number}`,
      // 1e-7 here is 1e-07 elsewhere.
      `${like(number, numberPattern)} AND ${shortExponent(number)} = ${shortExponent(back)}`,
    ];
  // Words for infinite times are words.
  if (type === 'DATE') return [`strlen(${field}) = 10 AND ${back} = ${field}`];
  if (type === 'TIMESTAMP')
    return [
      `${field} < ':' AND ${back} = ${field}`,
      `${like(field, `${datePattern}|${timestampPattern}`)} AND ${read} IS NOT NULL`,
    ];
  if (type === 'TIMESTAMPTZ') return [`${like(field, timestampPattern + zonePattern)} AND ${read} IS NOT NULL`];
  const { lowerBoolean, titleBoolean } = cellClass;
  const [yes, no] =
    classes === lowerBoolean ? ['true', 'false'] : classes === titleBoolean ? ['True', 'False'] : ['TRUE', 'FALSE'];
  return [`${field} = '${yes}' OR ${field} = '${no}'`];
}

/**
 * The field as a type that was found, but not DECIMAL; null where it is missing.
 * @param classes of the column, as far as they are known
 * @param checked every field of the column has been classified
 * @param read SQL of {@link readAs}, or of a column that holds it already
 */
export function asFound(
  type: CellType,
  classes: number,
  cell: Cell,
  checked: boolean,
  read = readAs(type, cell),
): string {
  if (type === 'VARCHAR') {
    // Nothing is known of a column whose fields are all missing so far.
    if (classes !== 0 || checked) return cell.field;
    return `CASE WHEN ${cell.field} IS NULL THEN NULL ELSE ${fails(misfit.found, 'VARCHAR')} END`;
  }
  if (checked) return read;
  const ways = written(type, classes, cell, read).map((way) => `WHEN ${way} THEN ${read}`);
  return `CASE ${ways.join(' ')} WHEN ${cell.field} IS NULL THEN NULL ELSE ${fails(misfit.found, type)} END`;
}

/** How a declared type reads a field, and when that loses nothing. */
export interface Declared {
  /** As DuckDB calls it. */
  readonly type: string;
  readonly value: string;
  /** SQL that is true where `value` says all that is written. */
  readonly kept: string;
  /** What messages call it, and the option that declares it. */
  readonly words: string;
  readonly option: 'types' | 'dates';
}

export function asDeclared(cell: Cell, index: number, { type, value, kept }: Declared): string {
  return `CASE WHEN ${cell.field} IS NULL THEN NULL WHEN ${kept} THEN ${value} ELSE ${fails(`${misfit.declared}${index}`, type)} END`;
}

/**
 * @param name a type as its author writes it
 * @throws UserError InvalidInput when there is no such type
 */
export async function declaredType(session: Session, column: string, name: string, cell: Cell): Promise<Declared> {
  const [row] = await session.rows(`SELECT typeof(CAST(NULL AS ${name})) AS type`).catch(() => {
    throw new UserError(
      'InvalidInput',
      `types.${column}: "${name}" is not a type; write for example BIGINT, DOUBLE, VARCHAR, TIMESTAMP`,
    );
  });
  const type = String(row?.type);
  const { field, number } = cell;
  const of = (value: string, kept: string): Declared => ({ type, value, kept, words: type, option: 'types' });
  const whole = ' *-?(0|[1-9][0-9]*)(\\.0*)? *';
  const plain = ' *-?((0|[1-9][0-9]*)(\\.[0-9]*)?|\\.[0-9]+) *';
  if (type === 'VARCHAR') return of(field, 'true');
  const read = `TRY_CAST(${field} AS ${type})`;
  const readNumber = `TRY_CAST(${number} AS ${type})`;
  if (/^U?(TINY|SMALL|BIG|HUGE)INT$|^U?INTEGER$/.test(type))
    return of(readNumber, `regexp_full_match(${number}, ${text(whole)}) AND ${readNumber} IS NOT NULL`);
  if (type === 'DOUBLE' || type === 'FLOAT')
    // The nearest number to a written fraction is what such a type means; a whole number is none of its approximations.
    return of(
      readNumber,
      `CASE WHEN regexp_full_match(${number}, ' *-?[1-9][0-9]* *') THEN CAST(TRY_CAST(${readNumber} AS HUGEINT) AS VARCHAR) = trim(${number}) WHEN regexp_full_match(${number}, ${text(numberPattern)}) THEN isfinite(${readNumber}) ELSE regexp_full_match(${field}, '${notFinitePattern}') END`,
    );
  const scale = /^DECIMAL\(\d+,(\d+)\)$/.exec(type)?.[1];
  if (scale !== undefined)
    return of(
      readNumber,
      `regexp_full_match(${number}, ${text(plain)}) AND ${readNumber} IS NOT NULL AND regexp_full_match(${number}, ${text(`[^.]*(\\.[0-9]{0,${scale}}0*)? *`)})`,
    );
  if (type === 'DATE')
    return of(read, `regexp_full_match(${field}, '${datePattern}([ T]00:00(:00(\\.0+)?)?)?') AND ${read} IS NOT NULL`);
  if (/^TIMESTAMP/.test(type)) return timestamp(cell, type);
  return of(read, `${read} IS NOT NULL`);
}

/** A time with an offset becomes UTC; without one it is UTC. */
function timestamp({ field }: Cell, type: string): Declared {
  const finest: Record<string, number> = { TIMESTAMP_S: 0, TIMESTAMP_MS: 3, TIMESTAMP_NS: 9 };
  const digits = finest[type] ?? 6;
  const clock = `[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{0,${digits}}0*)?)?`;
  const forms = text(`${datePattern}([ T]${clock}${zonePattern}?)?`);
  const value = `CASE WHEN regexp_matches(${field}, ${text(`:.*${zonePattern}$`)}) THEN CAST(TRY_CAST(${field} AS TIMESTAMPTZ) AS ${type}) ELSE TRY_CAST(${field} AS ${type}) END`;
  return {
    type,
    value,
    kept: `regexp_full_match(${field}, ${forms}) AND (${value}) IS NOT NULL`,
    words: type,
    option: 'types',
  };
}

/**
 * A date as its author says that dates are written.
 * @param format strptime's directives; with one of the clock it is a TIMESTAMP, with an offset one in UTC
 */
export async function declaredDate(
  session: Session,
  column: string,
  { field }: Cell,
  format: string,
): Promise<Declared> {
  const known = await session.run(`SELECT TRY_STRPTIME('', ${text(format)})`).then(
    () => format.includes('%'),
    () => false,
  );
  if (!known)
    throw new UserError(
      'InvalidInput',
      `dates.${column}: "${format}" does not say how a date is written; write for example %m/%d/%Y for 01/31/2013, %d.%m.%Y for 31.01.2013`,
    );
  const type = /%z/i.test(format) ? 'TIMESTAMP WITH TIME ZONE' : /%[HIMSfgnpXc]/.test(format) ? 'TIMESTAMP' : 'DATE';
  const value = `CAST(TRY_STRPTIME(${field}, ${text(format)}) AS ${type})`;
  return { type, value, kept: `${value} IS NOT NULL`, words: `a date written ${format}`, option: 'dates' };
}
