import { UserError } from '#contracts/failures.ts';
import { plain } from './errors.ts';

/** DuckDB's complaint about a CSV file as one line: file, line, what is there, what was wanted. */
export function csvError(error: Error, label: string): UserError {
  const { message } = error;
  const line = /CSV Error on Line: (\d+)/.exec(message)?.[1];
  const at = line ? `${label} line ${line}` : label;
  const invalid = (text: string) => new UserError('DataInvalid', text, { cause: error });

  if (/Invalid unicode|not utf-8 encoded/i.test(message))
    return invalid(`${at}: the bytes are not UTF-8; save the file as UTF-8`);
  const columns = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message);
  if (columns) return invalid(`${at} has ${columns[2]} columns, the header has ${columns[1]}`);
  const conversion = conversionOf(message);
  if (conversion)
    return invalid(
      `${at}: column ${conversion.column} holds "${conversion.value}", which is not ${conversion.type}; mend the value, or add it to nullStrings if it means that there is none`,
    );
  if (/unterminated quote|quote.*not.*terminated/i.test(message))
    return invalid(`${at}: a quote is opened and never closed`);
  if (/Maximum line size/i.test(message))
    return invalid(`${at}: the line is longer than 2 MB; is a quote opened and never closed?`);
  return invalid(`${at}: ${plain(message)}`);
}

/** The column, value and type of a value that does not fit the column's type. */
export function conversionOf(message: string): { column: string; value: string; type: string } | null {
  const found = /Error when converting column "(.+?)"\. Could not convert string "([\s\S]*?)" to '(.+?)'/.exec(message);
  return found ? { column: found[1]!, value: found[2]!.slice(0, 80), type: found[3]! } : null;
}
