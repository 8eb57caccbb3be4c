/** DuckDB's errors in the words of somebody who has a file and a pipeline, not a database. */
import { UserError } from '#contracts/failures.ts';

/** The UserError behind what DuckDB or the file system threw; null when it is nobody's mistake but ours. */
export function explain(error: unknown): UserError | null {
  if (!(error instanceof Error)) return null;
  const { message } = error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || /No space left on device/i.test(message))
    return new UserError(
      'OutsideRefused',
      `the disk is full (${firstLine(message)}): free some space, or move the project's .ratchet folder, and run it again`,
    );
  if (code === 'ENOENT')
    return new UserError('DataInvalid', `${pathOf(error)} is not there any more: it was removed while it was read`);
  if (code === 'EACCES')
    return new UserError('DataInvalid', `${pathOf(error)} cannot be read: its permissions forbid it`);
  if (/^Out of Memory Error/.test(message))
    return new UserError(
      'OutsideRefused',
      `the data needs more memory than the data host may use (${firstLine(message)}): set RATCHET_DUCKDB_MEMORY, for example to 8GiB`,
    );
  const notParquet =
    /^Invalid(?: Input)? Error: (?:File '(.+)' too small to be a Parquet file|No magic bytes found at (?:the )?end of file '(.+)')/.exec(
      message,
    );
  if (notParquet) {
    const file = notParquet[1] ?? notParquet[2];
    return new UserError(
      'DataInvalid',
      `${file} is no whole Parquet file${notParquet[1] ? ': it is empty or nearly so' : ''}; was it cut off, or is it CSV or JSON lines by another name?`,
    );
  }
  if (/^INTERRUPT Error/.test(message)) return new UserError('StepHostDied', 'the query was interrupted');
  if (
    /^(Invalid|Invalid Input|Conversion|IO|Binder|Parser|Catalog|Out of Range|Permission|Not implemented|Constraint|Mismatch Type) Error/.test(
      message,
    )
  )
    return new UserError('DataInvalid', plain(message));
  return null;
}

/** DuckDB's message without its class, its excerpt of our SQL and its advice on options that a user cannot set. */
export function plain(message: string): string {
  const body = message.split(/\n\s*\nLINE \d+:|\nLINE \d+:/)[0] ?? message;
  return body
    .replace(/^[A-Z][A-Za-z ]* Error: /, '')
    .split(/\n\s*(?:Possible (?:fixes|solutions?)|Possible Solution)/i)[0]!
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('; ');
}

function firstLine(message: string): string {
  return message.split('\n')[0]!.replace(/^[A-Z][A-Za-z ]* Error: /, '');
}

function pathOf(error: NodeJS.ErrnoException): string {
  return error.path ?? 'a file';
}
