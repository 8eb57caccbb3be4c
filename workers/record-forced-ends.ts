/** Writes the records of runs that were ended by force, so that they are known when Temporal has forgotten them. */
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { ObjectStore } from '#activities/ports/store.ts';
import { recordOfForcedEnd } from '#activities/run/forced-end.ts';
import { writeRecord } from '#activities/run/records.ts';
import { forcedEnd, forcedEnds } from '#adapters/temporal/forced-ends.ts';
import { storeKey } from '#contracts/names.ts';
import type { RunRecord } from '#contracts/run.ts';

/** Far back enough for workers that were away over a long weekend; a history is there for longer. */
const LOOK_BACK_MS = 7 * 86_400_000;
const AT_ONCE = 200;

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

/** @param known runs that were looked at before; those of this look are added. */
export async function recordForcedEnds(recorder: Recorder, known: Set<string>, log: Logger): Promise<void> {
  try {
    const found = await forcedEnds(recorder.client, new Date(Date.now() - LOOK_BACK_MS), AT_ONCE);
    for (const runId of found.filter((id) => !known.has(id))) {
      if (await recordForcedEnd(recorder, runId))
        log.info({ run: runId }, 'wrote the record of a run that was ended by force');
      known.add(runId);
    }
    // A year of them is no reason to grow: what the look does not list any more is not asked for again.
    for (const id of known) if (!found.includes(id)) known.delete(id);
  } catch (error) {
    log.warn(
      { error: error instanceof Error ? error.message : String(error) },
      'records of runs that were ended by force could not be written',
    );
  }
}
