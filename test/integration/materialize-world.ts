/** A project with definitions, a worker for it, and the servers that both need. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { createTables } from '#adapters/duckdb/tables.ts';
import { connectTemporal, type Temporal } from '#adapters/temporal/connection.ts';
import { makeProject, type Project } from '../fixtures/project.ts';
import { runVerbIn } from '../fixtures/verbs.ts';
import { startWorkerProcess, type WorkerProcess } from '../fixtures/worker-process.ts';
import { startMlflow, type TestMlflow } from '../servers/mlflow.ts';
import { startObjectStore, type TestObjectStore } from '../servers/object-store.ts';
import { startTemporal, type TestTemporal } from '../servers/temporal.ts';

export const definitions = (
  features = "{ n: { type: 'int64', column: 'c' }, x: { type: 'float64', column: 't' }, city: 'string', yes: { type: 'bool', column: 'why' }, at: 'timestamp', day: 'date' }",
) => `
import { count, defineFeatures, entity, featureService, featureView, sum } from 'ratchet-ml';
const customer = entity({ name: 'customer', joinKeys: { customer_id: 'int64' } });
const named = { entities: [customer], timestamp: 'happened' };
export default defineFeatures({
  entities: [customer],
  views: [
    featureView({ name: 'profile', ...named, source: 'data/profile-*.parquet', created: 'written', availableAfter: '0s', features: ${features} }),
    featureView({ name: 'plain', ...named, source: 'data/plain-*.csv', features: { city: 'string' } }),
    featureView({ name: 'hidden', ...named, source: 'data/plain-*.csv', online: false, features: { city: 'string' } }),
    featureView({
      name: 'counts', ...named, source: 'data/events-*.csv', columns: { amount: 'float64' },
      features: { n7: count('7d'), total: sum('amount', '7d'), day: count('1d') },
    }),
  ],
  services: [featureService({ name: 'all', features: ['profile:city', 'plain:city'] })],
});
`;

export interface Materializing {
  readonly project: Project;
  readonly env: NodeJS.ProcessEnv;
  worker(more?: NodeJS.ProcessEnv): WorkerProcess;
  features(...args: string[]): ReturnType<typeof runVerbIn>;
  /** Writes CSV text as Parquet, with the types that it is read with. */
  parquet(name: string, csv: string, types?: Record<string, string>): Promise<void>;
  readonly temporal: () => TestTemporal;
  readonly connected: () => Temporal;
}

let temporal: TestTemporal;
let mlflow: TestMlflow;
let s3: TestObjectStore;
let connected: Temporal;

export function materializeServers(): (environment: string) => Promise<Materializing> {
  const made: { project: Project; workers: WorkerProcess[] }[] = [];
  beforeAll(async () => {
    [temporal, mlflow, s3] = await Promise.all([startTemporal(), startMlflow(), startObjectStore()]);
    connected = await connectTemporal({ address: temporal.address });
  }, 300_000);
  afterAll(async () => {
    for (const { workers } of made) for (const each of workers) each.signal('SIGKILL');
    await Promise.all(made.flatMap(({ workers }) => workers.map(({ ended }) => ended)));
    await Promise.all(made.map(({ project }) => project.remove()));
    await connected?.close();
    await Promise.all([temporal?.close(), mlflow?.close(), s3?.close()]);
  });
  return async (environment) => {
    const project = await makeProject({
      'package.json': JSON.stringify({ type: 'module', name: `of-${environment}` }),
      'features.ts': definitions(),
      'pipelines/.keep': '',
      'data/.keep': '',
    });
    const workers: WorkerProcess[] = [];
    made.push({ project, workers });
    const env = {
      RATCHET_HOME: fileURLToPath(new URL('../../.ratchet', import.meta.url)),
      RATCHET_ENVIRONMENT: environment,
      TEMPORAL_ADDRESS: temporal.address,
      MLFLOW_TRACKING_URI: mlflow.url,
      RATCHET_STORE: 's3://materialize-test',
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_ACCESS_KEY_ID: s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
      AWS_REGION: 'us-east-1',
    };
    return {
      ...{ project, env },
      worker(more = {}) {
        const started = startWorkerProcess(project.root, { ...env, ...more });
        workers.push(started);
        return started;
      },
      features: (...args) => runVerbIn(project.root, env, 'features', ...args),
      async parquet(name, csv, types = {}) {
        await project.write({ 'data/.source.csv': csv });
        const tables = createTables();
        try {
          await tables.snapshot({
            ...{ files: [`${project.root}/data/.source.csv`], format: 'csv', types: types as never },
            to: `${project.root}/data/${name}`,
          });
        } finally {
          await tables.close();
        }
      },
      temporal: () => temporal,
      connected: () => connected,
    };
  };
}
