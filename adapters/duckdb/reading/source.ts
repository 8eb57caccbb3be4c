/** A table's files as they can be read: plain ones, whatever they are packed in. */
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { each } from '#contracts/each.ts';
import { UserError } from '#contracts/failures.ts';
import type { SnapshotRequest, SourceRequest } from '#ports/tables.ts';

export interface Source {
  /** Files that the session reads: the given ones, or what was unpacked of them. */
  readonly files: readonly string[];
  readonly request: SnapshotRequest;
}

const OPEN_AT_ONCE = 8;
const typeName = /^[A-Za-z][A-Za-z0-9_ (),[\]]{0,99}$/;

/**
 * Unpacks; nothing is typed yet.
 * @param folder for unpacked files; the caller removes it
 */
export async function prepare(request: SnapshotRequest, folder: string, signal: AbortSignal): Promise<Source> {
  for (const [column, type] of Object.entries(request.types ?? {}))
    if (!typeName.test(type))
      throw new UserError(
        'InvalidInput',
        `types.${column}: "${type}" is not a type; write for example BIGINT, DOUBLE, VARCHAR, TIMESTAMP`,
      );
  const files = await each(OPEN_AT_ONCE, [...request.files.entries()], ([index, file]) =>
    unpacked(file, labelOf(request, index), join(folder, `unpacked-${index}`), signal),
  );
  return { files, request };
}

/** DuckDB ends silently where a gzip file is cut off; zlib does not. */
async function unpacked(file: string, label: string, to: string, signal: AbortSignal): Promise<string> {
  if (!(await isGzip(file))) return file;
  try {
    await pipeline(createReadStream(file), createGunzip(), createWriteStream(to), { signal });
  } catch (error) {
    throw notWholeGzip(error, label);
  }
  return to;
}

/** What to throw of an error of unpacking. */
export function notWholeGzip(error: unknown, label: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('Z_')) return error;
  return new UserError('DataInvalid', `${label} is not a whole gzip file (${error.message}): copy it again`);
}

/** By its first bytes: a cached file has no extension. */
export async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

export function labelOf(request: SourceRequest, index: number): string {
  return request.labels?.[index] ?? basename(request.files[index]!);
}
