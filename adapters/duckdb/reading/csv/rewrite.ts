/** Files that DuckDB would misread, as plain ones beside them: UTF-8, a header of one line, quotes doubled. */
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UserError } from '#contracts/failures.ts';
import type { CsvHeader } from './header.ts';

/**
 * The file in UTF-8: itself, or a copy at `to`. UTF-16 is known by its mark; everything else must be named.
 * @throws UserError InvalidInput for an encoding that is not known, DataInvalid for bytes that are not in it
 */
export async function inUtf8(
  file: string,
  label: string,
  encoding: string | undefined,
  to: string,
  signal: AbortSignal,
): Promise<string> {
  const found = encoding === undefined ? await byMark(file) : decoderName(encoding);
  if (found === 'utf-8') return file;
  const decoder = new TextDecoder(found, { fatal: true });
  const decode = (chunk: Buffer | undefined) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw new UserError('DataInvalid', `${label}: the bytes are not ${encoding ?? found}: is it another encoding?`);
    }
  };
  await pipeline(createReadStream(file), transform(decode), createWriteStream(to), { signal });
  return to;
}

/** The names people use and the Encoding Standard does not have. */
export function decoderName(encoding: string): string {
  const name = encoding
    .trim()
    .toLowerCase()
    .replace(/^latin-(\d)/, 'latin$1')
    .replace(/^cp-?(\d+)$/, 'cp$1');
  try {
    return new TextDecoder(name === 'utf8' ? 'utf-8' : name).encoding;
  } catch {
    throw new UserError(
      'InvalidInput',
      `encoding "${encoding}" is not known; give a name of the Encoding Standard, for example latin-1, windows-1252, utf-16le, shift_jis`,
    );
  }
}

async function byMark(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return markedEncoding(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** By the mark that UTF-16 begins with. */
export function markedEncoding(beginning: Buffer): string {
  const mark = beginning.length < 2 ? 0 : beginning.readUInt16BE(0);
  return mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : 'utf-8';
}

/** A copy with a header of one line; with a backslash before quotes, its escaped quotes are doubled ones. */
export async function withPlainHeader(
  file: string,
  header: CsvHeader,
  beforeQuote: string,
  to: string,
  signal: AbortSignal,
): Promise<string> {
  const target = createWriteStream(to);
  target.write(header.names.map((_, index) => `c${index}`).join(header.delimiter) + header.lineEnd);
  const rows = createReadStream(file, { start: header.bytes });
  if (beforeQuote === '\\') await pipeline(rows, doubledQuotes(header.delimiter), target, { signal });
  else await pipeline(rows, target, { signal });
  return to;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * `\"` inside of quotes becomes `""` and `\\` one backslash; any other backslash is itself, as Spark reads it. Outside of
 * quotes nothing is escaped.
 */
function doubledQuotes(delimiter: string): Transform {
  const separator = delimiter.charCodeAt(0);
  let quoted = false;
  let escaped = false;
  let fieldStart = true;
  return transform((chunk) => {
    if (!chunk) return escaped ? Buffer.of(BACKSLASH) : Buffer.alloc(0);
    const out = Buffer.allocUnsafe(chunk.length * 2 + 1);
    let length = 0;
    for (const byte of chunk) {
      if (escaped) {
        escaped = false;
        if (byte === QUOTE) out[length++] = QUOTE;
        else if (byte !== BACKSLASH) out[length++] = BACKSLASH;
        out[length++] = byte;
        continue;
      }
      if (quoted && byte === BACKSLASH) {
        escaped = true;
        continue;
      }
      // A quote inside of a field that began without one is a character like others.
      if (byte === QUOTE && (quoted || fieldStart)) quoted = !quoted;
      fieldStart = !quoted && (byte === separator || byte === 0x0a || byte === 0x0d || byte === QUOTE);
      out[length++] = byte;
    }
    return out.subarray(0, length);
  });
}

/** @param change of a piece, and once at the end without one */
function transform(change: (chunk: Buffer | undefined) => string | Buffer): Transform {
  const attempt = (chunk: Buffer | undefined, done: (error: Error | null, out?: string | Buffer) => void) => {
    try {
      done(null, change(chunk));
    } catch (error) {
      done(error as Error);
    }
  };
  return new Transform({
    transform: (chunk: Buffer, _, done) => attempt(chunk, done),
    flush: (done) => attempt(undefined, done),
  });
}
