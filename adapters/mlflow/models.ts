/** Models that runs logged: found, read, counted. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ArtifactDamaged } from '#contracts/failures.ts';
import type { LoggedModel, Tracking } from '#ports/tracking.ts';
import { ModelsAnswer } from './answers.ts';
import { createArtifacts, loggedBefore } from './artifacts.ts';
import { isMissing, noAnswer } from './failures.ts';
import type { MlflowHttp } from './http.ts';
import { quoted } from './runs.ts';

/** Files that are fetched at once. */
const AT_ONCE = 4;

export function createModels(
  http: MlflowHttp,
  runs: Pick<Tracking, 'run' | 'runsTagged'>,
): Pick<Tracking, 'models' | 'modelDigest' | 'folderDigest' | 'modelCard' | 'downloadModel'> {
  const artifacts = createArtifacts(http);

  /** MLflow 3's logged models of one run, newest last. */
  async function loggedBy(experimentId: string, runId: string): Promise<(LoggedModel & { at: number })[]> {
    const found: (LoggedModel & { at: number })[] = [];
    let page: string | undefined;
    do {
      const answer = await http
        .ask('post', 'api/2.0/mlflow/logged-models/search', {
          doing: `looking for models of run ${runId}`,
          schema: ModelsAnswer,
          body: {
            experiment_ids: [experimentId],
            filter: `source_run_id = ${quoted(runId)}`,
            max_results: 50,
            ...(page ? { page_token: page } : {}),
          },
        })
        // A server of MLflow 2 has no logged models.
        .catch((error: unknown) => {
          if (isMissing(error)) return { models: [], next_page_token: undefined };
          throw error;
        });
      // What is pending was cut off while its files went up: no model.
      for (const { info } of answer.models)
        if (info.status === 'LOGGED_MODEL_READY' && info.source_run_id === runId)
          found.push({ uri: `models:/${info.model_id}`, runId, name: info.name, at: info.creation_timestamp_ms });
      page = answer.next_page_token || undefined;
    } while (page);
    return found.sort((a, b) => a.at - b.at || (a.uri < b.uri ? -1 : 1));
  }

  async function files(uri: string, signal?: AbortSignal): Promise<string[]> {
    const paths = await artifacts.files(uri, signal).catch((error: unknown) => {
      throw isMissing(error) ? new ArtifactDamaged(uri, (error as Error).message, { cause: error }) : error;
    });
    if (!paths.includes('MLmodel'))
      throw new ArtifactDamaged(
        uri,
        `${uri} holds no model (no file MLmodel): log it again with mlflow.<flavor>.log_model(…)`,
      );
    return paths;
  }

  return {
    async models(runId) {
      const run = await runs.run(runId);
      const children = await runs.runsTagged(run.experimentId, 'mlflow.parentRunId', runId);
      const found: LoggedModel[] = [];
      // The run's own models come last, so that they win over those of its trials.
      for (const each of [...children, run]) {
        const logged = await loggedBy(each.experimentId, each.runId);
        found.push(
          ...(logged.length > 0
            ? logged.map(({ at: _, ...model }) => model)
            : loggedBefore(each.tags)
                .filter((entry) => entry.runId === each.runId)
                .map(({ path }) => ({ uri: `runs:/${each.runId}/${path}`, runId: each.runId, name: path }))),
        );
      }
      return found;
    },

    async modelDigest(uri, signal) {
      const paths = await files(uri, signal);
      const digests = await inBatches(paths, async (path) => {
        const hash = createHash('sha256');
        for await (const piece of artifacts.bytes(uri, path, signal)) hash.update(piece);
        return hash.digest('hex');
      });
      return digestOf(paths.map((path, index) => [path, digests[index] ?? '']));
    },

    async folderDigest(folder, signal) {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => null);
      if (entries === null) return null;
      const paths = entries
        .filter((entry) => !entry.isDirectory())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
        // What Python writes beside a model's own code when it loads it.
        .filter((path) => !path.split('/').includes('__pycache__'));
      return digestOf(
        await inBatches(paths, async (path): Promise<readonly [string, string]> => {
          const hash = createHash('sha256');
          for await (const piece of createReadStream(join(folder, path), { signal })) hash.update(piece);
          return [path, hash.digest('hex')];
        }),
      );
    },

    async modelCard(uri) {
      const pieces: Uint8Array[] = [];
      for await (const piece of artifacts.bytes(uri, 'MLmodel')) pieces.push(piece);
      return readCard(Buffer.concat(pieces).toString('utf8'));
    },

    async downloadModel({ uri, digest }, folder, signal) {
      const partial = `${folder}.${randomUUID()}.part`;
      try {
        const digests = await inBatches(await files(uri, signal), async (path): Promise<readonly [string, string]> => {
          const target = join(partial, path);
          await mkdir(dirname(target), { recursive: true });
          const hash = createHash('sha256');
          const hashed = new Transform({
            transform(piece, _, done) {
              hash.update(piece);
              done(null, piece);
            },
          });
          await pipeline(artifacts.bytes(uri, path, signal), hashed, createWriteStream(target), { signal });
          return [path, hash.digest('hex')];
        });
        const found = digestOf(digests);
        if (digest !== null && found !== digest)
          throw new ArtifactDamaged(
            uri,
            `The files of ${uri} are not those that were logged: their digest is ${found}, not ${digest}. They were changed or damaged in MLflow's artifact store, and are not used. Put the files back, or train again.`,
          );
        await mkdir(dirname(folder), { recursive: true });
        await takePlace(partial, folder);
      } catch (error) {
        throw noAnswer(error, http.url, `downloading ${uri}`, signal);
      } finally {
        await rm(partial, { recursive: true, force: true });
      }
    },
  };
}

/** Never takes a whole model from under somebody who reads it: of two that fetch the same folder, the first one's stays. */
async function takePlace(partial: string, folder: string): Promise<void> {
  const there = (error: NodeJS.ErrnoException) => error.code === 'ENOTEMPTY' || error.code === 'EEXIST';
  try {
    await rename(partial, folder);
  } catch (error) {
    if (!there(error as NodeJS.ErrnoException)) throw error;
    if (await isFile(join(folder, 'MLmodel'))) return;
    // What lies there is no model: somebody's leftovers.
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
  }
}

const isFile = (path: string) =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/** SHA-256 over lines `<path>\0<sha256>\n` in the order of paths. */
function digestOf(files: readonly (readonly [path: string, sha256: string])[]): string {
  const hash = createHash('sha256');
  for (const [path, sha256] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${path}\0${sha256}\n`);
  return `sha256:${hash.digest('hex')}`;
}

/** `MLmodel` is YAML whose top level starts each line without a space; that is all that is read of it. */
function readCard(text: string): { flavors: string[]; signature: boolean; inputExample: boolean } {
  const lines = text.split('\n');
  const has = (key: string) => lines.some((line) => line.startsWith(`${key}:`) && !/:\s*(null|~)\s*$/.test(line));
  const start = lines.indexOf('flavors:');
  const rest = start < 0 ? [] : lines.slice(start + 1);
  const end = rest.findIndex((line) => /^\S/.test(line));
  const flavors = (end < 0 ? rest : rest.slice(0, end)).flatMap((line) => /^ {2}([\w.-]+):/.exec(line)?.[1] ?? []);
  return { flavors, signature: has('signature'), inputExample: has('saved_input_example_info') };
}

async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE)
    results.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(work))));
  return results;
}
