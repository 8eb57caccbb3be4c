/** MLflow behind the tracking port. Only this folder speaks MLflow's REST API. */
import { readFile, stat } from 'node:fs/promises';
import { UserError } from '#contracts/failures.ts';
import type { Tracking } from '#ports/tracking.ts';
import { createHttp, type MlflowSettings } from './http.ts';
import { createModels } from './models.ts';
import { createRegistry } from './registry.ts';
import { createRuns } from './runs.ts';

/** Largest file for servers that do not pass files through to their own store, in bytes: MLflow's limit. */
const DIRECT_LIMIT = 10 * 1024 * 1024;
const DIRECT = 'ajax-api/2.0/mlflow/upload-artifact';

/** Nothing is asked before the first call. Throws UserError InvalidInput when the URL is none. */
export function createTracking(settings: MlflowSettings): Tracking {
  const http = createHttp(settings);
  const runs = createRuns(http);
  const models = createModels(http, runs);
  const registry = createRegistry(http, models.modelDigest);
  /** Where the server takes a file and passes it on to its store; null: it does not pass files on. */
  async function passedThrough(runId: string, path: string): Promise<string | null> {
    const { artifactUri } = await runs.run(runId);
    const root = /^mlflow-artifacts:\/(?:\/[^/]*)?\/?(.+)$/.exec(artifactUri)?.[1];
    const segments = (text: string) => text.split('/').map(encodeURIComponent).join('/');
    return root ? `api/2.0/mlflow-artifacts/artifacts/${segments(`${root}/${path}`)}` : null;
  }
  return {
    url: http.url,
    credentials: http.credentials,
    ...runs,
    ...models,
    ...registry,

    async uploadArtifact(runId, path, body) {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      const doing = `uploading ${path} to run ${runId}`;
      const place = await passedThrough(runId, path);
      if (place) await http.put(place, bytes, doing);
      else await http.post(DIRECT, bytes.subarray(-DIRECT_LIMIT), { run_uuid: runId, path }, doing);
    },

    async uploadFile(runId, path, file, signal) {
      const doing = `uploading ${path} to run ${runId}`;
      const place = await passedThrough(runId, path);
      if (place) return http.putFile(place, file, doing, signal);
      const { size } = await stat(file);
      if (size > DIRECT_LIMIT)
        throw new UserError(
          'OutsideRefused',
          `MLflow at ${http.url} takes files of at most 10 MiB itself, and ${path} has ${(size / 2 ** 20).toFixed(0)}: start that server with --serve-artifacts, so that it passes them on to its store`,
        );
      await http.post(DIRECT, await readFile(file), { run_uuid: runId, path }, doing);
    },

    page(target) {
      if ('runId' in target) return `${http.url}/#/experiments/${target.experimentId}/runs/${target.runId}`;
      const model = `${http.url}/#/models/${encodeURIComponent(target.model)}`;
      return target.version === undefined ? model : `${model}/versions/${target.version}`;
    },
  };
}

/** The login that MLflow's own clients read from the environment. */
export function mlflowLogin(
  env: NodeJS.ProcessEnv,
): Pick<MlflowSettings, 'username' | 'password' | 'token' | 'workspace'> {
  const { MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD, MLFLOW_TRACKING_TOKEN, MLFLOW_WORKSPACE } = env;
  return {
    ...(MLFLOW_TRACKING_USERNAME ? { username: MLFLOW_TRACKING_USERNAME } : {}),
    ...(MLFLOW_TRACKING_PASSWORD ? { password: MLFLOW_TRACKING_PASSWORD } : {}),
    ...(MLFLOW_TRACKING_TOKEN ? { token: MLFLOW_TRACKING_TOKEN } : {}),
    ...(MLFLOW_WORKSPACE ? { workspace: MLFLOW_WORKSPACE } : {}),
  };
}
