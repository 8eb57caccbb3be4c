/** The header line of a CSV file, read by ourselves: DuckDB's own detection may skip lines that it does not like. */
import { open } from 'node:fs/promises';
import { UserError } from '#contracts/failures.ts';

export interface CsvHeader {
  readonly names: readonly string[];
  readonly delimiter: string;
}

const HEADER_LIMIT = 256 * 1024;
const delimiters = [',', '\t', ';', '|'];

/**
 * Names and delimiter: the one of comma, tab, semicolon and bar that occurs most often outside of quotes.
 * @param label what messages call the file
 * @throws UserError DataInvalid: empty file, UTF-16, a name missing or twice, a header without an end
 */
export async function readCsvHeader(path: string, label: string): Promise<CsvHeader> {
  const bytes = await firstBytes(path);
  if (bytes.length === 0) throw new UserError('DataInvalid', `${label} is empty: it has not even a header line`);
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw new UserError('DataInvalid', `${label} is UTF-16: save it as UTF-8`);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4)
    throw new UserError('DataInvalid', `${label} is a zip archive: unpack it, or compress the CSV with gzip instead`);
  const line = headerLine(bytes, label);
  const delimiter = mostFrequent(line);
  const names = split(line, delimiter);
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
  return { names, delimiter };
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(HEADER_LIMIT);
    const { bytesRead } = await file.read(buffer, 0, HEADER_LIMIT, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function headerLine(bytes: Buffer, label: string): string {
  let quoted = false;
  let end = 0;
  for (; end < bytes.length; end++) {
    if (bytes[end] === 0x22) quoted = !quoted;
    else if (!quoted && (bytes[end] === 0x0a || bytes[end] === 0x0d)) break;
  }
  if (end === HEADER_LIMIT)
    throw new UserError(
      'DataInvalid',
      `${label}: no end of the header line within ${HEADER_LIMIT / 1024} KiB; is it a CSV file?`,
    );
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, end));
  } catch {
    throw new UserError('DataInvalid', `${label} line 1: the bytes are not UTF-8; save the file as UTF-8`);
  }
}

function mostFrequent(line: string): string {
  const outside = line.replace(/"(?:[^"]|"")*"/g, '');
  const counts = delimiters.map((delimiter) => outside.split(delimiter).length);
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ',';
}

function split(line: string, delimiter: string): string[] {
  const names: string[] = [];
  let name = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (char === '"' && quoted && line[i + 1] === '"') {
      name += '"';
      i++;
    } else if (char === '"') quoted = !quoted;
    else if (char === delimiter && !quoted) {
      names.push(name);
      name = '';
    } else name += char;
  }
  return [...names, name].map((each) => each.trim());
}
