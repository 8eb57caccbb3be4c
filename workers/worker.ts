/** A worker: takes workflows and steps of one environment from Temporal until it is told to stop. */
import { join } from 'node:path';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { noteUser } from '#activities/collect/users.ts';
import { stageSet } from '#activities/dispatch/stage-versions.ts';
import { connectTemporal, connectWorker } from '#adapters/temporal/connection.ts';
import { createLiveWorkflows } from '#adapters/temporal/live-workflows.ts';
import { registerSearchAttributes } from '#adapters/temporal/search-attributes.ts';
import { withShortStacks } from '#adapters/temporal/short-stacks.ts';
import { workflowBundle } from '#adapters/temporal/workflow-bundle.ts';
import { UserError } from '#contracts/failures.ts';
import { BEAT_MS } from '#contracts/heartbeat.ts';
import { taskQueue } from '#contracts/names.ts';
import { connectionSettings } from '#stack/connection-settings.ts';
import { lookAfterRuns } from './after-runs.ts';
import { type Composition, compose } from './composition.ts';
import { serveHealth } from './health.ts';
import { hostId } from './host-id.ts';
import { patient, reachable } from './reachable.ts';
import { sweepWork } from './sweep-work.ts';

export interface WorkerSettings {
  /** Project folder. */
  root: string;
  /** `dev` unless told otherwise. */
  environment?: string;
  log: Logger;
  /** How long to wait for servers that do not answer at start, ms; default 45,000. */
  patienceMs?: number;
  /** A module with workflows of the user's own, served instead of Ratchet's. */
  workflowsPath?: string;
  /** The task queue of those workflows: one of their own, never Ratchet's. Needed with `workflowsPath`. */
  queue?: string;
}

export interface RunningWorker {
  composition: Composition;
  host: string;
  healthUrl: string;
  /** Takes no more work, lets short steps end, detaches from jobs. */
  stop(): Promise<void>;
  /** Ends when the worker has stopped; rejects when it failed. */
  ended: Promise<void>;
}

/** Activities that are in the middle of something get this long to end before they are told to stop. */
const GRACE = '5s';
const DAY_MS = 86_400_000;

/** @throws UserError OutsideUnreachable or OutsideRefused when Temporal, MLflow or the store is not there for us. */
export async function startWorker(settings: WorkerSettings): Promise<RunningWorker> {
  const { root, environment = 'dev', log, patienceMs } = settings;
  const connections = connectionSettings(root);
  const waiting = (message: string) => log.info(message);
  const bundling = workflowBundle({
    // The same for every project of one installation: RATCHET_HOME shares it, as it shares Python environments.
    cacheFolder: join(process.env.RATCHET_HOME || join(root, '.ratchet'), 'code'),
    ...(settings.workflowsPath === undefined ? {} : { workflowsPath: settings.workflowsPath }),
  });
  bundling.catch(() => {});
  const temporal = await patient(
    () => connectTemporal({ ...connections.temporal, patienceMs: 5_000 }),
    waiting,
    patienceMs,
  );
  const [host, { connection, namespace }] = await Promise.all([hostId(root), connectWorker(connections.temporal)]);
  const composition = await compose({ root, environment, host, connections, temporal });
  await Promise.all([
    reachable(composition, waiting, patienceMs),
    registerSearchAttributes(temporal.connection, namespace),
  ]);

  const common: WorkerOptions = {
    connection,
    namespace,
    taskQueue: taskQueue.control(environment),
    activities: composition.activities,
    identity: `${process.pid}@${host}`,
    // A cancel reaches an activity with the answer to its heartbeat: what bounds these bounds how late a cancel arrives.
    maxHeartbeatThrottleInterval: BEAT_MS,
    defaultHeartbeatThrottleInterval: BEAT_MS,
    shutdownGraceTime: GRACE,
    shutdownForceTime: '60s',
  };
  const bundle = await bundling;
  const control = settings.workflowsPath === undefined ? common.taskQueue : ownQueue(settings.queue, environment);
  const workers = await Promise.all([
    withShortStacks(() => Worker.create({ ...common, taskQueue: control, workflowBundle: bundle })),
    // Jobs of this machine: their supervisors wait, so many fit.
    Worker.create({ ...common, taskQueue: taskQueue.host(environment, host) }),
    // Runs that were planned by a worker with the same stages, while others have other versions of them.
    Worker.create({ ...common, taskQueue: taskQueue.stages(environment, stageSet()) }),
  ]);
  const isReady = () => workers.every((worker) => worker.getState() === 'RUNNING');
  const health = await serveHealth(root, isReady);
  const stop = async () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await ended.catch(() => {});
  };
  const after = lookAfterRuns({ ...composition, temporal, environment, log });
  const live = createLiveWorkflows(temporal.client);
  const noted = () =>
    noteUser({ store: composition.store, live }).catch((error) =>
      log.warn({ error }, 'not noted as a user of the store'),
    );
  // A collection by another server is to know that this one's runs refer to the store.
  await noted();
  const noting = setInterval(noted, DAY_MS);
  noting.unref();
  const runs = workers.map((worker) => worker.run());
  // When one of them ends, whatever the reason, the others have no use.
  for (const run of runs) run.then(stop, stop);
  const ended = Promise.allSettled(runs).then(async (results) => {
    after.stop();
    clearInterval(noting);
    await composition.close();
    await Promise.allSettled([health.close(), temporal.close(), connection.close()]);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  });
  ended.catch(() => {});
  void Promise.all([composition.warm(), sweepWork(root)]).catch(() => {});
  return { composition, host, healthUrl: health.url, stop, ended };
}

/** A user's workflows beside ours on one queue would be asked for each other's runs. */
function ownQueue(queue: string | undefined, environment: string): string {
  if (queue && queue !== taskQueue.control(environment)) return queue;
  throw new UserError(
    'InvalidInput',
    `Workflows of your own need a task queue of their own, not ${queue ? `"${queue}"` : 'none'}: ratchet worker --workflows PATH --queue NAME, and name it in the \`child\` of your pipeline.`,
  );
}
