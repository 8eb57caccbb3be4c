/** The composition root: the one place where every part is made and handed to those who need it. */
import { join } from 'node:path';
import { restoring } from '#activities/collect/restoring-store.ts';
import { createDatasetCache } from '#activities/data/dataset-cache.ts';
import { createDrift } from '#activities/data/drift.ts';
import { createValidateData } from '#activities/data/validate-data.ts';
import type { StepCache } from '#activities/dispatch/cached-step.ts';
import { asActivities } from '#activities/dispatch/failure.ts';
import { heartbeating } from '#activities/dispatch/heartbeating.ts';
import { createStepActivity } from '#activities/dispatch/step-activity.ts';
import { createFeaturize } from '#activities/features/featurize.ts';
import { createHistoricalFeatures } from '#activities/features/history/stage.ts';
import { createMaterializeActivities } from '#activities/features/materialize/activities.ts';
import { createEvaluate } from '#activities/model/evaluate/evaluate.ts';
import { type LocalModels, localModel } from '#activities/model/local-model.ts';
import type { JobDependencies } from '#activities/model/run-job/dependencies.ts';
import { createRunScript } from '#activities/model/run-job/run-job.ts';
import { createScoreRows } from '#activities/model/score-rows.ts';
import { createTrain } from '#activities/model/train.ts';
import { createAccountActivities } from '#activities/release/account-activities.ts';
import { createCheckSkew } from '#activities/release/check-skew.ts';
import { createGate } from '#activities/release/gate.ts';
import { createModelActivities } from '#activities/release/model-activities.ts';
import { createPromote } from '#activities/release/promote.ts';
import { createPublish } from '#activities/release/publish.ts';
import { createRegister } from '#activities/release/register.ts';
import { createRunActivities } from '#activities/run/run-activities.ts';
import type { StageWorks } from '#activities/stage.ts';
import { createWatchActivities } from '#activities/watch/activities.ts';
import { createLoopActivities } from '#activities/watch/loop-activities.ts';
import { bytesOf } from '#adapters/duckdb/host/memory.ts';
import { createTables } from '#adapters/duckdb/tables.ts';
import { createTracking, mlflowLogin } from '#adapters/mlflow/tracking.ts';
import { createErrorModel } from '#adapters/process/error-model.ts';
import { PythonPredictor } from '#adapters/process/predictor.ts';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import type { Temporal } from '#adapters/temporal/connection.ts';
import { createLoops } from '#adapters/temporal/loop-port.ts';
import { claimHoldout, moveAlias, registerVersion, settleHoldout } from '#adapters/temporal/models.ts';
import { signalNodeProgress } from '#adapters/temporal/runs.ts';
import { UserError } from '#contracts/failures.ts';
import type { Executor } from '#ports/executor.ts';
import type { HoldoutUses } from '#ports/holdout-uses.ts';
import type { Promotion } from '#ports/promotion.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tables } from '#ports/tables.ts';
import type { Tracking } from '#ports/tracking.ts';
import { signingKey } from '#records/audit/signing-key.ts';
import type { ConnectionSettings } from '#stack/connection-settings.ts';
import { findPython } from '#stack/find-python.ts';
import { ensurePythonEnvironment } from '#stack/python-environment.ts';
import { CodeCache } from './code/code-store.ts';
import { packageRoot } from './code/package-root.ts';
import { ProjectCode } from './code/pipeline-code.ts';
import { materializeProgram } from './code/program.ts';
import { databasesOf } from './databases.ts';
import { projectName } from './deploy/owners.ts';
import { createExecutor } from './executors.ts';
import { hubToken } from './hub-token.ts';
import { onlinePlace } from './online/place.ts';
import { outagePatience } from './outage-patience.ts';
import { createRunFailed } from './run-failed.ts';
import { createStepCache, dataSources } from './step-cache.ts';
import { StepHosts } from './step-host/pool.ts';
import { typeScriptSteps } from './step-host/typescript-steps.ts';
import { stepServices } from './step-services.ts';
import { trainerEnvironment } from './trainer-environment.ts';

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
  /** Gets ready for a first run what can be had beforehand. */
  warm(): Promise<void>;
  close(): Promise<void>;
}

