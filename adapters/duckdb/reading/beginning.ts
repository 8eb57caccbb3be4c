/** The first lines of a text file, whatever it is packed or written in, as plain UTF-8 beside it. */
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { UserError } from '#contracts/failures.ts';
import { decoderName, markedEncoding } from './csv/rewrite.ts';
import { isGzip, notWholeGzip } from './source.ts';

export interface Beginning {
  readonly path: string;
  /** It is all that the file holds. */
  readonly whole: boolean;
}

export interface Wanted {
  /** What messages call the file. */
  readonly label: string;
  /** At most so many, unpacked. */
  readonly bytes: number;
  readonly encoding?: string | undefined;
  /** The file itself is the beginning of another, cut off anywhere. */
  readonly cutOff: boolean;
  /** Where not even the first line ends within these bytes: keep what there is of it. */
  readonly partOfLine: boolean;
}

/**
 * Writes the whole lines of the file's first bytes to `to`.
 * @throws UserError DataInvalid for a gzip file that is cut off, or bytes that are not of the encoding
 */
export async function beginningOf(file: string, to: string, wanted: Wanted): Promise<Beginning> {
  const { bytes, all } = await firstBytes(file, wanted);
  const text = inUtf8(bytes, all, wanted);
  const end = all ? text.length : endOfLines(text) || (wanted.partOfLine ? text.length : 0);
  await writeFile(to, text.subarray(0, end));
  return { path: to, whole: all };
}

async function firstBytes(file: string, { label, bytes, cutOff }: Wanted): Promise<{ bytes: Buffer; all: boolean }> {
  const packed = await isGzip(file);
  const raw = createReadStream(file);
  const stream = packed ? raw.pipe(createGunzip()) : raw;
  raw.on('error', (error) => stream.destroy(error));
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > bytes) break;
    }
  } catch (error) {
    const known = notWholeGzip(error, label);
    // A beginning of a packed file ends in the middle of it.
    if (!(cutOff && known instanceof UserError)) throw known;
  } finally {
    raw.destroy();
  }
  return { bytes: Buffer.concat(chunks).subarray(0, bytes), all: length <= bytes && !cutOff };
}

function inUtf8(bytes: Buffer, all: boolean, { encoding, label }: Wanted): Buffer {
  const found = encoding === undefined ? markedEncoding(bytes) : decoderName(encoding);
  if (found === 'utf-8') return bytes;
  try {
    // The last character may be cut in two.
    return Buffer.from(new TextDecoder(found, { fatal: true }).decode(bytes, { stream: !all }));
  } catch {
    throw new UserError('DataInvalid', `${label}: the bytes are not ${encoding ?? found}: is it another encoding?`);
  }
}

function endOfLines(text: Buffer): number {
  return Math.max(text.lastIndexOf(0x0a), text.lastIndexOf(0x0d)) + 1;
}
