/** The embedded stack with a thousand pipelines, and `ratchet` as a person calls it. */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { connectTemporal, type Temporal } from '#adapters/temporal/connection.ts';
import { workerCommand } from '#cli/kit/project.ts';
import type { ObjectStore } from '#ports/store.ts';
import { connectionSettings } from '#stack/connection-settings.ts';
import { startStack, stopStack } from '#stack/stack.ts';
import { repository } from '../world.ts';
import { writePipelines } from './many-pipelines.ts';

export interface ManyPipelines {
  readonly root: string;
  readonly names: string[];
  readonly client: Temporal['client'];
  readonly store: ObjectStore;
  /** `ratchet deploy`, a process of its own. */
  deploy(): Promise<{ seconds: number; changes: number }>;
  close(): Promise<void>;
}

export async function startManyPipelines(count: number): Promise<ManyPipelines> {
  const root = join(repository, '.ratchet', 'bench-triggers');
  process.env.RATCHET_HOME ??= join(repository, '.ratchet');
  process.env.RATCHET_ROOT = root;
  await stopStack(root);
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const names = writePipelines(root, count);
  await startStack({
    root,
    workers: { count: 1, command: workerCommand(), env: { RATCHET_ROOT: root }, announcesReady: true },
    onProgress: () => undefined,
  });
  const settings = connectionSettings(root);
  const temporal = await connectTemporal(settings.temporal);
  const store = createObjectStore(settings.store);
  return {
    root,
    names,
    client: temporal.client,
    store,
    deploy: async () => {
      const began = performance.now();
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [join(repository, 'cli', 'bin.mjs'), 'deploy', '--json'],
        { cwd: root, maxBuffer: 64 * 2 ** 20 },
      );
      const seconds = (performance.now() - began) / 1_000;
      return { seconds, changes: (JSON.parse(stdout) as { changes: unknown[] }).changes.length };
    },
    close: async () => {
      await Promise.allSettled([temporal.close(), store.close()]);
      await stopStack(root);
    },
  };
}
