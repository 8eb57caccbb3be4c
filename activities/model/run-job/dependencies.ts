/** What jobs of trainers and scripts need; the worker's composition root gives it. */

import type { Executor } from '#ports/executor.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tables } from '#ports/tables.ts';
import type { Tracking } from '#ports/tracking.ts';

export interface JobDependencies {
  store: ObjectStore;
  tracking: Tracking;
  executor: Executor;
  tables: Pick<Tables, 'inspect' | 'snapshot' | 'md5'>;
  /** How long jobs wait for a server that is away, as the steps themselves do; absent: 24 hours. */
  patienceMs?: number | undefined;
  /** Whether a run is over and came to nothing: a retry may take up its jobs. */
  runFailed(run: string): Promise<boolean>;
  /** This machine, as its task queue calls it. */
  host: string;
}
