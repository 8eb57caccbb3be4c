import { UserError } from '#contracts/failures.ts';
import { plain } from '../../errors.ts';
import { notUtf8 } from './header.ts';

/**
 * DuckDB's complaint about a CSV file as one line: file, line, what is there, what was wanted.
 * @param shift lines of the header that DuckDB was not shown
 */
export function csvError(error: Error, label: string, shift: number): UserError {
  const { message } = error;
  const line = /CSV Error on Line: (\d+)/.exec(message)?.[1];
  const at = line ? `${label} line ${Number(line) + shift}` : label;
  const invalid = (text: string) => new UserError('DataInvalid', text, { cause: error });

  if (/Invalid unicode|not utf-8 encoded/i.test(message)) return invalid(`${at}: ${notUtf8}`);
  const spark = /^Original Line: .*\\"/m.test(message)
    ? `; backslashes stand before quotes there: if that is what they are for, say escape: '\\\\' (--escape '\\')`
    : '';
  const columns = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message);
  if (columns) return invalid(`${at} has ${columns[2]} columns, the header has ${columns[1]}${spark}`);
  if (/unterminated quote|quote.*not.*terminated/i.test(message))
    return invalid(`${at}: a quote is opened and never closed${spark}`);
  if (/Maximum line size/i.test(message))
    return invalid(`${at}: the line is longer than 2 MB; is a quote opened and never closed?`);
  // Its parser takes the first line's end for every line's.
  if (/invalid state/i.test(message))
    return invalid(
      `${at}: some lines end otherwise than the header line does (LF, CR LF): write all line ends alike, for example with dos2unix`,
    );
  return invalid(`${at}: ${plain(message)}`);
}
