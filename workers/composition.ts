/** The composition root: the one place where every part is made and handed to those who need it. */
import { join } from 'node:path';
import type { StepCache } from '#activities/dispatch/cached-step.ts';
import { createDispatch } from '#activities/dispatch/dispatch.ts';
import { LastKeys } from '#activities/dispatch/last-key.ts';
import { ResultCache } from '#activities/dispatch/result-cache.ts';
import { createRunScript } from '#activities/model/run-job.ts';
import type { JobDependencies } from '#activities/model/run-job-dependencies.ts';
import { createTrain } from '#activities/model/train.ts';
import type { Executor } from '#activities/ports/executor.ts';
import type { ObjectStore } from '#activities/ports/store.ts';
import type { Tables } from '#activities/ports/tables.ts';
import type { Tracking } from '#activities/ports/tracking.ts';
import { createRunActivities } from '#activities/run/run-activities.ts';
import type { StageWorks } from '#activities/stage.ts';
import { createTables } from '#adapters/duckdb/tables.ts';
import { createTracking, mlflowLogin } from '#adapters/mlflow/tracking.ts';
import { LocalExecutor } from '#adapters/process/local-executor.ts';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import type { Temporal } from '#adapters/temporal/connection.ts';
import { signalNodeProgress } from '#adapters/temporal/runs.ts';
import type { ModelRef } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { CodeCache } from './code/code-store.ts';
import { packageRoot } from './code/package-root.ts';
import { ProjectCode } from './code/pipeline-code.ts';
import { materializeProgram } from './code/program.ts';
import { LocalFiles } from './local-files.ts';
import { sourceIdentity } from './source-identity.ts';
import type { ConnectionSettings } from './stack/connection-settings.ts';
import { findPython } from './stack/find-python.ts';
import { ensurePythonEnvironment } from './stack/python-environment.ts';
import { StepHosts } from './step-host/pool.ts';
import { typeScriptSteps } from './step-host/typescript-steps.ts';

export interface CompositionSettings {
  root: string;
  environment: string;
  host: string;
  connections: ConnectionSettings;
  /** Already connected: what activities ask Temporal through. */
  temporal: Temporal;
}

export interface Composition {
  store: ObjectStore & { ensureBucket(): Promise<void> };
  tracking: Tracking;
  executor: Executor;
  tables: Tables;
  hosts: StepHosts;
  cache: StepCache;
  activities: Record<string, (...args: never[]) => Promise<unknown>>;
  close(): Promise<void>;
}

export async function compose(settings: CompositionSettings): Promise<Composition> {
  const { root, environment, host, connections, temporal } = settings;
  const below = (...names: string[]) => join(root, '.ratchet', ...names);

  const store = createObjectStore(connections.store);
  const tracking = createTracking({ url: connections.mlflow.url, ...mlflowLogin(process.env) });
  const tables = createTables({ scratchFolder: below('data', 'scratch') });
  const python = await findPython();
  const executor = new LocalExecutor({
    root: below('jobs'),
    python: python.executable,
    trainers: join(packageRoot, 'trainers'),
  });
  const files = new LocalFiles(below('data'), store, tables);
  const codes = new CodeCache(root, store);
  const hosts = new StepHosts({ root, bundlePath: (digest) => codes.load(digest) });
  const code = new ProjectCode({ root, store, codes, hosts });
  const cache: StepCache = {
    results: new ResultCache(store, (model) => modelExists(tracking, model)),
    last: new LastKeys(store),
    identify: sourceIdentity(root),
  };

  const jobs: JobDependencies = {
    store,
    tracking,
    executor,
    tables,
    localFile: (ref, signal) => files.localFile(ref, signal),
    materialize: (program, folder, progress) =>
      materializeProgram(store, program, folder, ({ name, path }) =>
        ensurePythonEnvironment({ root, name, lock: path, progress }),
      ),
    folder: below('jobs-files'),
  };
  const absent = (stage: string) => async (): Promise<never> => {
    throw new UserError('InvalidPipeline', `This version of Ratchet has no stage "${stage}".`);
  };
  const stages: StageWorks = {
    validateData: absent('validateData'),
    featurize: absent('featurize'),
    train: createTrain(jobs),
    evaluate: absent('evaluate'),
    gate: absent('gate'),
    register: absent('register'),
    promote: absent('promote'),
  };
  const dispatch = createDispatch({
    root,
    stages,
    steps: typeScriptSteps(hosts, files),
    runScript: createRunScript(jobs),
    cache,
    tellRun: (workflow, node, text) => signalNodeProgress(temporal.client, workflow, node, text),
  });
  const run = createRunActivities({ code, store, tracking, environment, host });
  return {
    store,
    tracking,
    executor,
    tables,
    hosts,
    cache,
    // Every type that is not registered by name goes to `default`: steps are activities under their own names.
    activities: { ...run, default: dispatch },
    close: async () => {
      await Promise.all([hosts.close(), tables.close(), store.close()]);
    },
  };
}

/** A model's files need not be in our store: MLflow is asked whether the run that logged it is still there. */
async function modelExists(tracking: Tracking, model: ModelRef): Promise<boolean> {
  try {
    await tracking.run(model.runId);
    return true;
  } catch (error) {
    if (error instanceof UserError && error.type === 'OutsideRefused') return false;
    throw error;
  }
}
