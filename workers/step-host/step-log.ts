/** What a step prints goes to its node's log file, written by the host itself: nothing is mixed up and the worker pays nothing. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Bytes that one attempt may print; the rest is dropped and said so. */
const LIMIT = 16 * 1024 * 1024;

let path: string | null = null;
let file: number | null = null;
let written = 0;

/** From now on output belongs to `log`; what a step prints after its end still goes to its own log. */
export function logTo(log: string): void {
  if (file !== null) closeSync(file);
  file = null;
  path = log;
  written = 0;
}

function append(chunk: string | Uint8Array): void {
  if (path === null || written > LIMIT) return;
  try {
    if (file === null) {
      mkdirSync(dirname(path), { recursive: true });
      file = openSync(path, 'a');
    }
    written += chunk.length;
    if (written > LIMIT) writeSync(file, `\n[printed more than ${LIMIT / 1024 / 1024} MiB: the rest is not kept]\n`);
    else if (typeof chunk === 'string') writeSync(file, chunk);
    else writeSync(file, chunk);
  } catch {
    // A full disk must not fail a step that only prints.
  }
}

/** Takes over what console and process.stdout/stderr write in this process. */
export function captureOutput(): void {
  const write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
    append(chunk);
    const done = typeof encoding === 'function' ? encoding : callback;
    if (typeof done === 'function') process.nextTick(done as () => void);
    return true;
  };
  process.stdout.write = write as typeof process.stdout.write;
  process.stderr.write = write as typeof process.stderr.write;
}
