/** Real MLflow, S3, DuckDB and processes for the stages that run jobs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatasetCache, type DatasetCache } from '#activities/data/dataset-cache.ts';
import { localModel } from '#activities/model/local-model.ts';
import type { JobDependencies } from '#activities/model/run-job/dependencies.ts';
import type { StageContext } from '#activities/stage.ts';
import { createTables } from '#adapters/duckdb/tables.ts';
import { createTracking } from '#adapters/mlflow/tracking.ts';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import type { DatasetRef } from '#contracts/data.ts';
import type { PinnedProgram } from '#contracts/program.ts';
import type { Executor } from '#ports/executor.ts';
import { materializeProgram, pinProgram } from '#workers/code/program.ts';
import { type Held, holdIn } from '../fixtures/hold.ts';
import { localExecutor } from '../fixtures/local-executor.ts';
import { startMlflow, type TestMlflow } from '../servers/mlflow.ts';
import { startObjectStore, type TestObjectStore } from '../servers/object-store.ts';
import { testPython } from '../servers/programs.ts';

export interface World {
  deps: JobDependencies;
  mlflow: TestMlflow;
  s3: TestObjectStore;
  cache: DatasetCache;
  executor: Executor;
  folder: string;
  /** Runs that are over and came to nothing: Temporal's part, which these tests play. */
  failed: Set<string>;
  /** For the params of a `restTrainer`: it stops after these epochs until it is let go. */
  hold(...at: number[]): Held;
  /** Pins a program made of these files. */
  program(command: string[], files: Record<string, string>): Promise<PinnedProgram>;
  /** Stores rows given as CSV text. */
  dataset(csv: string): Promise<DatasetRef>;
  close(): Promise<void>;
}

/** Work folders of attempts; removed with the world. */
const attempts = mkdtempSync(join(tmpdir(), 'ratchet-attempts-'));

export async function startWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-train-'));
  const [mlflow, s3] = await Promise.all([startMlflow(), startObjectStore()]);
  const { endpoint, accessKeyId, secretAccessKey } = s3;
  const store = createObjectStore({
    endpoint,
    accessKeyId,
    secretAccessKey,
    region: 'us-east-1',
    bucket: 'train',
    prefix: '',
  });
  await store.ensureBucket();
  const python = testPython();
  const tables = createTables({ scratchFolder: join(folder, 'scratch') });
  const cache = createDatasetCache({ store, tables, cacheFolder: join(folder, 'cache') });
  const place = async () => ({ python, bin: join(python, '..') });
  const tracking = createTracking({ url: mlflow.url });
  const models = { tracking, modelFolder: join(folder, 'jobs-files', 'models') };
  const executor = localExecutor(folder, {
    staging: {
      input: (input, signal) =>
        input.format === 'folder' ? localModel(models, input, signal) : cache.localFile(input, signal),
      program: (program, target) => materializeProgram(store, program, target, place),
    },
  });
  let made = 0;
  const failed = new Set<string>();
  return {
    folder,
    failed,
    mlflow,
    s3,
    cache,
    executor,
    deps: {
      store,
      tracking,
      executor,
      tables,
      runFailed: async (run) => failed.has(run),
      host: 'here',
    },
    hold: (...at) => holdIn(folder, ...at),
    async program(command, files) {
      const source = mkdtempSync(join(folder, 'pipeline-'));
      for (const [name, text] of Object.entries(files)) writeFileSync(join(source, name), text);
      writeFileSync(join(source, 'requirements.lock'), '# the environment of the test\n');
      return pinProgram(
        store,
        source,
        { kind: 'program', command, files: Object.keys(files), lock: 'requirements.lock' },
        'train',
      );
    },
    async dataset(csv) {
      const from = join(folder, `rows-${made++}.csv`);
      const to = `${from}.parquet`;
      writeFileSync(from, csv);
      const { md5, rows, bytes, columns } = await tables.snapshot({ files: [from], format: 'csv', to });
      const { uri } = await cache.keep(to, md5);
      return { kind: 'dataset', uri, digest: `md5:${md5}`, format: 'parquet', rows, bytes, columns: [...columns] };
    },
    async close() {
      for (const job of await executor.list())
        if (job.state.kind === 'running') await executor.stop(job.id, 'test over');
      await tables.close();
      await Promise.all([mlflow.close(), s3.close()]);
      for (const each of [folder, attempts]) rmSync(each, { recursive: true, force: true });
    },
  };
}

export interface Attempt extends StageContext {
  /** Every line of progress. */
  readonly said: string[];
  cancel(): void;
  /** As when the worker stops. */
  shutDown(): void;
  /** The first line that matches, when it comes. */
  until(match: RegExp): Promise<string>;
}

