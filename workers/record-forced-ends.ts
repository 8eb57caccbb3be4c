/** Writes the records of runs that were ended by force, so that they are known when Temporal has forgotten them. */
import type { Client } from '@temporalio/client';
import { recordOfForcedEnd } from '#activities/run/forced-end.ts';
import { forcedEnd } from '#adapters/temporal/forced-ends.ts';
import { storeKey } from '#contracts/names.ts';
import type { RunRecord } from '#contracts/run.ts';
import type { ObjectStore } from '#ports/store.ts';
import { writeRecord } from '#records/runs.ts';

export interface Recorder {
  client: Client;
  store: Pick<ObjectStore, 'head' | 'put' | 'uri'>;
  /** Runs of others have their records in other stores. */
  environment: string;
}

/** Null when it is not needed, the run being no such or having its record, or not possible, its plan never having been made. */
export async function recordForcedEnd(
  { client, store, environment }: Recorder,
  runId: string,
): Promise<RunRecord | null> {
  if (await store.head(storeKey.record(runId))) return null;
  const end = await forcedEnd(client.workflow.getHandle(runId));
  if (end?.planned.run.environment !== environment) return null;
  const record = recordOfForcedEnd(end);
  await writeRecord(store, record);
  return record;
}
