/** The object store of the shared project, as an outsider with its credentials reaches it. */

import { createObjectStore } from '#adapters/s3/object-store.ts';
import { storeKey } from '#contracts/names.ts';
import { RunRecord } from '#contracts/run.ts';
import type { ObjectStore } from '#ports/store.ts';
import { connectionSettings } from '#stack/connection-settings.ts';
import { projectFolder } from './ratchet.ts';

export async function withStore<T>(work: (store: ObjectStore) => Promise<T>): Promise<T> {
  const store = createObjectStore(connectionSettings(projectFolder).store);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** What one node of an ended run gave. */
export const outputOf = (runId: string, node: string): Promise<unknown> =>
  withStore(async (store) => {
    const body = await store.get(storeKey.record(runId));
    const record = RunRecord.parse(JSON.parse(Buffer.from(body ?? []).toString('utf8')));
    return record.outcomes.find(({ id }) => id === node)?.output;
  });
