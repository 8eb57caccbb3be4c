import {
  closeSync,
  copyFileSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { dirname } from 'node:path';

const largest = 16 * 1024 * 1024;

/** Opens a log for appending, for a child's standard output. A log past 16 MiB is moved to `.1` first. */
export function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  if (sizeOf(path) > largest) renameSync(path, `${path}.1`);
  return openSync(path, 'a');
}

/** Keeps the log of a running process bounded: what was written goes to `.1`, and the process goes on in the same file. */
export function trimLog(path: string): void {
  if (sizeOf(path) <= largest) return;
  copyFileSync(path, `${path}.1`);
  truncateSync(path);
}

/** The last lines of a log, for a message. */
export function lastLines(path: string, count: number): string {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const buffer = Buffer.alloc(Math.min(size, 16 * 1024));
      readSync(file, buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString('utf8').trimEnd().split('\n').slice(-count).join('\n');
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
