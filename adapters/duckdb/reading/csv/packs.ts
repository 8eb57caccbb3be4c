/**
 * Very many small CSV files as few larger ones, row for row the same: a hundred thousand readers in one query would take the
 * square of their number, and the memory of each.
 */
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CsvFile, CsvTable } from './files.ts';

/** Fewer files are read as they are. */
const MANY = 65;
/** Larger ones are read as they are. */
const SMALL = 1024 * 1024;
/** Bytes of a pack, about. */
const PACK = 64 * 1024 * 1024;

/** @param folder for the packs; the caller removes it */
export async function packed(table: CsvTable, folder: string, signal: AbortSignal): Promise<CsvTable> {
  // With a backslash before quotes what is read is a copy already.
  if (table.files.length < MANY || table.request.escape === '\\') return table;
  const files: CsvFile[] = [];
  let members: CsvFile[] = [];
  let bodies: Buffer[] = [];
  let bytes = 0;
  const close = async () => {
    const [first] = members;
    if (first && members.length === 1) files.push(first);
    else if (first) {
      const path = join(folder, `pack-${files.length}`);
      const header = (await readFile(first.path)).subarray(0, first.header.bytes);
      await pipeline(Readable.from([endedLine(header, first), ...bodies]), createWriteStream(path), { signal });
      files.push({ ...first, path, bytes: bytes + header.length, members });
    }
    members = [];
    bodies = [];
    bytes = 0;
  };
  for (const file of table.files) {
    const body = await bodyOf(file);
    if (!body) {
      await close();
      files.push(file);
      continue;
    }
    const [first] = members;
    if (first && (bytes > PACK || !alike(first, file))) await close();
    members.push(file);
    bodies.push(endedLine(body, file));
    bytes += body.length;
  }
  await close();
  return { ...table, files };
}

/** Of one header, so that the rows of one may stand under that of the other. */
function alike(a: CsvFile, b: CsvFile): boolean {
  return (
    a.header.lineEnd === b.header.lineEnd &&
    a.header.names.length === b.header.names.length &&
    a.header.names.every((name, index) => name === b.header.names[index]) &&
    JSON.stringify(a.partitions) === JSON.stringify(b.partitions)
  );
}

const endedLine = (body: Buffer, { header: { lineEnd } }: CsvFile): Buffer =>
  body.length === 0 || body.at(-1) === LF ? body : Buffer.concat([body, Buffer.from(lineEnd)]);

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;

/** The rows as they are written; null of a file that could mean something else with others before or behind it. */
async function bodyOf({ path, bytes, header }: CsvFile): Promise<Buffer | null> {
  if (bytes > SMALL || header.odd || header.lineEnd === '\r') return null;
  const body = (await readFile(path)).subarray(header.bytes);
  return standsAlone(body, header) ? body : null;
}

/**
 * Every line ends as the header's does, none is blank, quotes stand around whole fields, and none is open at the end: what a
 * reader makes of the rows depends on nothing outside of them.
 * @internal
 */
export function standsAlone(body: Uint8Array, header: Pick<CsvFile['header'], 'delimiter' | 'lineEnd'>): boolean {
  const separator = header.delimiter.charCodeAt(0);
  const crlf = header.lineEnd === '\r\n';
  let state: 'line start' | 'field start' | 'field' | 'quoted' | 'closed' = 'line start';
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (byte === CR && (!crlf || body[i + 1] !== LF)) return false;
    if (byte === LF && crlf && body[i - 1] !== CR) return false;
    if (state === 'quoted') {
      if (byte === QUOTE) state = 'closed';
      continue;
    }
    if (state === 'line start' && (byte === LF || byte === CR)) return false;
    if (byte === separator) state = 'field start';
    else if (byte === LF) state = 'line start';
    else if (byte === QUOTE) {
      if (state === 'field') return false;
      // Doubled, it stands for itself.
      state = 'quoted';
    } else if (state === 'closed' && byte !== CR) return false;
    else if (byte !== CR) state = 'field';
  }
  return state !== 'quoted';
}
