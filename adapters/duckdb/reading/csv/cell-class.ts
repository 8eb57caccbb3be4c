/**
 * What the text of a CSV field is: one of few classes, each a bit, so that a column's classes are their disjunction over
 * all rows and files, and its type is a function of one whole number. A class says what is *surely* written: a text that
 * a type would give back otherwise (`007`, 12:15, yes) is a text.
 */
import { identifier, text } from '../../sql.ts';

export const cellClass = {
  /** Of at most 2^53, so that DOUBLE holds it. */
  integer: 1,
  /** Within 64 bits. */
  bigInteger: 2,
  /** More digits than 64 bits hold. */
  longInteger: 4,
  /** A decimal, with or without fraction, that DOUBLE gives back digit for digit. */
  decimal: 8,
  /** The same with an exponent. */
  exponent: 16,
  /** A decimal with more digits than DOUBLE keeps. */
  longDecimal: 32,
  /** NaN and infinities. */
  notFinite: 64,
  date: 128,
  timestamp: 256,
  /** With Z or an offset. */
  zonedTimestamp: 512,
  /** true and false; each way of writing them is a class of its own. */
  lowerBoolean: 1024,
  titleBoolean: 2048,
  upperBoolean: 4096,
  /** 1,5 where the decimal mark is a point: text, and worth a word. */
  commaDecimal: 8192,
  /** 02/11/2013: text, and worth a word. */
  localDate: 16384,
  /** 007 and +49: texts made of digits. */
  padded: 32768,
  text: 65536,
} as const;

const { integer, bigInteger, longInteger, decimal, exponent, longDecimal, notFinite } = cellClass;
export const numbers = integer | bigInteger | longInteger | decimal | exponent | longDecimal | notFinite;
const localTimes = cellClass.date | cellClass.timestamp;
export const times = localTimes | cellClass.zonedTimestamp;

/** A field of a column, as SQL. */
export interface Cell {
  readonly field: string;
  /** The same with a point as its decimal mark. */
  readonly number: string;
}

/** @param decimal the mark that numbers are written with */
export function cellOf(name: string, decimal: '.' | ',' = '.'): Cell {
  const field = identifier(name);
  // Swapped, not replaced: a point between thousands must not become a decimal mark.
  return { field, number: decimal === ',' ? `translate(${field}, '.,', ',.')` : field };
}

/** A type of DuckDB; DECIMAL still lacks its digits. */
export type CellType = 'BIGINT' | 'DOUBLE' | 'DECIMAL' | 'DATE' | 'TIMESTAMP' | 'TIMESTAMPTZ' | 'BOOLEAN' | 'VARCHAR';

/** Classes that a type holds without loss. */
const held: Record<CellType, number> = {
  BIGINT: integer | bigInteger,
  DOUBLE: integer | decimal | exponent | notFinite,
  DECIMAL: integer | bigInteger | longInteger | decimal | longDecimal,
  DATE: cellClass.date,
  TIMESTAMP: localTimes,
  TIMESTAMPTZ: cellClass.zonedTimestamp,
  BOOLEAN: cellClass.lowerBoolean | cellClass.titleBoolean | cellClass.upperBoolean,
  VARCHAR: -1,
};

/** The narrowest type that holds every field of a column with these classes; text where none does, or all are missing. */
export function typeOf(classes: number): CellType {
  const only = (allowed: number) => (classes & ~allowed) === 0;
  if (classes === 0 || classes === notFinite) return 'VARCHAR';
  if (only(held.BIGINT)) return 'BIGINT';
  if (only(held.DOUBLE)) return 'DOUBLE';
  // Whole numbers alone that no integer type holds are names of something: 20-digit identifiers.
  if (only(held.DECIMAL) && classes & (decimal | longDecimal)) return 'DECIMAL';
  if (only(held.DATE)) return 'DATE';
  if (only(held.TIMESTAMP)) return 'TIMESTAMP';
  if (only(held.TIMESTAMPTZ)) return 'TIMESTAMPTZ';
  // Two ways of writing in one column cannot both be given back.
  const { lowerBoolean, titleBoolean, upperBoolean } = cellClass;
  if ([lowerBoolean, titleBoolean, upperBoolean].includes(classes as never)) return 'BOOLEAN';
  return 'VARCHAR';
}

export const isNumber = (classes: number): boolean => (classes & numbers) !== 0;
export const isTime = (classes: number): boolean => (classes & times) !== 0;

/** No leading zeros, no plus sign, no thousands; blanks around. */
export const numberPattern = ' *-?((0|[1-9][0-9]*)(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]+)? *';
const clock = '([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,6}0*)?)?';
export const datePattern = '[0-9]{4}-[0-9]{2}-[0-9]{2}';
export const timestampPattern = `${datePattern}[ T]${clock}`;
export const zonePattern = '(Z|[+-][0-9]{2}(:?[0-9]{2})?)';
/** A pattern, not a list: DuckDB makes a join of each IN. */
export const notFinitePattern = 'nan|NaN|NAN|-?(inf|Inf|INF|Infinity)';

