/** The files below a model URI or a run, read through the tracking server, whatever store it keeps them in. */
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import { FilesAnswer, VersionAnswer } from './answers.ts';
import type { MlflowHttp } from './http.ts';

/** Where a set of files is, and how the server is asked for them. */
interface Root {
  list(folder: string, page?: string): { path: string; query: Record<string, string> };
  file(path: string): { path: string; query?: Record<string, string> };
  /** Paths in a listing are relative to the root, or (false) to the listed folder. */
  rooted: boolean;
  /** Below the root; '' for all of it. */
  prefix: string;
}

export interface Artifacts {
  /** Sorted paths of all files of a model, relative to it. */
  files(uri: string, signal?: AbortSignal): Promise<string[]>;
  bytes(uri: string, path: string, signal?: AbortSignal): AsyncGenerator<Uint8Array>;
}

export function createArtifacts(http: MlflowHttp): Artifacts {
  async function files(uri: string, signal?: AbortSignal): Promise<string[]> {
    const root = await resolve(http, uri);
    const found: string[] = [];
    const folders = [root.prefix];
    for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
      let page: string | undefined;
      do {
        const { path, query } = root.list(folder, page);
        const answer: z.output<typeof FilesAnswer> = await http.ask('get', path, {
          doing: `listing the files of ${uri}`,
          schema: FilesAnswer,
          query,
          ...(signal ? { signal } : {}),
        });
        for (const file of answer.files) {
          const whole = root.rooted || folder === '' ? file.path : `${folder}/${file.path}`;
          (file.is_dir ? folders : found).push(harmless(whole, uri));
        }
        page = answer.next_page_token || undefined;
      } while (page);
    }
    return found.map((path) => (root.prefix ? path.slice(root.prefix.length + 1) : path)).sort();
  }

  async function* bytes(uri: string, path: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const root = await resolve(http, uri);
    const asked = root.file(root.prefix ? `${root.prefix}/${path}` : path);
    yield* http.bytes(asked.path, { doing: `reading ${path} of ${uri}`, ...asked, ...(signal ? { signal } : {}) });
  }

  return { files, bytes };
}

async function resolve(http: MlflowHttp, uri: string): Promise<Root> {
  const logged = /^models:\/(m-[0-9a-zA-Z]+)$/.exec(uri)?.[1];
  if (logged) return loggedModel(logged);
  const [, run, below] = /^runs:\/([0-9a-zA-Z]+)\/(.+)$/.exec(uri) ?? [];
  if (run && below) return ofRun(run, below.replace(/\/+$/, ''));
  const proxied = /^mlflow-artifacts:\/(?:\/[^/]*)?\/?(.+)$/.exec(uri)?.[1];
  if (proxied) return proxiedFolder(proxied.replace(/\/+$/, ''));
  const [, name, version] = /^models:\/([^/@]+)\/(\d+)$/.exec(uri) ?? [];
  if (name && version) {
    const { model_version: found } = await http.ask('get', 'api/2.0/mlflow/model-versions/get', {
      doing: `reading version ${version} of ${name}`,
      schema: VersionAnswer,
      query: { name, version },
    });
    if (found.source !== uri) return resolve(http, found.source);
  }
  throw new UserError(
    'OutsideRefused',
    `the files of ${uri} cannot be read through MLflow: log the model with mlflow.<flavor>.log_model(…), so that its URI starts with models:/ or runs:/`,
  );
}

const loggedModel = (id: string): Root => ({
  list: (folder, page) => ({
    path: `api/2.0/mlflow/logged-models/${id}/artifacts/directories`,
    query: { ...(folder ? { artifact_directory_path: folder } : {}), ...(page ? { page_token: page } : {}) },
  }),
  file: (path) => ({
    path: `ajax-api/2.0/mlflow/logged-models/${id}/artifacts/files`,
    query: { artifact_file_path: path },
  }),
  rooted: true,
  prefix: '',
});

const ofRun = (runId: string, prefix: string): Root => ({
  list: (folder, page) => ({
    path: 'api/2.0/mlflow/artifacts/list',
    query: { run_id: runId, path: folder, ...(page ? { page_token: page } : {}) },
  }),
  file: (path) => ({ path: 'get-artifact', query: { run_id: runId, path } }),
  rooted: true,
  prefix,
});

const proxiedFolder = (prefix: string): Root => ({
  list: (folder) => ({ path: 'api/2.0/mlflow-artifacts/artifacts', query: { path: folder } }),
  file: (path) => ({
    path: `api/2.0/mlflow-artifacts/artifacts/${path.split('/').map(encodeURIComponent).join('/')}`,
  }),
  rooted: false,
  prefix,
});

/** A server's listing becomes local paths: nothing that leaves the folder. */
function harmless(path: string, uri: string): string {
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..') || path.includes('\\'))
    throw new UserError('OutsideRefused', `${uri} lists a file called ${JSON.stringify(path)}, which is no safe path`);
  return path;
}

/** What an MLflow 2 client writes on a run for each model it logs there. */
const History = z.array(z.object({ run_id: z.string(), artifact_path: z.string() }));

/** Models named in a run's tag `mlflow.log-model.history`. */
export function loggedBefore(tags: Record<string, string>): { runId: string; path: string }[] {
  const text = tags['mlflow.log-model.history'];
  if (!text) return [];
  try {
    return History.parse(JSON.parse(text)).map((entry) => ({ runId: entry.run_id, path: entry.artifact_path }));
  } catch {
    return [];
  }
}
