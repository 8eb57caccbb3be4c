/** Which servers' runs refer to a store's objects: each worker says so when it starts and every day. */
import { UserError } from '#contracts/failures.ts';
import { storeKey } from '#contracts/names.ts';
import type { LiveWorkflows } from '#ports/live-workflows.ts';
import type { ObjectStore } from '#ports/store.ts';

/** Not heard of for so long, nobody uses it any more; milliseconds. */
const FORGOTTEN = 30 * 86_400_000;

interface Parts {
  readonly store: ObjectStore;
  readonly live: Pick<LiveWorkflows, 'identity'>;
}

/** A repeat writes the same again: its time is what counts. */
export async function noteUser({ store, live }: Parts): Promise<string> {
  const { cluster, namespace } = await live.identity();
  const key = storeKey.user(cluster, namespace);
  await store.put(key, JSON.stringify({ cluster, namespace }), 'application/json');
  return key;
}

/**
 * Histories of another server cannot be read here.
 * @param note whether to write that this one uses the store
 * @param gone servers that somebody says are no more, `<cluster>/<namespace>` as their notes are called; with `note` those go
 * @returns the time by the store's clock, in milliseconds; by this machine's where nothing is written
 * @throws UserError OutsideRefused when runs of another server refer to this store; InvalidInput for one `gone` that left no note
 */
export async function refuseOtherUsers(
  parts: Parts,
  note: boolean,
  gone: readonly string[] = [],
): Promise<() => number> {
  const { cluster, namespace } = await parts.live.identity();
  const own = storeKey.user(cluster, namespace);
  if (note) await noteUser(parts);
  const wrote = Date.now();
  let ahead = 0;
  const others: { key: string; modified: number }[] = [];
  for await (const { key, modified } of parts.store.list('users/')) {
    if (key !== own) others.push({ key, modified: modified.getTime() });
    else if (note) ahead = modified.getTime() - wrote;
  }
  const clock = () => Date.now() + ahead;
  const unknown = gone.find((name) => !others.some(({ key }) => nameOf(key) === name));
  if (unknown !== undefined)
    throw new UserError(
      'InvalidInput',
      `No other Temporal called "${unknown}" ever used this store: ${others.map(({ key }) => nameOf(key)).join(', ') || 'none'} did. Nothing was collected.`,
    );
  const other = others.find(({ key, modified }) => clock() - modified < FORGOTTEN && !gone.includes(nameOf(key)));
  if (other) {
    const heard = new Date(other.modified).toISOString().slice(0, 10);
    throw new UserError(
      'OutsideRefused',
      `Runs of another Temporal refer to this store (${parts.store.uri(other.key)}, last heard of ${heard}), and what they need cannot be read from here. Give each its own store (RATCHET_STORE). When that one is no more, or its database was made anew: ratchet gc --gone ${nameOf(other.key)}, which also collects what only its runs that had not ended and its loops refer to. Nothing was collected.`,
    );
  }
  // A worker of one that is there after all writes its note again within a day, and the next collection is refused.
  if (note) for (const { key } of others) if (gone.includes(nameOf(key))) await parts.store.delete(key);
  return clock;
}

/** Of `users/<cluster>/<namespace>.json`. */
const nameOf = (key: string) => key.slice('users/'.length, -'.json'.length);