/** SQL: a finite number whose text is `t`, without blanks around, and whose DOUBLE is `x`: does `x` give every digit back? */
export function exact(t: string, x: string): string {
  const plainExponent = (sql: string) => `regexp_replace(lower(${sql}), 'e\\+?(-?)0*([0-9])', 'e\\1\\2')`;
  // With as many digits after the point as were written.
  const written = (kind: 'e' | 'f', end: string) =>
    `format('{:.' || (CASE WHEN contains(${t}, '.') THEN greatest(0, ${end} - strpos(${t}, '.')) ELSE 0 END) || '${kind}}', ${x})`;
  return `CASE
    WHEN ${x} IS NULL OR NOT isfinite(${x}) THEN false
    WHEN CAST(${x} AS VARCHAR) = ${t} THEN true
    WHEN regexp_matches(${t}, '[eE]') THEN (strlen(${t}) <= 16 AND abs(${x}) BETWEEN 1e-290 AND 1e290)
      OR regexp_full_match(${t}, '-?0*\\.?0*[eE].*')
      OR ${plainExponent(written('e', `(strpos(lower(${t}), 'e') - 1)`))} = ${plainExponent(t)}
    WHEN NOT contains(${t}, '.') THEN strlen(${t}) <= 15
    ELSE strlen(rtrim(${t}, '0')) <= 16 OR CAST(${x} AS VARCHAR) = rtrim(${t}, '0') OR ${written('f', `strlen(${t})`)} = ${t} END`;
}

/**
 * SQL of the class of a field.
 * @param c the field
 * @param n the same with a point as its decimal mark
 * @param t `n` without blanks around
 * @param x `n` as DOUBLE, null where it is none
 */
function classOf(c: string, n: string, t: string, x: string): string {
  const of = cellClass;
  return `CASE
    WHEN ${c} IS NULL THEN 0
    WHEN regexp_full_match(${n}, ${text(numberPattern)}) THEN CASE
      WHEN regexp_full_match(${t}, '0|-?[1-9][0-9]*') THEN CASE
        WHEN abs(TRY_CAST(${n} AS HUGEINT)) <= 9007199254740992 THEN ${of.integer}
        WHEN TRY_CAST(${n} AS BIGINT) IS NOT NULL THEN ${of.bigInteger}
        ELSE ${of.longInteger} END
      WHEN ${exact(t, x)} THEN CASE WHEN regexp_matches(${n}, '[eE]') THEN ${of.exponent} ELSE ${of.decimal} END
      WHEN regexp_matches(${n}, '[eE]') THEN ${of.text}
      ELSE ${of.longDecimal} END
    WHEN regexp_full_match(${c}, '${datePattern}') AND TRY_CAST(${c} AS DATE) IS NOT NULL THEN ${of.date}
    WHEN regexp_full_match(${c}, ${text(timestampPattern)}) AND TRY_CAST(${c} AS TIMESTAMP) IS NOT NULL THEN ${of.timestamp}
    WHEN regexp_full_match(${c}, ${text(timestampPattern + zonePattern)}) AND TRY_CAST(${c} AS TIMESTAMPTZ) IS NOT NULL THEN ${of.zonedTimestamp}
    WHEN ${c} = 'true' OR ${c} = 'false' THEN ${of.lowerBoolean}
    WHEN ${c} = 'True' OR ${c} = 'False' THEN ${of.titleBoolean}
    WHEN ${c} = 'TRUE' OR ${c} = 'FALSE' THEN ${of.upperBoolean}
    WHEN regexp_full_match(${c}, '${notFinitePattern}') THEN ${of.notFinite}
    WHEN regexp_full_match(${n}, '[-+]?[0-9]+') THEN ${of.padded}
    WHEN regexp_full_match(${n}, '-?[0-9.]+,[0-9]+') THEN ${of.commaDecimal}
    WHEN regexp_full_match(${c}, '[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{2}|[0-9]{4})( .*)?') THEN ${of.localDate}
    ELSE ${of.text} END`;
}

/**
 * SQL of a table (i, c, n, k): the fields of the columns one below the other, column by its number, with their classes.
 * One expression for all columns: a thousand of them would take DuckDB's optimizer minutes.
 * @param beside column of `from` that stays beside each field
 */
export function classifiedCells(cells: readonly Cell[], from: string, beside?: string): string {
  const kept = beside === undefined ? '' : `${beside}, `;
  const swapped = cells.some(({ field, number }) => field !== number);
  const fields = cells.map(({ field }) => field).join(', ');
  const numbers_ = swapped ? `, unnest([${cells.map(({ number }) => number).join(', ')}]) AS n` : '';
  return `(SELECT ${kept}i, c, n, ${classOf('c', 'n', 't', 'x')} AS k FROM (
    SELECT ${kept}i, c, n, trim(n) AS t, TRY_CAST(n AS DOUBLE) AS x FROM (
      SELECT ${kept}i, c, ${swapped ? 'n' : 'c AS n'} FROM (
        SELECT ${kept}unnest(range(${cells.length})) AS i, unnest([${fields}]) AS c${numbers_} FROM ${from}))))`;
}
