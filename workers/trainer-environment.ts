/** The Python environment that trained a model, found again by the digest of its lock. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectStore } from '#ports/store.ts';
import { ensurePythonEnvironment } from '#stack/python-environment.ts';
import { readCode, writeWhole } from './code/code-store.ts';
import { packageRoot } from './code/package-root.ts';
import { TRAINER_ENVIRONMENT } from './code/program-files.ts';

/** Interpreter for a lock's SHA-256; null for the environment that Ratchet ships. Made when this machine has none. */
export function trainerEnvironment(root: string, store: Pick<ObjectStore, 'get' | 'uri'>) {
  return async (lock: string | null, progress: (line: string) => void): Promise<string> => {
    const path =
      lock === null
        ? join(packageRoot, 'trainers', 'requirements.lock')
        : join(root, '.ratchet', 'locks', `${lock}.lock`);
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (lock !== null && !there) await writeWhole(path, await readCode(store, lock));
    return (await ensurePythonEnvironment({ root, name: TRAINER_ENVIRONMENT, lock: path, progress })).python;
  };
}
