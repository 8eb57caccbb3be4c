/** What a repository tracks: what `.dvc` files say, and what stages of `dvc.yaml` made, as dvc.lock says. */
import { basename, dirname, join, relative, sep } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import type { TrackedPath } from './data.ts';
import { readDvcFile } from './dvc-file.ts';
import { entryOf, lockedPath, lockOf, readLock } from './pipeline/lock-file.ts';
import type { Stage } from './pipeline/stage.ts';
import { stagesOf } from './pipeline/stages.ts';
import type { ValueMap } from './pipeline/value.ts';
import { byDepth, type Source, workspace } from './source.ts';

/** @throws UserError DataInvalid for a `.dvc` file or a dvc.lock that is none; InvalidPipeline for such a dvc.yaml */
export async function trackedPaths(root: string, source = workspace(root)): Promise<TrackedPath[]> {
  const files = await source.files();
  const stages = await stagesIn(root, files, source);
  return [...(await trackedData(root, files, source)), ...(await trackedOuts(root, stages, source))];
}

/** All stages of all `dvc.yaml` files. @throws UserError InvalidPipeline, DataInvalid */
export async function pipelineStages(root: string, source = workspace(root)): Promise<Stage[]> {
  return stagesIn(root, await source.files(), source);
}

async function stagesIn(root: string, files: readonly string[], source: Source): Promise<Stage[]> {
  const stages: Stage[] = [];
  for (const file of files.filter(isPipeline).sort(byDepth)) stages.push(...(await stagesOf(file, root, source.read)));
  return stages;
}

const isPipeline = (file: string): boolean => basename(file) === 'dvc.yaml';

async function trackedData(root: string, files: readonly string[], { read: readText }: Source): Promise<TrackedPath[]> {
  const all: TrackedPath[] = [];
  for (const file of files.filter((each) => !isPipeline(each)).sort()) {
    const read = readDvcFile((await readText(file)) ?? '', relative(root, file));
    const folder = read.wdir === undefined ? dirname(file) : join(dirname(file), read.wdir);
    for (const out of read.outs) {
      const path = join(folder, out.path);
      if (relative(root, path).split(sep)[0] === '..')
        throw new UserError('DataInvalid', `${relative(root, file)}: wdir leads out of the repository`);
      all.push({ path, file, out });
    }
  }
  return all;
}

/** What no stage has made yet is not tracked. */
async function trackedOuts(root: string, stages: readonly Stage[], { read }: Source): Promise<TrackedPath[]> {
  const all: TrackedPath[] = [];
  const locks = new Map<string, ValueMap>();
  for (const stage of stages) {
    const path = lockOf(stage);
    const lock = locks.get(path) ?? (await readLock(path, relative(root, path), read));
    locks.set(path, lock);
    const entry = entryOf(lock, stage.name);
    for (const { path: name, absolute, cache, push, remote } of stage.outs) {
      const locked = lockedPath(entry, 'outs', name);
      if (!locked) continue;
      const out = {
        ...locked,
        path: name,
        hash: 'md5' as const,
        cache,
        push,
        ...(remote === undefined ? {} : { remote }),
      };
      all.push({ path: absolute, file: stage.file, out, stage: stage.address });
    }
  }
  return all;
}
