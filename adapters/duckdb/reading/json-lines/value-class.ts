/**
 * What a value of JSON is: one of few classes, each a bit, so that a column's classes are their disjunction over all rows
 * and files, and its type is a function of one whole number that no sample can mislead.
 */

import { text } from '../../sql.ts';
import { timestampPattern, zonePattern } from '../csv/cell-class.ts';

export const valueClass = {
  /** A whole number of at most 2^53: BIGINT and DOUBLE hold it. */
  integer: 1,
  /** Within 64 bits, and DOUBLE rounds it. */
  bigInteger: 2,
  /** Within 64 bits and beyond 2^53, but one that DOUBLE holds. */
  evenInteger: 4,
  /** Beyond 64 bits, but one that DOUBLE holds: how some writers spell 1e20. */
  longEvenInteger: 8,
  /** Beyond 64 bits, and DOUBLE rounds it. */
  longInteger: 16,
  /** With a point or an exponent; the nearest DOUBLE is what it means. */
  decimal: 32,
  /** NaN and infinities, which Python writes though JSON has none. */
  notFinite: 64,
  boolean: 128,
  /** A string like 2013-01-31, 2013-01-31T10:00:00 or the same with Z or an offset. */
  date: 256,
  timestamp: 512,
  zonedTimestamp: 1024,
  text: 2048,
  /** A list or an object. */
  nested: 4096,
  /** Of {@link quickClassOf} alone: another look is needed. */
  unsure: 8192,
  unsureString: 16384,
} as const;

const { integer, bigInteger, evenInteger, longEvenInteger, decimal, notFinite } = valueClass;

export type ValueType = 'BIGINT' | 'DOUBLE' | 'BOOLEAN' | 'DATE' | 'TIMESTAMP' | 'TIMESTAMPTZ' | 'VARCHAR' | 'nested';

/** The type that gives every value back; VARCHAR where kinds are mixed, or where there is no value. */
export function typeOf(classes: number): ValueType {
  const only = (allowed: number) => classes !== 0 && (classes & ~allowed) === 0;
  if (only(integer | bigInteger | evenInteger)) return 'BIGINT';
  // Whole numbers alone that no integer type holds are names of something: 20-digit identifiers.
  if (only(integer | evenInteger | longEvenInteger | decimal | notFinite) && classes & (decimal | notFinite))
    return 'DOUBLE';
  if (only(valueClass.boolean)) return 'BOOLEAN';
  if (only(valueClass.date)) return 'DATE';
  if (only(valueClass.date | valueClass.timestamp)) return 'TIMESTAMP';
  if (only(valueClass.zonedTimestamp)) return 'TIMESTAMPTZ';
  return only(valueClass.nested) ? 'nested' : 'VARCHAR';
}

const spelledNotFinite = ['nan', '-nan', 'inf', '-inf', 'infinity', '-infinity'].map(text).join(', ');

/**
 * The same as {@link classOf} by tests of a few nanoseconds, or `unsure`: of what could be a time, of long whole numbers, and
 * of rare ways of writing a number.
 */
export function quickClassOf(v: string): string {
  const c = valueClass;
  // By the order of characters: " # … - 0-9 : … [ … f t {. Comparing beginnings is cheaper than anything else.
  return `CASE
    WHEN ${v} >= '":' AND ${v} < '#' THEN ${c.text}
    WHEN ${v} < '#' THEN CASE WHEN ${v} < '"0' OR strlen(${v}) NOT BETWEEN 12 AND 42 THEN ${c.text} ELSE ${c.unsureString} END
    WHEN ${v} < ':' THEN CASE
      WHEN contains(${v}, 'e') OR contains(${v}, 'E') OR (${v} >= '-:' AND ${v} < '.') THEN ${c.unsure}
      WHEN contains(${v}, '.') THEN CASE WHEN strlen(${v}) <= 40 THEN ${c.decimal} ELSE ${c.unsure} END
      WHEN strlen(${v}) <= 15 THEN ${c.integer} ELSE ${c.unsure} END
    WHEN ${v} IN ('true', 'false') THEN ${c.boolean}
    WHEN starts_with(${v}, '{') OR starts_with(${v}, '[') THEN ${c.nested}
    WHEN ${v} IS NULL THEN 0
    ELSE ${c.unsure} END`;
}

/** @param v SQL of a value's JSON as text, strings in their quotes; null where there is none */
export function classOf(v: string): string {
  const c = valueClass;
  const inner = `${v}[2:-2]`;
  const huge = `TRY_CAST(${v} AS HUGEINT)`;
  const even = `CAST(CAST(${huge} AS DOUBLE) AS HUGEINT) = ${huge}`;
  return `CASE
    WHEN ${v} IS NULL THEN 0
    WHEN starts_with(${v}, '"') THEN CASE
      WHEN strlen(${v}) NOT BETWEEN 12 AND 42 OR ${v}[6] <> '-' THEN ${c.text}
      WHEN regexp_full_match(${inner}, '[0-9]{4}-[0-9]{2}-[0-9]{2}') AND TRY_CAST(${inner} AS DATE) IS NOT NULL THEN ${c.date}
      WHEN regexp_full_match(${inner}, ${text(timestampPattern)}) AND TRY_CAST(${inner} AS TIMESTAMP) IS NOT NULL THEN ${c.timestamp}
      WHEN regexp_full_match(${inner}, ${text(timestampPattern + zonePattern)}) AND TRY_CAST(${inner} AS TIMESTAMPTZ) IS NOT NULL THEN ${c.zonedTimestamp}
      ELSE ${c.text} END
    WHEN ${v} IN ('true', 'false') THEN ${c.boolean}
    WHEN starts_with(${v}, '{') OR starts_with(${v}, '[') THEN ${c.nested}
    WHEN lower(${v}) IN (${spelledNotFinite}) THEN ${c.notFinite}
    WHEN regexp_matches(${v}, '[.eE]') THEN CASE WHEN isfinite(TRY_CAST(${v} AS DOUBLE)) THEN ${c.decimal} ELSE ${c.text} END
    WHEN strlen(${v}) <= 15 THEN ${c.integer}
    WHEN abs(${huge}) <= 9007199254740992 THEN ${c.integer}
    WHEN TRY_CAST(${v} AS BIGINT) IS NOT NULL THEN CASE WHEN ${even} THEN ${c.evenInteger} ELSE ${c.bigInteger} END
    WHEN ${huge} IS NOT NULL AND ${even} THEN ${c.longEvenInteger}
    ELSE ${c.longInteger} END`;
}
