/**
 * Numbers with more digits than DOUBLE has. The engine's parser rounds a fraction before anybody sees its digits, so lines that
 * may hold such a number are looked at as texts, with the numbers in quotes.
 */

import { count, type Session } from '../../host/session.ts';
import { identifier, text } from '../../sql.ts';
import { exact } from '../csv/cell-class.ts';
import { asLines } from './scan.ts';

/** What stands before a number in quotes. No string of JSON holds the character as it is, and hardly one its escape. */
const MARK = '\\u0001';

/** A string, or a number outside of strings. */
const tokens = text('("(?:[^"\\\\]|\\\\.)*")|(-?[0-9][-+.0-9eE]*)');

/** SQL of a line whose numbers are strings that begin with the mark. */
function quoted(line: string): string {
  const marked = `regexp_replace(${line}, ${tokens}, '\\1' || chr(1) || '\\2' || chr(2), 'g')`;
  // Strings have an empty number behind them.
  return `replace(replace(replace(${marked}, chr(1) || chr(2), ''), chr(1), ${text(`"${MARK}`)}), chr(2), '"')`;
}

const inQuotes = text('"\\\\u0001([^"]*)"');

/** Keys with a number, at whatever depth, whose digits DOUBLE does not give back. */
export async function keysOfLongNumbers(session: Session, files: readonly string[]): Promise<ReadonlySet<string>> {
  const line = 'CAST(json AS VARCHAR)';
  // A whole number is kept as it is.
  const rows = await session.rows(`
    SELECT DISTINCT k FROM (
      SELECT k, t, TRY_CAST(t AS DOUBLE) AS x FROM (
        SELECT e.key AS k, unnest(regexp_extract_all(CAST(e.value AS VARCHAR), ${inQuotes}, 1)) AS t FROM (
          SELECT unnest(map_entries(json_transform(${quoted(line)}, '"MAP(VARCHAR, JSON)"'))) AS e
          FROM ${asLines(files)} WHERE regexp_matches(${line}, '[0-9][0-9.]{15}|[0-9][eE]-[0-9]{3}'))))
    WHERE regexp_matches(t, '[.eE]') AND NOT ${exact('t', 'x')}`);
  return new Set(rows.map((row) => String(row.k)));
}

/** SQL of a key's value of a line (json): text as it is written, a string without its quotes; null where there is none. */
export function written(key: string): string {
  const value = `CAST(json_extract(${quoted('CAST(json AS VARCHAR)')}, ${text(`$.${JSON.stringify(key)}`)}) AS VARCHAR)`;
  const plain = `regexp_replace(${value}, ${inQuotes}, '\\1', 'g')`;
  return `CASE WHEN starts_with(${plain}, '"') THEN CAST(${plain} AS JSON) ->> '$' WHEN ${plain} <> 'null' THEN ${plain} END`;
}

/**
 * @param name a column of numbers, some of them long
 * @param from where it is the text that is written
 * @returns exact decimals of as many digits as the column needs; text where 38 are too few, or where one has an exponent
 */
export async function typeOfLongNumbers(session: Session, name: string, from: string): Promise<string> {
  const [row] = await session.rows(
    `SELECT max(strlen(regexp_extract(t, '[0-9]*'))) AS whole, max(strlen(rtrim(regexp_extract(t, '\\.([0-9]*)', 1), '0'))) AS fraction, coalesce(bool_or(contains(lower(t), 'e')), false) AS exponent
     FROM (SELECT ltrim(${identifier(name)}, '-') AS t FROM ${from})`,
  );
  const [whole, fraction] = [count(row?.whole), count(row?.fraction)];
  return row?.exponent || whole + fraction > 38 ? 'VARCHAR' : `DECIMAL(${Math.max(1, whole + fraction)},${fraction})`;
}