/** What the dispatcher would give an attempt of `node` in run `id`. */
export function attemptOf(
  id: string,
  node: string,
  limits?: StageContext['limits'],
  retried?: { work: string },
): Attempt {
  const abort = new AbortController();
  const said: string[] = [];
  const waiting: { match: RegExp; found: (line: string) => void }[] = [];
  let stopping = false;
  const workdir = mkdtempSync(join(attempts, 'attempt-'));
  return {
    run: {
      id,
      pipeline: 'tumours',
      model: null,
      environment: 'dev',
      asOf: '2026-01-01T00:00:00Z',
      trigger: {
        kind: retried && /\/r\d+$/.test(id) ? 'retry' : 'manual',
        id: '1',
        reason: 'a test',
        figures: {},
        who: 'ann',
        at: '2026-01-01T00:00:00Z',
      },
    },
    node,
    ...retried,
    attempt: 1,
    signal: abort.signal,
    stopping: () => stopping,
    workdir,
    ...(limits ? { limits } : {}),
    said,
    progress(text) {
      said.push(text);
      for (const { match, found } of waiting) if (match.test(text)) found(text);
    },
    cancel: () => abort.abort(new Error('CANCELLED')),
    shutDown() {
      stopping = true;
      abort.abort(new Error('WORKER_SHUTDOWN'));
    },
    until: (match) => {
      const line = said.find((each) => match.test(each));
      return line ? Promise.resolve(line) : new Promise((found) => waiting.push({ match, found }));
    },
  };
}

/** The same dependencies, which throw after (every other time: before) the n-th call to the outside has had its effect. */
export function mortal(deps: JobDependencies, calls: number): JobDependencies {
  let left = calls;
  const counted = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(from, name) {
        const value: unknown = Reflect.get(from, name);
        if (typeof value !== 'function' || name === 'page') return value;
        return async (...args: unknown[]) => {
          left--;
          if (left === 0 && calls % 2 === 0) throw new Error('died');
          const answer: unknown = await value.apply(from, args);
          if (left === 0) throw new Error('died');
          // Whatever runs beside the call that died is dead, too.
          if (left < 0) throw new Error('died');
          return answer;
        };
      },
    });
  return { ...deps, tracking: counted(deps.tracking), executor: counted(deps.executor), store: counted(deps.store) };
}

/**
 * A trainer that is not Python and knows MLflow only by its REST API: starts in a twentieth of a second.
 * Params: `mode`, `epochs`, and `hold` (a `Hold`): what a test has to do in the middle of a training is done while it waits.
 */
export const restTrainer = `
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
const job = JSON.parse(readFileSync(process.env.RATCHET_JOB, 'utf8'));
const { mode = 'good', epochs = 2, hold } = job.params;
const { MLFLOW_TRACKING_URI: url, MLFLOW_RUN_ID: run_id, MLFLOW_EXPERIMENT_ID: experiment_id } = process.env;
const api = async (method, path, body) => {
  const answer = await fetch(url + '/api/2.0/mlflow/' + path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(path + ': ' + (await answer.text()));
  return answer.json();
};
const logModel = async (name) => {
  const { model } = await api('POST', 'logged-models', { experiment_id, name, source_run_id: run_id });
  const place = model.info.artifact_uri.replace('mlflow-artifacts:/', '');
  await fetch(url + '/api/2.0/mlflow-artifacts/artifacts/' + place + '/MLmodel', { method: 'PUT', body: 'flavors:\\n  python_function: {}\\nmodel_id: ' + model.info.model_id + '\\n' });
  await api('PATCH', 'logged-models/' + model.info.model_id, { model_id: model.info.model_id, status: 'LOGGED_MODEL_READY' });
};
writeFileSync(join(job.output, 'pid-' + process.pid), '');
console.log('starts', JSON.stringify({ mode, inputs: Object.keys(job.inputs), resumed: job.resumed, rows: existsSync(job.inputs.features.path) }));
if (mode === 'fails') { for (let i = 0; i < 40; i++) console.log('line ' + i); process.exit(7); }
if (mode === 'segfaults') process.kill(process.pid, 'SIGSEGV');
if (mode === 'hangs') await sleep(600_000);
for (const held = []; mode === 'allocates'; await sleep(50)) held.push(Buffer.alloc(40 * 2 ** 20, 1));
const saved = join(process.env.RATCHET_CHECKPOINTS, 'epoch');
let epoch = existsSync(saved) ? Number(readFileSync(saved, 'utf8')) : 0;
for (; epoch < epochs; ) {
  epoch++;
  await api('POST', 'runs/log-batch', { run_id, metrics: [{ key: 'auc', value: mode === 'nan' ? 'NaN' : 0.5 + epoch / 100, step: epoch, timestamp: Date.now() }] });
  if (mode === 'checkpoints') writeFileSync(saved, String(epoch));
  if (mode !== 'quiet') appendFileSync(job.progress, JSON.stringify({ done: epoch, total: epochs, metrics: { auc: 0.5 + epoch / 100 } }) + '\\n');
  while (hold?.at.includes(epoch) && !existsSync(hold.file + '.' + epoch)) await sleep(20);
}
if (mode === 'two models') await logModel('worse');
if (mode !== 'no model') await logModel('model');
`;
