/** Very many small files of JSON lines as few larger ones: lines do not depend on each other, and a reader for each file would take minutes. */
import { createWriteStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UserError } from '#contracts/failures.ts';
import { labelOf, type Source } from '../source.ts';

/** Fewer files are read as they are. */
const MANY = 65;
/** Larger ones are read as they are. */
const SMALL = 1024 * 1024;
/** Bytes of a pack, about: a reader takes its whole size for one line, which it could be. */
const PACK = 16 * 1024 * 1024;

interface Member {
  readonly label: string;
  readonly lines: number;
  /** Lines with something on them. */
  readonly rows: number;
}

export interface Packed {
  readonly source: Source;
  /** The same error in words of the files that were given. */
  explained(error: unknown): unknown;
}

/** @param folder for the packs; the caller removes it */
export async function packed(given: Source, folder: string, signal: AbortSignal): Promise<Packed> {
  const { request } = given;
  // What a folder's name says is a column of its file alone.
  if (given.files.length < MANY || request.hivePartitions) return { source: given, explained: (error) => error };
  const files: string[] = [];
  const labels: string[] = [];
  const packs = new Map<string, Member[]>();
  let members: Member[] = [];
  let bodies: Buffer[] = [];
  let bytes = 0;
  const close = async () => {
    if (members.length === 0) return;
    const name = `pack-${files.length}`;
    const path = join(folder, name);
    await pipeline(Readable.from(bodies), createWriteStream(path), { signal });
    files.push(path);
    labels.push(tokenOf(name));
    packs.set(name, members);
    members = [];
    bodies = [];
    bytes = 0;
  };
  for (const [index, path] of given.files.entries()) {
    const label = labelOf(request, index);
    const body = (await stat(path)).size > SMALL ? null : await readFile(path);
    if (!body || body[0] === MARK) {
      await close();
      files.push(path);
      labels.push(label);
      continue;
    }
    const ended = body.length === 0 || body.at(-1) === LF ? body : Buffer.concat([body, Buffer.of(LF)]);
    members.push({ label, ...linesOf(ended) });
    bodies.push(ended);
    bytes += ended.length;
    if (bytes > PACK) await close();
  }
  await close();
  return {
    source: { files, request: { ...request, files, labels } },
    explained: (error) =>
      error instanceof UserError && error.message.includes(OPEN)
        ? new UserError(error.type, unpacked(error.message, packs), { cause: error })
        : error,
  };
}

const LF = 0x0a;
/** The first byte of a UTF-8 mark. */
const MARK = 0xef;
/** Around the name of a pack: in no file's name and no message else. */
const [OPEN, CLOSE] = ['\u{f0000}', '\u{f0001}'];
const tokenOf = (name: string) => `${OPEN}${name}${CLOSE}`;

function linesOf(body: Buffer): { lines: number; rows: number } {
  let [lines, rows] = [0, 0];
  let blank = true;
  for (const byte of body) {
    if (byte === LF) {
      lines++;
      if (!blank) rows++;
      blank = true;
    } else if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) blank = false;
  }
  return { lines, rows };
}

function unpacked(message: string, packs: ReadonlyMap<string, readonly Member[]>): string {
  const named = new RegExp(`${OPEN}([^${CLOSE}]*)${CLOSE}(?: (line|row) (\\d+))?`, 'gu');
  return message.replace(named, (_, name: string, unit?: 'line' | 'row', place?: string) => {
    const members = packs.get(name) ?? [];
    let left = Number(place);
    for (const { label, lines, rows } of unit ? members : []) {
      const size = unit === 'line' ? lines : rows;
      if (left <= size) return `${label} ${unit} ${left}`;
      left -= size;
    }
    const [first, last] = [members[0]?.label ?? name, members.at(-1)?.label ?? name];
    return `one of ${first} … ${last}`;
  });
}
