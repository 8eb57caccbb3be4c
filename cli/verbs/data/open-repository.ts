/** A DVC repository as a command works with it. */
import { setMaxListeners } from 'node:events';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { createManyIndex } from '#activities/data/many-index.ts';
import { readConfig } from '#adapters/dvc/config.ts';
import type { Repository, TrackedPath } from '#adapters/dvc/data.ts';
import type { Stage } from '#adapters/dvc/pipeline/stage.ts';
import { findRepository } from '#adapters/dvc/repository.ts';
import { pipelineStages, trackedPaths } from '#adapters/dvc/tracked.ts';
import { folderRemote, type Remote } from '#adapters/dvc/transfer.ts';
import { createObjectStore, type StoreInBucket } from '#adapters/s3/object-store.ts';
import { UserError } from '#contracts/failures.ts';
import { nearest } from '#contracts/nearest.ts';
import type { Output } from '../../kit/output.ts';

const Entry = z.strictObject({ stat: z.string(), md5: z.string() });
/** Keys that a remote is asked for one by one; more are found by listing it. */
const ASKED = 500;
const PROGRESS_MS = 500;

/** @param doing `hashing`, for people who wait */
export async function withRepository<T>(
  doing: string,
  out: Output,
  work: (repository: Repository) => Promise<T>,
): Promise<T> {
  const root = await findRepository(process.cwd());
  const abort = new AbortController();
  // The store's SDK leaves a listener on it a request.
  setMaxListeners(0, abort.signal);
  const stop = () => abort.abort(new UserError('InvalidInput', 'stopped: run it again, it goes on from here'));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  let told = Date.now();
  try {
    return await work({
      ...{ root, config: await readConfig(root), signal: abort.signal },
      known: createManyIndex(join(root, '.dvc', 'tmp', 'ratchet', 'digests'), Entry),
      progress: (done, all) => {
        if (!out.live || Date.now() - told < PROGRESS_MS) return;
        told = Date.now();
        out.note(`${doing} ${done} of ${all} …`);
      },
    });
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

/** Those that are named, by path, by a folder that they lie in, by `.dvc` file or by stage; all without a name. @throws UserError InvalidInput for one that is not tracked */
export async function chosen({ root }: Repository, names: readonly string[]): Promise<TrackedPath[]> {
  const all = await trackedPaths(root);
  if (names.length === 0) return all;
  return names.flatMap((name) => {
    const wanted = resolve(name);
    const isStage = (stage: string | undefined) => stage === name || stage?.startsWith(`${name}@`);
    const found = all.filter(
      ({ path, file, stage }) =>
        path === wanted || path.startsWith(`${wanted}${sep}`) || file === wanted || isStage(stage),
    );
    if (found.length > 0) return found;
    throw notTracked(name, [...all.map(({ path }) => shown(path)), ...all.flatMap(({ stage }) => stage ?? [])]);
  });
}

/** As {@link chosen}: what `.dvc` files say, and stages, also those that never ran. */
export async function chosenForStatus(
  { root }: Repository,
  names: readonly string[],
): Promise<{ data: TrackedPath[]; stages: Stage[] }> {
  const stages = await pipelineStages(root);
  const data = (await trackedPaths(root)).filter(({ stage }) => stage === undefined);
  if (names.length === 0) return { data, stages };
  const found = names.map((name) => {
    const wanted = resolve(name);
    const own = stages.filter(
      ({ address, file, outs }) =>
        address === name ||
        address.startsWith(`${name}@`) ||
        file === wanted ||
        outs.some(({ absolute }) => absolute === wanted),
    );
    const pointed = data.filter(
      ({ path, file }) => path === wanted || path.startsWith(`${wanted}${sep}`) || file === wanted,
    );
    if (own.length + pointed.length === 0)
      throw notTracked(name, [...data.map(({ path }) => shown(path)), ...stages.map(({ address }) => address)]);
    return { data: pointed, stages: own };
  });
  return { data: found.flatMap((each) => each.data), stages: [...new Set(found.flatMap((each) => each.stages))] };
}

function notTracked(name: string, known: readonly string[]): UserError {
  const close = nearest(name, known);
  const hint = close === null ? '' : `; ${close} is, if that is meant`;
  return new UserError('InvalidInput', `${name} is not tracked${hint}: \`ratchet data add ${name}\` tracks it`);
}

/** @param name default `core.remote`. @throws UserError InvalidInput for one that is not configured, or of another kind */
export async function withRemote<T>(
  { config, root }: Repository,
  name: string | undefined,
  work: (remote: Remote) => Promise<T>,
): Promise<T> {
  const wanted = name ?? config.defaultRemote;
  if (wanted === null)
    throw new UserError(
      'InvalidInput',
      `${join(root, '.dvc/config')} names no default remote: \`dvc remote add -d NAME s3://bucket/prefix\` writes one, or write core.remote and its url there`,
    );
  const found = config.remotes.get(wanted);
  if (!found)
    throw new UserError(
      'InvalidInput',
      `there is no remote ${wanted}; there are ${[...config.remotes.keys()].join(', ') || 'none'}`,
    );
  const { url, settings } = found;
  if (isAbsolute(url)) return work(folderRemote(url));
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*?)\/*$/.exec(url) ?? [];
  if (bucket === '')
    throw new UserError(
      'InvalidInput',
      `the remote ${wanted} is ${url}; S3 (s3://bucket/prefix) and folders are understood`,
    );
  const accessKeyId = settings.access_key_id ?? process.env.AWS_ACCESS_KEY_ID;
  const secretAccessKey = settings.secret_access_key ?? process.env.AWS_SECRET_ACCESS_KEY;
  if (!accessKeyId || !secretAccessKey)
    throw new UserError(
      'InvalidInput',
      `the remote ${wanted} needs a key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or access_key_id and secret_access_key of it in .dvc/config.local`,
    );
  const endpoint = settings.endpointurl ?? process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  const store = createObjectStore({
    ...{
      bucket,
      prefix,
      accessKeyId,
      secretAccessKey,
      region: settings.region ?? process.env.AWS_REGION ?? 'us-east-1',
    },
    ...(endpoint ? { endpoint } : {}),
  });
  try {
    return await work(inBucket(store, url));
  } finally {
    await store.close();
  }
}

function inBucket(store: StoreInBucket, at: string): Remote {
  return {
    at,
    async present(keys, signal) {
      if (keys.length <= ASKED) {
        const sizes = await Promise.all(keys.map(async (key) => ((await store.head(key, signal)) ? [key] : [])));
        return new Set(sizes.flat());
      }
      const wanted = new Set(keys);
      const there = new Set<string>();
      for await (const { key } of store.list('files/md5/', signal)) if (wanted.has(key)) there.add(key);
      return there;
    },
    async *list(prefix, signal) {
      for await (const { key } of store.list(prefix, signal)) yield key;
    },
    put: (path, key, signal) => store.upload(path, key, signal),
    get: (key, path, signal) => store.download(key, path, signal),
  };
}

/** As people write it from here. */
export const shown = (path: string): string => relative(process.cwd(), path) || '.';
