/** Writes the records of runs that wrote none themselves, so that they are known when Temporal has forgotten them. */
import type { Client } from '@temporalio/client';
import { endWithoutRecord } from '#adapters/temporal/ends-without-record.ts';
import { storeKey } from '#contracts/names.ts';
import type { RunRecord } from '#contracts/run.ts';
import type { ObjectStore } from '#ports/store.ts';
import { recordFromHistory } from '#records/from-history.ts';
import { namesRecord, writeRecord } from '#records/runs.ts';

export interface Recorder {
  client: Client;
  store: Pick<ObjectStore, 'head' | 'put' | 'uri'>;
  /** Runs of others have their records in other stores. */
  environment: string;
}

/** Null where none is missing: the run goes on, ended well, has its record, is of another environment, or has an id that can name none. */
export async function writeMissingRecord(
  { client, store, environment }: Recorder,
  runId: string,
): Promise<RunRecord | null> {
  if (!namesRecord(store, runId) || (await store.head(storeKey.record(runId)))) return null;
  const end = await endWithoutRecord(client.workflow.getHandle(runId));
  if (end?.environment !== environment) return null;
  const record = recordFromHistory(end, environment);
  await writeRecord(store, record);
  return record;
}
