/** One stage brought up to date: skipped, taken from the run cache, or run; dvc.lock says so afterwards. */

import { randomUUID } from 'node:crypto';
import { copyFile, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import { checkOut, refuseOutside } from '../checkout.ts';
import { isWhole, look, placeAgain, type Repository } from '../data.ts';
import { scratchOf } from '../objects.ts';
import { ignoreInGit } from '../text-file.ts';
import { type CommandWatcher, runCommands } from './command.ts';
import {
  entryOf,
  type LockEntry,
  type Locked,
  lockEntry,
  lockedPath,
  lockOf,
  readLock,
  writeLock,
} from './lock-file.ts';
import type { Looks } from './looks.ts';
import { cachedRun, canBeCached, isKept, keepRun } from './run-cache.ts';
import type { Stage } from './stage.ts';
import { isChanged, paramsNow, stageStatus } from './stage-status.ts';
import { isEqual, type ValueMap } from './value.ts';

export interface Reproduced {
  /** verified: frozen, so its outputs were taken as they are. */
  readonly outcome: 'unchanged' | 'cached' | 'ran' | 'verified';
  /** For Git: files that were changed. */
  readonly files: readonly string[];
  /** Dependencies that were written while the stage ran: it will run again. */
  readonly moved: readonly string[];
}
export interface ReproduceOptions {
  readonly force: boolean;
  /** false: nothing is taken from it. */
  readonly useRunCache: boolean;
}

/** @throws UserError JobFailed for a command that fails or leaves an output out; DataInvalid for a dependency that is not there */
export async function reproduce(
  repository: Repository,
  stage: Stage,
  looks: Looks,
  watcher: CommandWatcher,
  { force, useRunCache }: ReproduceOptions,
): Promise<Reproduced> {
  const { root, signal } = repository;
  const lock = lockOf(stage);
  const entry = entryOf(await readLock(lock, shown(root, lock)), stage.name);
  const status = await stageStatus(repository, stage, entry, looks);
  if (!force && !isChanged(status, stage)) return { outcome: 'unchanged', files: [], moved: [] };
  if (stage.frozen) {
    const files = await record(repository, stage, await before(repository, stage, looks), lock, looks, false);
    return { outcome: 'verified', files, moved: [] };
  }
  const now = await before(repository, stage, looks);
  const sameAsLocked = entry !== undefined && !status.changedCommand && status.deps.size === 0;
  const known =
    force || !canBeCached(stage)
      ? null
      : await knownRun(repository, stage, now, sameAsLocked ? entry : null, useRunCache);
  if (known) {
    await restore(repository, stage, known);
    looks.forget();
    return { outcome: 'cached', files: await settle(repository, stage, known, lock), moved: [] };
  }
  for (const { absolute } of stage.outs) await refuseOutside(root, dirname(absolute));
  for (const out of stage.outs) await (out.persist ? unprotect(root, out.absolute) : remove(out.absolute));
  await runCommands(stage, root, watcher, signal);
  looks.forget();
  const moved = (await movedSince(now, stage, looks)).map((path) => shown(root, path));
  return { outcome: 'ran', files: await record(repository, stage, now, lock, looks, moved.length === 0), moved };
}

/** Of what a stage read, what is something else now. */
async function movedSince(now: Inputs, stage: Stage, looks: Looks): Promise<string[]> {
  const moved: string[] = [];
  for (const { path, absolute } of stage.deps)
    if ((await looks.at(absolute))?.md5 !== now.deps.get(path)?.md5) moved.push(absolute);
  const { values } = await paramsNow(stage);
  for (const { path, absolute } of stage.params)
    if (!isEqual(values.get(path), now.params.get(path))) moved.push(absolute);
  return moved;
}

const shown = (root: string, path: string): string => relative(root, path).split(sep).join('/');

interface Inputs {
  readonly deps: ReadonlyMap<string, Locked>;
  readonly params: ReadonlyMap<string, ValueMap>;
}

/** What a stage is about to read. @throws UserError DataInvalid for what is not there */
async function before({ root }: Repository, stage: Stage, looks: Looks): Promise<Inputs> {
  const deps = new Map<string, Locked>();
  for (const { path, absolute } of stage.deps) {
    const seen = await looks.at(absolute);
    if (!seen)
      throw new UserError(
        'DataInvalid',
        `${stage.address} needs ${shown(root, absolute)}, which is not there: \`ratchet data pull\` brings what is tracked`,
      );
    deps.set(path, seen);
  }
  const { values, missing } = await paramsNow(stage);
  if (missing.length > 0)
    throw new UserError(
      'DataInvalid',
      `${stage.address} needs the parameters ${missing.join(', ')}, which are not there`,
    );
  return { deps, params: values };
}

async function knownRun(
  { config: { cache } }: Repository,
  stage: Stage,
  now: Inputs,
  locked: LockEntry | null,
  useRunCache: boolean,
): Promise<LockEntry | null> {
  if (locked) {
    const outs = stage.outs.map(({ path }) => lockedPath(locked, 'outs', path)?.md5);
    const there = await Promise.all(outs.map(async (md5) => md5 !== undefined && (await isWhole(cache, md5))));
    if (there.every(Boolean)) return locked;
  }
  if (!useRunCache) return null;
  const outs = new Map(stage.outs.map(({ path }) => [path, { md5: '', size: 0 }]));
  return cachedRun(cache, stage, lockEntry(stage, { ...now, outs }));
}

async function restore(repository: Repository, stage: Stage, entry: LockEntry): Promise<void> {
  for (const out of stage.outs) {
    const { md5, isexec } = lockedPath(entry, 'outs', out.path) as Locked;
    // What Git keeps must be no link into the cache.
    const { config } = repository;
    const own = out.cache ? repository : { ...repository, config: { ...config, links: ['copy' as const] } };
    const wanted = { md5, path: out.path, ...(isexec ? { isexec } : {}) };
    await checkOut(own, { path: out.absolute, file: stage.file, out: wanted }, true);
  }
}

/** Looks at what a stage made, keeps it in the cache, and writes it down: the lock last, so that nothing is locked that is not kept. */
async function record(
  repository: Repository,
  stage: Stage,
  now: Inputs,
  lock: string,
  looks: Looks,
  isOfThese: boolean,
): Promise<string[]> {
  // What came of other inputs than these is no answer to them.
  const keepAll = isOfThese && isKept(stage);
  const outs = new Map<string, Locked>();
  for (const { path, absolute, cache } of stage.outs) {
    const seen = await look(repository, absolute, cache || keepAll);
    if (!seen)
      throw new UserError(
        'JobFailed',
        `${stage.address} ${stage.frozen ? 'is frozen, and its' : 'ran, and its'} output ${shown(repository.root, absolute)} is not there: ${stage.frozen ? 'unfreeze it, and run it once' : 'correct its command, or its outs in dvc.yaml'}`,
      );
    if (cache) await placeAgain(repository, absolute, seen);
    outs.set(path, seen.tracked);
    looks.know(absolute, seen.tracked);
  }
  const entry = lockEntry(stage, { ...now, outs });
  if (keepAll) await keepRun(repository.config.cache, entry);
  return settle(repository, stage, entry, lock);
}

async function settle({ root }: Repository, stage: Stage, entry: LockEntry, lock: string): Promise<string[]> {
  const files: string[] = [];
  for (const { absolute, cache } of stage.outs) if (cache) files.push(...(await ignoreInGit(absolute)));
  if (await writeLock(lock, shown(root, lock), stage.name, entry)) files.push(lock);
  return files;
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** What a stage writes on must be no link into the cache. */
async function unprotect(root: string, path: string): Promise<void> {
  const there = await lstat(path).catch(() => null);
  if (!there) return;
  if (there.isDirectory()) {
    for (const name of await readdir(path)) await unprotect(root, join(path, name));
    return;
  }
  if (!there.isSymbolicLink() && there.nlink < 2) return;
  const scratch = scratchOf(root);
  await mkdir(scratch, { recursive: true });
  const copy = join(scratch, randomUUID());
  try {
    await copyFile(path, copy);
    await rename(copy, path);
  } finally {
    await rm(copy, { force: true });
  }
}