export async function compose(settings: CompositionSettings): Promise<Composition> {
  const { root, environment, host, connections, temporal } = settings;
  const below = (...names: string[]) => join(root, '.ratchet', ...names);

  const store = restoring(createObjectStore(connections.store));
  const tracking = createTracking({ url: connections.mlflow.url, ...mlflowLogin(process.env) });
  const tables = createTables({ scratchFolder: below('data', 'scratch') });
  const python = await findPython();
  const sources = dataSources({ root, store, tables });
  const files = createDatasetCache(sources);
  const codes = new CodeCache(root, store);
  const hosts = new StepHosts({ root, bundlePath: (digest) => codes.load(digest) });
  const code = new ProjectCode({ root, store, codes, hosts });
  const cache = createStepCache({ root, store, tables, tracking });

  const localFile = (ref: { uri: string; digest: string }, signal?: AbortSignal) => files.localFile(ref, signal);
  const models: LocalModels = { tracking, modelFolder: below('jobs-files', 'models') };
  const executor = await createExecutor(process.env.RATCHET_EXECUTOR, {
    below,
    python: python.executable,
    trainers: join(packageRoot, 'trainers'),
    staging: {
      input: (input, signal) =>
        input.format === 'folder' ? localModel(models, input, signal) : localFile(input, signal),
      program: (program, folder, progress) =>
        materializeProgram(store, program, folder, ({ name, path }) =>
          ensurePythonEnvironment({ root, name, lock: path, progress }),
        ),
    },
  });
  const patienceMs = outagePatience(process.env.RATCHET_PATIENCE);
  const jobs: JobDependencies = {
    store,
    tracking,
    executor,
    tables,
    patienceMs,
    runFailed: createRunFailed(temporal, store),
    host,
  };
  const predictor = new PythonPredictor({ trainers: join(packageRoot, 'trainers') });
  const promotion: Promotion = {
    register: (target, request) => registerVersion(temporal.client, target, request),
    move: (target, request) => moveAlias(temporal.client, target, request),
  };
  const uses: HoldoutUses = {
    claim: (target, request) => claimHoldout(temporal.client, target, request),
    settle: (target, request, verdict) => settleHoldout(temporal.client, target, request, verdict),
  };
  const predicting = { store, ...models, localFile, predictor, environmentFor: trainerEnvironment(root, store) };
  const queries = { databases: databasesOf(process.env), queries: tables };
  const stages: StageWorks = {
    validateData: createValidateData(sources),
    getHistoricalFeatures: createHistoricalFeatures({ ...sources, tables, ...queries }),
    featurize: createFeaturize({ store, tables, cacheFolder: sources.cacheFolder }),
    train: createTrain(jobs),
    evaluate: createEvaluate({ ...predicting, tables, uses }),
    checkSkew: createCheckSkew({ store }),
    gate: createGate({ store, tables, tracking, uses }),
    register: createRegister({ promotion, store, tracking }),
    promote: createPromote({ promotion, tracking }),
    publish: createPublish({
      ...{ ...models, store },
      hub: async () => (await import('#adapters/hugging-face/hub.ts')).modelHub,
      endpoint: process.env.HF_ENDPOINT || 'https://huggingface.co',
      token: (name) => hubToken(name, process.env),
    }),
  };
  const steps = createStepActivity({
    root,
    stages,
    steps: typeScriptSteps(hosts, stepServices({ cache: files, tables, scratch: below('work') })),
    runScript: createRunScript(jobs),
    cache,
    store,
    patienceMs,
    tellRun: (workflow, node, text) => signalNodeProgress(temporal.client, workflow, node, text),
  });
  const loops = createLoops(temporal.client);
  const watch = createWatchActivities({
    ...{ store, tables, histories: tables, tracking, loops, sources, files, databases: queries.databases },
    project: projectName(root),
    heldBytes: heldBytes(process.env.RATCHET_WATCH_TABLES),
    // No verdict of a gate's: it uses no rows.
    evaluate: createEvaluate({ ...predicting, tables }),
    scoreRows: createScoreRows(predicting),
    errorModel: createErrorModel({
      trainers: join(packageRoot, 'trainers'),
      python: async () => {
        const lock = join(packageRoot, 'trainers', 'estimate-requirements.lock');
        return (await ensurePythonEnvironment({ root, name: 'estimate', lock, progress: () => undefined })).python;
      },
    }),
    drift: createDrift({ store, tables, cacheFolder: sources.cacheFolder }),
    workFolder: below('work'),
  });
  const account = createAccountActivities({ store, registry: tracking, signingKey: () => signingKey(root) });
  const materialize = createMaterializeActivities({
    ...{ ...sources, ...queries, store, tables, cache: files, workFolder: below('work') },
    host: {
      module: new URL('./online/materialize-rows.ts', import.meta.url).href,
      place: (address) => onlinePlace(address ?? undefined, root),
    },
  });
  const run = createRunActivities({ code, store, tracking, environment, host, cache });
  return {
    store,
    tracking,
    executor,
    tables,
    hosts,
    cache,
    // Every type that is not registered by name goes to `default`: steps are activities under their own names.
    activities: {
      ...asActivities({
        ...run,
        ...createLoopActivities({ store, loops }),
        ...heartbeating({
          ...createModelActivities(tracking, { stages: stagesKept(process.env.RATCHET_MLFLOW_STAGES) }),
          ...account,
          ...watch,
          ...materialize,
        }),
      }),
      default: steps,
    },
    warm: () => code.warm(),
    close: async () => {
      await Promise.all([hosts.close(), tables.close(), predictor.close()]);
      await store.close();
    },
  };
}

/** What RATCHET_MLFLOW_STAGES says; on without it. @throws UserError InvalidInput when it is neither `on` nor `off` */
function stagesKept(text: string | undefined): boolean {
  if (!text || text === 'on') return true;
  if (text === 'off') return false;
  throw new UserError(
    'InvalidInput',
    `RATCHET_MLFLOW_STAGES is ${JSON.stringify(text)}: write on (MLflow's stages follow the aliases, the default) or off`,
  );
}

/** What RATCHET_WATCH_TABLES says. @throws UserError InvalidInput when it is no size */
const heldBytes = (text: string | undefined): number | undefined =>
  text ? bytesOf(text, 'RATCHET_WATCH_TABLES') : undefined;
