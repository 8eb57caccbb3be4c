/**
 * The whole product on real servers, in a project folder of its own below the clone's `.ratchet`: Temporal, MLflow, an S3
 * store and workers, all kept running by the product's own supervisor. Workers and trainers reach MLflow and the store
 * through taps; the test reaches them directly.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { createTracking } from '#adapters/mlflow/tracking.ts';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { connectTemporal } from '#adapters/temporal/connection.ts';
import { workerCommand } from '#cli/kit/project.ts';
import { storeKey } from '#contracts/names.ts';
import { RunRecord } from '#contracts/run.ts';
import type { Executor } from '#ports/executor.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tracking } from '#ports/tracking.ts';
import { ensureCredentials } from '#stack/credentials.ts';
import { readStackFile } from '#stack/file.ts';
import { findPython } from '#stack/find-python.ts';
import { embeddedBucket } from '#stack/parts/object-store.ts';
import { makeStackFolders, stackPaths } from '#stack/paths.ts';
import { type Stack, startStack, stopStack } from '#stack/stack.ts';
import { localExecutor } from '../fixtures/local-executor.ts';
import { startTap, type Tap } from './tap.ts';
import { startWire, type Wire } from './wire.ts';
import { type ExtraWorker, startExtraWorker } from './worker.ts';

const clone = new URL('../../', import.meta.url).pathname;

/** `worker-1` and so on, or a server's name. */
export type PartOfWorld = 'temporal' | 'mlflow' | 'object-store' | `worker-${number}`;

export interface World {
  /** The project folder. */
  readonly root: string;
  readonly stack: Stack;
  readonly client: Client;
  readonly tracking: Tracking;
  readonly store: ObjectStore;
  readonly executor: Executor;
  /** Between workers or trainers and the servers. */
  readonly taps: { readonly mlflow: Tap; readonly store: Tap };
  /** Between workers and Temporal, where the world was started with `wired`. */
  readonly wire: Wire | null;
  /** Copies a folder to `pipelines/<name>`. */
  addPipeline(name: string, from: string): void;
  /** Null while the part is not running. */
  pid(part: PartOfWorld): number | null;
  /** SIGKILL to the part's whole process group; answers the pid that died. The supervisor brings it back. */
  kill(part: PartOfWorld): Promise<number>;
  /** Null when the run has not ended. */
  record(runId: string): Promise<RunRecord | null>;
  /** One more worker, in this process's care. */
  addWorker(options?: { environment?: string; command?: readonly string[] }): Promise<ExtraWorker>;
  /** Stops all and leaves the folder, with its logs, behind. */
  close(): Promise<void>;
}

/** @param name of the folder below `.ratchet`: what an earlier test left there is ended and removed. */
export async function startWorld(options: {
  name: string;
  workers?: number;
  /** argv of a worker; default the product's. */
  command?: readonly string[];
  /** More of a worker's environment. */
  workerEnv?: Record<string, string>;
  /** Workers reach Temporal, too, through something that can be cut. */
  wired?: boolean;
  onProgress?: (line: string) => void;
}): Promise<World> {
  const {
    name,
    workers = 1,
    command = workerCommand(),
    workerEnv = {},
    wired = false,
    onProgress = () => {},
  } = options;
  const root = join(clone, '.ratchet', name);
  await stopStack(root);
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, 'pipelines'), { recursive: true });

  const paths = stackPaths(root);
  makeStackFolders(paths);
  const { accessKeyId, secretAccessKey } = ensureCredentials(paths);
  const taps = { mlflow: await startTap(), store: await startTap() };
  const wire = wired ? await startWire() : null;
  const ownServers = /^(MLFLOW|AWS|TEMPORAL|RATCHET)_/;
  const clean = Object.fromEntries(Object.entries(process.env).filter(([key]) => !ownServers.test(key)));
  const home = process.env.RATCHET_HOME || join(clone, '.ratchet');
  const env = { ...clean, RATCHET_HOME: home };
  // As a user who has servers of their own would say it.
  const through = {
    ...workerEnv,
    RATCHET_ROOT: root,
    ...(wire && { TEMPORAL_ADDRESS: wire.address }),
    MLFLOW_TRACKING_URI: taps.mlflow.url,
    RATCHET_STORE: `s3://${embeddedBucket}`,
    AWS_ENDPOINT_URL_S3: taps.store.url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const endings: (() => Promise<unknown>)[] = [() => stopStack(root), taps.mlflow.close, taps.store.close];
  if (wire) endings.unshift(wire.close);
  const close = async () => {
    for (const end of endings.splice(0).reverse()) await end().catch((error) => console.error(error));
  };
  try {
    // Where the servers will be is known before they answer; workers wait for them.
    const aiming = aimEarly(root, taps, wire);
    const stack = await startStack({
      root,
      env,
      ...(workers > 0 && { workers: { count: workers, command: [...command], env: through, announcesReady: true } }),
      onProgress: (event) => onProgress(event.kind === 'part' ? `${event.part} ${event.state}` : event.message),
    });
    await aiming;
    const { settings } = stack;
    // A part that never was ready may have moved to another port.
    taps.mlflow.aim(settings.mlflow.url);
    wire?.aim(settings.temporal.address);
    if (settings.store.endpoint) taps.store.aim(settings.store.endpoint);
    const temporal = await connectTemporal({ ...settings.temporal, env: {} });
    endings.push(() => temporal.close());
    const store = createObjectStore(settings.store);
    endings.push(() => store.close());
    const pid = (part: PartOfWorld) => readStackFile(paths)?.parts[part]?.process?.pid ?? null;
    return {
      root,
      stack,
      client: temporal.client,
      tracking: createTracking({ url: settings.mlflow.url }),
      store,
      executor: localExecutor(join(root, '.ratchet'), { python: (await findPython()).executable }),
      taps,
      wire,
      addPipeline: (pipeline, from) => cpSync(from, join(root, 'pipelines', pipeline), { recursive: true }),
      pid,
      kill: async (part) => {
        const dead = pid(part);
        if (dead === null) throw new Error(`${part} does not run, so it cannot be killed`);
        process.kill(-dead, 'SIGKILL');
        return dead;
      },
      record: async (runId) => {
        const body = await store.get(storeKey.record(runId));
        return body === null ? null : RunRecord.parse(JSON.parse(Buffer.from(body).toString('utf8')));
      },
      addWorker: async ({ environment = 'dev', command: argv = command } = {}) => {
        const temporalAddress = { TEMPORAL_ADDRESS: settings.temporal.address };
        const worker = await startExtraWorker({
          command: argv,
          cwd: root,
          env: { ...env, ...through, ...temporalAddress, RATCHET_ENVIRONMENT: environment },
          log: join(root, '.ratchet', 'logs', `extra-worker-${environment}.log`),
        });
        endings.push(worker.stop);
        return worker;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function aimEarly(root: string, taps: World['taps'], wire: Wire | null): Promise<void> {
  const deadline = Date.now() + 240_000;
  for (;;) {
    const addresses = readStackFile(stackPaths(root))?.addresses;
    if (addresses?.mlflowUrl && addresses.s3Endpoint && addresses.temporalAddress) {
      wire?.aim(addresses.temporalAddress);
      taps.mlflow.aim(addresses.mlflowUrl);
      taps.store.aim(addresses.s3Endpoint);
      return;
    }
    if (Date.now() > deadline) throw new Error('the stack never said where its servers are');
    await pause(50);
  }
}
