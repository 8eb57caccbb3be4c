/** Pins the commands of a plan to their bytes, and lays the bytes out again where a job runs. */
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import { canonicalJson, type Json } from '#contracts/json.ts';
import { DeclaredProgram, type PinnedProgram } from '#contracts/program.ts';
import type { StagedProgram } from '#ports/staging.ts';
import type { ObjectStore } from '#ports/store.ts';
import { readCode, saveCode, writeWhole } from './code-store.ts';
import { programFiles, programLock } from './program-files.ts';
import { sha256 } from './sha256.ts';

/**
 * Reads the program's files and lock, stores each under `code/<sha256>`, and gives what a plan carries.
 * @param store null: nothing is stored.
 * @param owner whose program it is, for messages: `node train`.
 * @throws UserError InvalidPipeline when a file, the lock or a glob's match is missing.
 */
export async function pinProgram(
  store: ObjectStore | null,
  folder: string,
  program: DeclaredProgram,
  owner: string,
): Promise<PinnedProgram> {
  const [paths, lock] = await Promise.all([programFiles(folder, program, owner), programLock(folder, program, owner)]);
  const bodies = await Promise.all(paths.map((path) => readFile(join(folder, path))));
  const files = paths.map((path, index) => ({ path, digest: sha256(bodies[index] ?? '') }));
  const pinnedLock = lock ? { name: lock.name, digest: sha256(lock.bytes) } : null;
  if (store)
    await Promise.all([
      ...files.map(({ digest }, index) => saveCode(store, digest, bodies[index] ?? '')),
      ...(lock && pinnedLock ? [saveCode(store, pinnedLock.digest, lock.bytes)] : []),
    ]);
  const digest = sha256(canonicalJson({ command: program.command, files, lock: pinnedLock?.digest ?? null }));
  const { command, report } = program;
  return { kind: 'program', command, pinned: { digest, files, lock: pinnedLock }, ...(report ? { report } : {}) };
}

/** Replaces every declared program inside `value` by what `pin` gives for it. */
export async function pinWithin(value: Json, pin: (program: DeclaredProgram) => Promise<PinnedProgram>): Promise<Json> {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return Promise.all(value.map((item) => pinWithin(item, pin)));
  if ('kind' in value && value.kind === 'program' && !('pinned' in value)) {
    const program = DeclaredProgram.safeParse(value);
    return program.success ? pin(program.data) : value;
  }
  const entries = Object.entries(value).map(async ([key, item]) => [key, await pinWithin(item ?? null, pin)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

export interface PythonPlace {
  python: string;
  bin: string;
}
/**
 * Writes the pinned files below `folder`, each checked against its digest, and resolves `python`.
 * @param environment makes (or finds) the Python environment of a lock file.
 * @throws UserError OutsideRefused when the store's bytes are gone or not those that were pinned.
 */
export async function materializeProgram(
  store: ObjectStore,
  program: PinnedProgram,
  folder: string,
  environment: (lock: { name: string; path: string }) => Promise<PythonPlace>,
): Promise<StagedProgram> {
  const { files, lock } = program.pinned;
  await mkdir(folder, { recursive: true });
  await Promise.all(files.map(({ path, digest }) => place(store, folder, path, digest)));
  if (!lock) return { command: [...program.command], cwd: folder, path: [] };
  const lockPath = join(folder, '.ratchet-requirements.lock');
  await writeWhole(lockPath, await readCode(store, lock.digest));
  const { python, bin } = await environment({ name: lock.name, path: lockPath });
  return {
    command: program.command.map((word) => (/^python[\d.]*$/.test(word) ? python : word)),
    cwd: folder,
    path: [bin],
  };
}

async function place(store: ObjectStore, folder: string, path: string, digest: string): Promise<void> {
  const target = normalize(path);
  if (target.startsWith(`..${sep}`) || target.startsWith(sep))
    throw new UserError(
      'InvalidInput',
      `The plan wants to write a program's file to "${path}", outside of its folder: refused.`,
    );
  const file = join(folder, target);
  const there = await readFile(file).catch(() => null);
  if (there !== null && sha256(there) === digest) return;
  await writeWhole(file, await readCode(store, digest));
  if (/\.sh$/.test(file)) await chmod(file, 0o755);
}
