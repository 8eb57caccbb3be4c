import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { endEverything, supervisorLives } from './clean-up.ts';
import { type ConnectionSettings, connectionSettings } from './connection-settings.ts';
import { enoughDisk } from './enough-disk.ts';
import { type Addresses, noAddresses, readStackFile, type StackFile, writeStackFile } from './file.ts';
import { withLock } from './lock.ts';
import { outsideServers } from './outside-servers.ts';
import { type PartName, partNames } from './parts/part.ts';
import { makeStackFolders, stackPaths } from './paths.ts';
import { ensurePythonEnvironment } from './python-environment.ts';
import { outsideProbes, waitForOutside } from './reach-outside.ts';
import { spawnSupervisor } from './spawn-supervisor.ts';
import { covers, type SupervisorRequest, WorkerRequest } from './supervisor-request.ts';
import { type PartEvent, watchStart } from './watch-start.ts';

export type StackEvent = PartEvent | { kind: 'installing' | 'waiting' | 'note'; message: string };

export type StackOptions = {
  /** Project folder; everything lies in its `.ratchet`. */
  root: string;
  /** Default: every part for which the environment names no server of the user's own. */
  parts?: readonly PartName[];
  workers?: { count: number; command: string[]; env?: Record<string, string>; announcesReady?: boolean };
  /** Where Python environments lie; default as `environmentsFolder` says. */
  environments?: string;
  env?: NodeJS.ProcessEnv;
  /** How long to wait for a server of the user's own; default 60. */
  outsideSeconds?: number;
  onProgress?: (event: StackEvent) => void;
};

export type Stack = {
  root: string;
  /** True when a running stack gave all that was asked for. */
  reused: boolean;
  addresses: Addresses;
  settings: ConnectionSettings;
  stop(): Promise<string[]>;
};

/**
 * Starts what is missing and returns when all of it is healthy. The servers outlive this process; `stopStack` ends
 * them. Two calls at once in one project: the second waits and shares. Whatever an earlier stack left behind (its
 * supervisor killed, the machine restarted) is ended first, matched by identity, and its data is kept.
 * Throws a UserError for all that a user can mend; what this call started is stopped before.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const began = performance.now();
  const paths = stackPaths(options.root);
  const env = options.env ?? process.env;
  const onProgress = options.onProgress ?? (() => {});
  const outside = outsideServers(env);
  const named: Record<PartName, unknown> = {
    temporal: outside.temporal,
    mlflow: outside.mlflow,
    'object-store': outside.store,
  };
  const parts = (options.parts ?? partNames).filter((name) => !named[name]);
  const workers = options.workers ? WorkerRequest.parse(options.workers) : null;
  if (parts.length > 0) await enoughDisk(paths.folder);
  makeStackFolders(paths);

  const away = new AbortController();
  const wait = (message: string) => onProgress({ kind: 'waiting', message });
  const reached = Promise.all(
    outsideProbes(outside).map((probe) => waitForOutside(probe, options.outsideSeconds ?? 60, wait, away.signal)),
  );
  const started = withLock(
    paths,
    (pid) => onProgress({ kind: 'waiting', message: `process ${pid} is starting or stopping the stack here: waiting` }),
    async () => {
      const environment = parts.length > 0 ? await serverEnvironment(options, env, onProgress) : null;
      const request: SupervisorRequest = { root: paths.root, parts, workers, environment };
      const running = readStackFile(paths);
      if (running && (await supervisorLives(running)) && covers(running.request, request))
        return { reused: true, request };
      const ended = await endEverything(paths);
      if (ended.length > 0) onProgress({ kind: 'note', message: `ended what ran before: ${ended.join(', ')}` });
      if (parts.length > 0 || workers) await spawnSupervisor(paths, request, env);
      return { reused: false, request };
    },
  );

  try {
    const [{ reused, request }] = await Promise.all([started, reached]);
    const names = [...request.parts, ...workerNames(request)];
    const file = names.length > 0 ? await watchStart(paths, names, began, onProgress) : undefined;
    return {
      root: paths.root,
      reused,
      addresses: file?.addresses ?? noAddresses,
      settings: connectionSettings(paths.root, env),
      stop: () => stopStack(paths.root),
    };
  } catch (error) {
    away.abort();
    const mine = await started.then(({ reused }) => !reused).catch(() => false);
    if (mine) await stopStack(paths.root);
    throw error;
  }
}

/** Stops all that `startStack` started in this project and nothing else; data stays. Returns the names of what was stopped. */
export async function stopStack(
  root: string,
  options: { onProgress?: (event: StackEvent) => void } = {},
): Promise<string[]> {
  const paths = stackPaths(root);
  if (!existsSync(paths.folder)) return [];
  const wait = (pid: number) =>
    options.onProgress?.({
      kind: 'waiting',
      message: `process ${pid} is starting or stopping the stack here: waiting`,
    });
  return withLock(paths, wait, async () => {
    const ended = await endEverything(paths);
    const file = readStackFile(paths);
    if (file) writeStackFile(paths, asStopped(file));
    for (const name of ended) options.onProgress?.({ kind: 'note', message: `${name} stopped` });
    return ended;
  });
}

async function serverEnvironment(
  options: StackOptions,
  env: NodeJS.ProcessEnv,
  onProgress: (event: StackEvent) => void,
) {
  const { root, environments } = options;
  return ensurePythonEnvironment({
    root,
    name: 'stack',
    lock: fileURLToPath(new URL('./requirements.lock', import.meta.url)),
    env,
    ...(environments && { environments }),
    progress: (message) => onProgress({ kind: 'installing', message }),
  });
}

function workerNames(request: SupervisorRequest): string[] {
  return Array.from({ length: request.workers?.count ?? 0 }, (_, index) => `worker-${index + 1}`);
}

function asStopped(file: StackFile): StackFile {
  const parts = Object.entries(file.parts).map(
    ([name, part]) => [name, { ...part, state: 'stopped', process: null }] as const,
  );
  return { ...file, supervisor: null, parts: Object.fromEntries(parts) };
}
