/** Reads the bounded log that the shim writes (trainers/ratchet_job/log.py): files named by the offset of their first byte. */
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobLog } from '#ports/executor.ts';

interface Segment {
  path: string;
  offset: number;
  size: number;
}

async function segments(folder: string): Promise<Segment[]> {
  const names = (await readdir(folder).catch(() => [] as string[])).filter((name) => /^log\.\d+$/.test(name)).sort();
  const found = await Promise.all(
    names.map(async (name): Promise<Segment | null> => {
      const path = join(folder, name);
      // A rotation may take a file away between the listing and this line.
      const file = await stat(path).catch(() => null);
      return file && { path, offset: Number(name.slice(4)), size: file.size };
    }),
  );
  return found.filter((segment) => segment !== null);
}

async function readEnd(segment: Segment, bytes: number): Promise<string> {
  const file = await open(segment.path, 'r').catch(() => null);
  if (!file) return '';
  try {
    const buffer = Buffer.alloc(bytes);
    const { bytesRead } = await file.read(buffer, 0, bytes, segment.size - bytes);
    return new TextDecoder().decode(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** The last `tail` bytes of the log in `folder`, with a line for every gap of dropped bytes. */
export async function readLog(folder: string, tail: number): Promise<JobLog> {
  const all = await segments(folder);
  const last = all.at(-1);
  const bytes = last ? last.offset + last.size : 0;
  const kept = all.reduce((sum, segment) => sum + segment.size, 0);
  const parts: string[] = [];
  let room = tail;
  let next = bytes;
  for (const segment of all.toReversed()) {
    if (room <= 0) break;
    const gap = next - (segment.offset + segment.size);
    if (gap > 0) parts.unshift(`\n[… ${gap} bytes of the log were dropped here …]\n`);
    const take = Math.min(room, segment.size);
    parts.unshift(await readEnd(segment, take));
    room -= take;
    next = segment.offset;
  }
  return { text: parts.join(''), bytes, dropped: bytes - kept };
}
