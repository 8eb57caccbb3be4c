/** The header line of a CSV file, read by ourselves: DuckDB's own detection may skip lines that it does not like. */
import { open } from 'node:fs/promises';
import { UserError } from '#contracts/failures.ts';
import type { Reading } from '#contracts/reading.ts';

export interface CsvHeader {
  readonly names: readonly string[];
  readonly delimiter: string;
  /** What ends the header line; `\n` where the file ends before. */
  readonly lineEnd: '\n' | '\r\n' | '\r';
  /** Bytes before the first row. */
  readonly bytes: number;
  /** Lines before the first row, as an editor counts them. */
  readonly lines: number;
  /** DuckDB would misread it: a line break inside of a name, or a `sep=` line above. */
  readonly odd: boolean;
}

const HEADER_LIMIT = 256 * 1024;
const delimiters = [',', '\t', ';', '|'];
const LF = 0x0a;
const CR = 0x0d;

/**
 * Names and delimiter: the given one, the one of a `sep=` line, or of comma, tab, semicolon and bar the one that occurs
 * most often outside of quotes.
 * @param path UTF-8
 * @param label what messages call the file
 * @throws UserError DataInvalid: empty file, a name missing or twice, a header without an end
 */
export async function readCsvHeader(
  path: string,
  label: string,
  reading: Pick<Reading, 'delimiter' | 'escape'> = {},
): Promise<CsvHeader> {
  const whole = await firstBytes(path);
  if (whole.length === 0) throw new UserError('DataInvalid', `${label} is empty: it has not even a header line`);
  if (whole[0] === 0x50 && whole[1] === 0x4b && whole[2] === 3 && whole[3] === 4)
    throw new UserError('DataInvalid', `${label} is a zip archive: unpack it, or compress the CSV with gzip instead`);
  const announced = /^(?:\ufeff|\xef\xbb\xbf)?sep=(.)(?:\r\n|\n|\r)/.exec(whole.subarray(0, 12).toString('latin1'));
  const above = announced ? announced[0].length : 0;
  const bytes = whole.subarray(above);
  const before = reading.escape ?? '"';
  const end = headerEnd(bytes, before, label);
  const line = decoded(bytes.subarray(0, end), label);
  const delimiter = reading.delimiter ?? announced?.[1] ?? mostFrequent(line);
  const names = split(line, delimiter, before);
  refuseUnclearNames(names, label);
  const lineEnd = bytes[end] !== CR ? '\n' : bytes[end + 1] === LF ? '\r\n' : '\r';
  return {
    names,
    delimiter,
    lineEnd,
    bytes: Math.min(whole.length, above + end + lineEnd.length),
    lines: line.split(/\r\n|\r|\n/).length + (announced ? 1 : 0),
    odd: announced !== null || /[\r\n]/.test(line),
  };
}

function refuseUnclearNames(names: readonly string[], label: string): void {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (name === '')
      throw new UserError(
        'DataInvalid',
        `${label}: column ${index + 1} of ${names.length} has no name in the header line`,
      );
    // The database, like most, does not tell Age from age.
    if (seen.has(name.toLowerCase()))
      throw new UserError('DataInvalid', `${label}: the header names the column ${name} twice; rename one of them`);
    seen.add(name.toLowerCase());
  }
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    // Of a small file no more than it is, and one byte to see that it ends: there may be very many of them.
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(HEADER_LIMIT, size + 1));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function headerEnd(bytes: Buffer, before: string, label: string): number {
  let quoted = false;
  let end = 0;
  for (; end < bytes.length; end++) {
    if (quoted && before === '\\' && bytes[end] === 0x5c) end++;
    else if (bytes[end] === 0x22) quoted = !quoted;
    else if (!quoted && (bytes[end] === LF || bytes[end] === CR)) return end;
  }
  if (bytes.length === HEADER_LIMIT)
    throw new UserError(
      'DataInvalid',
      `${label}: no end of the header line within ${HEADER_LIMIT / 1024} KiB; is it a CSV file?`,
    );
  return bytes.length;
}

function decoded(bytes: Buffer, label: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError('DataInvalid', `${label} line 1: ${notUtf8}`);
  }
}

export const notUtf8 =
  "the bytes are not UTF-8; save the file as UTF-8, or name its encoding: encoding: 'latin-1' (--encoding latin-1)";

function mostFrequent(line: string): string {
  const outside = line.replace(/"(?:[^"]|"")*"/g, '');
  const counts = delimiters.map((delimiter) => outside.split(delimiter).length);
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ',';
}

function split(line: string, delimiter: string, before: string): string[] {
  const names: string[] = [];
  let name = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (quoted && char === before && (line[i + 1] === '"' || line[i + 1] === before)) {
      name += line[i + 1];
      i++;
    } else if (char === '"') quoted = !quoted;
    else if (char === delimiter && !quoted) {
      names.push(name);
      name = '';
    } else name += char;
  }
  return [...names, name].map((each) => each.trim());
}
