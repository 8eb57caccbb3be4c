import { randomBytes } from 'node:crypto';
import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Replaces a file in one step: a reader sees the old text or the new one, never half of either. */
export function replaceFile(path: string, text: string, mode = 0o644): void {
  const temporary = beside(path);
  try {
    writeFileSync(temporary, text, { mode, flag: 'wx' });
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Makes a file that must not exist yet, whole from the first moment. False when it was there already. */
export function createFile(path: string, text: string, mode = 0o644): boolean {
  const temporary = beside(path);
  try {
    writeFileSync(temporary, text, { mode, flag: 'wx' });
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function beside(path: string): string {
  return `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
}
