/** References become files of the machine where the job runs. */

import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { ChampionRef, DatasetRef, FileRef, ModelRef } from '#contracts/data.ts';
import type { Json } from '#contracts/json.ts';
import type { JobInput } from '#ports/executor.ts';
import type { JobDependencies } from './dependencies.ts';

type Needs = Pick<JobDependencies, 'localFile' | 'tracking' | 'folder'>;

/** A table or file, as its consumer finds it. */
export async function localInput(needs: Needs, ref: DatasetRef | FileRef, signal: AbortSignal): Promise<JobInput> {
  const path = await needs.localFile(ref, signal);
  const format = ref.kind === 'dataset' ? ref.format : (/\.(\w+)$/.exec(ref.name)?.[1]?.toLowerCase() ?? 'file');
  return { path, uri: ref.uri, digest: ref.digest, format };
}

/**
 * A model's folder, as `mlflow.<flavor>.load_model(path)` takes it, with the very bytes that its digest was made of: they
 * are read once more at each use, and a copy that was changed is set aside and fetched again.
 * @throws ArtifactDamaged when MLflow has the files no more, or has other ones
 */
export async function localModel(
  needs: Needs,
  ref: { uri: string; digest: string },
  signal: AbortSignal,
): Promise<JobInput> {
  const path = join(needs.folder, 'models', ref.digest.replace(/[^0-9A-Za-z]+/g, '-'));
  const found = await needs.tracking.folderDigest(path, signal);
  if (found !== ref.digest) {
    if (found !== null) await setAside(path);
    await needs.tracking.downloadModel(ref, path, signal);
  }
  return { path, uri: ref.uri, digest: ref.digest, format: 'folder' };
}

/** Of two that find the same copy changed, one moves it. */
async function setAside(folder: string): Promise<void> {
  await rename(folder, `${folder}.changed-${randomUUID()}`).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** Every reference anywhere in `value` gets a `path` beside what it says already; equal ones are fetched once. */
export async function withLocalFiles(needs: Needs, value: Json, signal: AbortSignal): Promise<Json> {
  const known = new Map<string, Promise<JobInput>>();
  const once = (uri: string, fetch: () => Promise<JobInput>) => {
    const running = known.get(uri) ?? fetch();
    known.set(uri, running);
    return running;
  };
  const visit = async (part: Json): Promise<Json> => {
    if (part === null || typeof part !== 'object') return part;
    if (Array.isArray(part)) return Promise.all(part.map(visit));
    const stored = DatasetRef.or(FileRef).safeParse(part);
    if (stored.success) {
      const { path, format } = await once(stored.data.uri, () => localInput(needs, stored.data, signal));
      return { ...part, path, format };
    }
    const model = ModelRef.or(ChampionRef).safeParse(part);
    if (model.success) {
      const { path } = await once(model.data.uri, () => localModel(needs, model.data, signal));
      return { ...part, path, format: 'folder' };
    }
    const entries = Object.entries(part).map(async ([key, item]) => [key, await visit(item ?? null)] as const);
    return Object.fromEntries(await Promise.all(entries));
  };
  return visit(value);
}
