/** Activities of the hand-written workflows: per run the same two calls to the store that a run of Ratchet makes. */
import type { ObjectStore } from '#ports/store.ts';

export interface RawActivities {
  /** Ratchet's plan: a HEAD that asks whether the run's code is in the store. */
  lookForCode(): Promise<void>;
  noop(input: { value: number }): Promise<{ value: number }>;
  /** Ratchet's record: one PUT. */
  writeRecord(record: { id: string; outcomes: unknown[] }): Promise<void>;
}

export function rawActivities(store: ObjectStore): RawActivities {
  return {
    lookForCode: async () => {
      await store.head('bench/code');
    },
    noop: async ({ value }) => ({ value: value + 1 }),
    writeRecord: (record) => store.put(`bench/records/${record.id}.json`, JSON.stringify(record), 'application/json'),
  };
}
