import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf, isSameProcess, type ProcessIdentity } from '#adapters/process/process-identity.ts';
import type { StackPaths } from './paths.ts';
import { createFile } from './write-atomically.ts';

const pollMilliseconds = 100;

/**
 * Runs `work` while no other process holds this lock, a file: of the stack of a project, so that one alone starts or stops it.
 * A lock whose holder is dead is taken over. `onWait` is called once, with the holder's pid, when there is somebody to wait for.
 */
export async function withLock<T>(
  { lock }: Pick<StackPaths, 'lock'>,
  onWait: (pid: number) => void,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const own = await identityOf(process.pid);
  if (!own) throw new Error('the process table does not list this process');
  // A token beside the identity: two calls inside one process must exclude each other too.
  const text = JSON.stringify({ ...own, token: randomBytes(8).toString('hex') });
  let told = false;
  while (!createFile(lock, text)) {
    signal?.throwIfAborted();
    const held = textOf(lock);
    if (held === undefined) continue;
    const holder = parse(held);
    if (!holder || !(await isSameProcess(holder))) takeAway(lock, held);
    else {
      if (!told) onWait(holder.pid);
      told = true;
      await delay(pollMilliseconds);
    }
  }
  try {
    return await work();
  } finally {
    if (textOf(lock) === text) rmSync(lock, { force: true });
  }
}

/** Removes a dead holder's lock, but not one that somebody else has taken in the meantime. */
function takeAway(lock: string, deadText: string): void {
  const aside = `${lock}.${randomBytes(4).toString('hex')}`;
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  const moved = textOf(aside);
  if (moved !== undefined && moved !== deadText) createFile(lock, moved);
  rmSync(aside, { force: true });
}

function parse(text: string): ProcessIdentity | undefined {
  try {
    const { pid, startedAt, bootId } = JSON.parse(text) as ProcessIdentity;
    return typeof pid === 'number' && pid > 0
      ? { pid, startedAt: String(startedAt), bootId: String(bootId) }
      : undefined;
  } catch {
    return undefined;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
