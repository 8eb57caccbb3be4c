/** Whether a run is over and came to nothing. Temporal knows it for as long as it keeps the run; its record, from then on. */

import type { Temporal } from '#adapters/temporal/connection.ts';
import { runEnd } from '#adapters/temporal/run-status.ts';
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '#ports/store.ts';
import { readRecord } from '#records/runs.ts';

export function createRunFailed({ client }: Pick<Temporal, 'client'>, store: ObjectStore) {
  return async (run: string): Promise<boolean> => {
    const end = await runEnd(client, run);
    if (end !== 'unknown') return end === 'badly';
    if (!(await store.head(storeKey.record(run)))) return false;
    const { status } = (await readRecord(store, run)).result;
    return status === 'failed' || status === 'cancelled';
  };
}
