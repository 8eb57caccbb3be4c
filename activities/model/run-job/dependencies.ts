/** What jobs of trainers and scripts need; the worker's composition root gives it. */

import type { PinnedProgram } from '#contracts/program.ts';
import type { Executor } from '#ports/executor.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tables } from '#ports/tables.ts';
import type { Tracking } from '#ports/tracking.ts';

export interface JobDependencies {
  store: ObjectStore;
  tracking: Tracking;
  executor: Executor;
  tables: Pick<Tables, 'inspect' | 'snapshot' | 'md5'>;
  /** A local file with the bytes of a stored reference, from the cache or the store; it outlives the worker. */
  localFile(ref: { uri: string; digest: string }, signal: AbortSignal): Promise<string>;
  /** Lays a program's files into `folder` and finds or makes its Python environment; `progress` takes a line a step. */
  materialize(
    program: PinnedProgram,
    folder: string,
    progress: (line: string) => void,
  ): Promise<{ command: string[]; cwd: string; path: string[] }>;
  /** How long jobs wait for a server that is away, as the steps themselves do; absent: 24 hours. */
  patienceMs?: number | undefined;
  /** Whether a run is over and came to nothing: a retry may take up its jobs. */
  runFailed(run: string): Promise<boolean>;
  /** This machine, as its task queue calls it. */
  host: string;
  /** Folder of this machine for programs and models of jobs: `<root>/.ratchet/jobs-files`; created. */
  folder: string;
}

/** The server that a job logs to, and how long it waits for it. */
export function serverOf({ tracking, patienceMs }: Pick<JobDependencies, 'tracking' | 'patienceMs'>): {
  trackingUri: string;
  patienceSeconds?: number;
} {
  return { trackingUri: tracking.url, ...(patienceMs === undefined ? {} : { patienceSeconds: patienceMs / 1_000 }) };
}
