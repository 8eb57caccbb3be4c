/** A ledger at work on a real MLflow, with MLflow's own client beside it, and a proxy between the two that can cut and refuse. */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { asActivities } from '#activities/dispatch/failure.ts';
import { heartbeating } from '#activities/dispatch/heartbeating.ts';
import { effectKey } from '#activities/release/effect-key.ts';
import { createModelActivities } from '#activities/release/model-activities.ts';
import { createTracking } from '#adapters/mlflow/tracking.ts';
import { moveAlias, registerVersion } from '#adapters/temporal/models.ts';
import { workflowBundle } from '#adapters/temporal/workflow-bundle.ts';
import type { ModelRef, VersionRef } from '#contracts/data.ts';
import type { MoveAnswer } from '#contracts/messages.ts';
import { taskQueue } from '#contracts/names.ts';
import type { Tracking } from '#ports/tracking.ts';
import { type CuttingProxy, startCuttingProxy } from '../servers/cutting-proxy.ts';
import { logModel } from '../servers/logged-model.ts';
import { startMlflow, type TestMlflow } from '../servers/mlflow.ts';
import { type MlflowClient, startMlflowClient } from '../servers/mlflow-client.ts';
import { bundleCache, startDevServer } from '../workflows/harness.ts';

interface Logged {
  runId: string;
  uri: string;
}

export interface ModelWorld {
  readonly mlflow: TestMlflow;
  /** Between the ledger's worker and MLflow. */
  readonly proxy: CuttingProxy;
  readonly theirs: MlflowClient;
  readonly tracking: Tracking;
  readonly temporal: TestWorkflowEnvironment;
  /** A model as the guide's trainer logs it: it can be loaded. Some seconds. */
  trained(): Promise<Logged>;
  /** The files of one, which is all that the registry looks at. */
  files(): Promise<Logged>;
  /** A model is registered by its ledger, as one that passed against this version. */
  registered(
    model: string,
    against: string | null,
    log?: () => Promise<Logged>,
    service?: ModelRef['service'],
  ): Promise<VersionRef>;
  promote(to: VersionRef): Promise<MoveAnswer>;
  /** As MLflow's own client sees them: version to stage, alias to version, stage to its latest version. */
  stages(model: string): Promise<Record<string, string>>;
  aliases(model: string): Promise<Record<string, string>>;
  latest(model: string): Promise<Record<string, number>>;
  /** Which logged model is loaded under this URI. */
  loaded(uri: string): Promise<string>;
  /** What a version says of its move into a stage. */
  evidence(model: string, version: string, stage: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Serves ledgers, with this address for MLflow; what it gives ends it. */
export async function modelWorker(connection: NativeConnection, url: string): Promise<() => Promise<void>> {
  const worker = await Worker.create({
    ...{ connection, taskQueue: taskQueue.control('dev') },
    workflowBundle: await workflowBundle({ cacheFolder: bundleCache }),
    // Moves are kept in the store, which is not looked at here.
    activities: {
      ...asActivities(heartbeating(createModelActivities(createTracking({ url })))),
      keepMove: async () => {},
      keepPack: async () => {},
    },
  });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
  };
}

/** @param options `worker: false`: who serves the ledger is the test's own business */
export async function startModelWorld(options: { worker?: boolean } = {}): Promise<ModelWorld> {
  const [mlflow, temporal] = await Promise.all([startMlflow(), startDevServer()]);
  const [theirs, proxy] = await Promise.all([startMlflowClient(mlflow.url), startCuttingProxy(mlflow.url)]);
  const tracking = createTracking({ url: mlflow.url });
  const serving = options.worker === false ? null : await modelWorker(temporal.nativeConnection, proxy.url);
  let count = 1;
  const files = async (): Promise<Logged> => {
    count += 1;
    const experimentId = await tracking.ensureExperiment('files');
    const run = await tracking.ensureRun({ experimentId, key: `${count}`, name: `${count}` });
    const { uri } = await logModel(mlflow.url, run, { content: `${count}` });
    return { runId: run.runId, uri };
  };
  return {
    ...{ mlflow, proxy, theirs, tracking, temporal, files },
    async trained() {
      count += 1;
      const logged = await theirs.call<{ run_id: string; model_uri: string }>('log_model', { weight: count });
      return { runId: logged.run_id, uri: logged.model_uri };
    },
    async registered(model, against, log = files, service = undefined) {
      const { runId, uri } = await log();
      const digest = await tracking.modelDigest(uri);
      const verdict = { digest: `on ${digest}`, against, outcome: 'passed', reasons: ['better'], report: null };
      const run = `run/p/${count}`;
      const { version } = await registerVersion(
        temporal.client,
        { model, asker: run },
        {
          ...{ key: effectKey(digest, verdict.digest), verdict },
          candidate: { kind: 'model', runId, uri, digest, environment: null, trainedOn: null, service },
          description: 'Accuracy: 0.956, F1: 0.943 on test set',
          tags: { 'ratchet.run': run, 'ratchet.pipeline': 'p', owner: 'fraud team' },
        },
      );
      return version;
    },
    promote: (to) =>
      moveAlias(
        temporal.client,
        { model: to.model },
        {
          ...{ key: effectKey(to.digest, to.verdict.digest), to },
          ...{ expect: to.verdict.against, by: 'run/p/1 (ann)' },
        },
      ),
    stages: (model) => theirs.call('stages', { name: model }),
    aliases: (model) => theirs.call('aliases', { name: model }),
    latest: (model) => theirs.call('latest', { name: model }),
    loaded: async (uri) => (await theirs.call<{ model_id: string }>('predict', { model_uri: uri })).model_id,
    evidence: async (model, version, stage) =>
      JSON.parse((await tracking.version(model, version))?.tags[`ratchet.stage.${stage}`] ?? 'null') as unknown,
    async close() {
      await serving?.();
      await Promise.all([temporal.teardown(), theirs.close(), proxy.close()]);
      await mlflow.close();
    },
  };
}

export const idOf = ({ uri }: { uri: string }): string => uri.replace('models:/', '');
