/**
 * Collects what nothing refers to. Objects are listed first, then all roots are read, then what was not reached and is old
 * enough goes to the trash; what lay there for another grace period, unreferred to still, is deleted. So an object is lost only
 * when two collections a grace period apart found that nothing refers to it, and no reader asked for it in between.
 *
 * May be killed anywhere, and two may work at once: a move is a copy and then a deletion, and each step may be repeated.
 */

import { each } from '#contracts/each.ts';
import { UserError } from '#contracts/failures.ts';
import { storeKey } from '#contracts/names.ts';
import { type Fate, fateOf, type KnownObject } from '#decisions/collection.ts';
import type { LiveWorkflows } from '#ports/live-workflows.ts';
import type { ObjectStore, UnfinishedUploads } from '#ports/store.ts';
import { type Classified, classify } from './kinds.ts';
import { createMarking } from './mark.ts';
import { type Listed, markRoots, type RootSources } from './roots.ts';
import { refuseOtherUsers } from './users.ts';

export interface CollectParts extends RootSources {
  /** Itself, not one that takes back from the trash. */
  readonly store: ObjectStore;
  readonly uploads: UnfinishedUploads;
  readonly live: LiveWorkflows;
}

export interface CollectRequest {
  /** false: only says what would happen. */
  readonly remove: boolean;
  readonly graceMs: number;
  readonly keepRunsMs: number;
  readonly keepCacheMs: number;
  /** Also files that nothing says Ratchet made: of versions that did not note it, or brought by DVC. */
  readonly unmarked?: boolean;
  /** Other servers that used the store and are no more, `<cluster>/<namespace>`: what their histories needed is nobody's. */
  readonly gone?: readonly string[];
  readonly signal?: AbortSignal;
  progress?(what: string, done?: number, of?: number): void;
}

export interface Amount {
  objects: number;
  bytes: number;
}
export interface Collection {
  readonly removed: boolean;
  /** By kind: all, and what of it goes now. */
  readonly kinds: Record<string, Amount & { goes: Amount }>;
  /** By what is done. `trash` takes space until it is deleted. */
  readonly does: Record<Fate['does'], Amount>;
  /** Why the rest stays. */
  readonly kept: Record<string, Amount>;
  /** Uploads that were begun before the grace period; null: this store does not tell. */
  readonly unfinished: number | null;
}

/** Requests at once. */
const AT_ONCE = 8;

/** @throws UserError OutsideRefused, before anything is touched, when something that may refer to objects cannot be read */
export async function collect(parts: CollectParts, request: CollectRequest): Promise<Collection> {
  const { remove, graceMs, signal, progress = () => undefined } = request;
  const began = { monotonic: performance.now(), wall: Date.now() };
  const clock = await refuseOtherUsers(parts, remove, request.gone);
  progress('listing');
  const objects = new Map<string, Listed>();
  for await (const { key, bytes, modified } of parts.store.list('')) {
    objects.set(key, { bytes, modified: modified.getTime() });
    if (objects.size % 1_000 === 0) progress('listing', objects.size);
    signal?.throwIfAborted();
  }
  const now = clock();
  const places = new Set([...objects.keys()].map((key) => (key.startsWith('trash/') ? key.slice(6) : key)));
  const read = async (key: string) => {
    signal?.throwIfAborted();
    const body = (await parts.store.get(key)) ?? (await parts.store.get(storeKey.trash(key)));
    return body && Buffer.from(body).toString('utf8');
  };
  const marking = createMarking(places, read, parts.store.uri('x').slice(0, -1));
  const retention = { ...request, now };
  const { oldestRun } = await markRoots(marking, objects, parts, retention, (what) => {
    signal?.throwIfAborted();
    progress(what);
  });

  const patience = { grace: graceMs, oldestRun: oldestRun === null ? null : now - oldestRun };
  const facts = factsOf(objects, marking.reached, now, request.unmarked ?? false);
  const goes = new Set<string>();
  const fates = new Map<string, Fate>();
  // What is about another object is judged after it.
  for (const about of [false, true])
    for (const [key, classified] of facts.classified)
      if ((classified.about !== null) === about) {
        const fate = fateOf(facts.of(key, classified, goes), patience);
        fates.set(key, fate);
        if (fate.does !== 'keep') goes.add(key);
      }

  const report = summary(objects, facts.classified, fates, remove);
  const old = await unfinishedBefore(parts.uploads, now - graceMs);
  if (remove) {
    const fresh = () => {
      signal?.throwIfAborted();
      // What was read so long ago says nothing any more. A machine that sleeps stops the one clock, a hand sets the other.
      const took = Math.max(performance.now() - began.monotonic, Date.now() - began.wall);
      if (took > graceMs / 2)
        throw new UserError('OutsideRefused', 'This collection was stopped for too long to go on: start it again.');
    };
    await carryOut(parts.store, fates, fresh, progress);
    for (const upload of old ?? []) await parts.uploads.giveUp(upload);
  }
  return { ...report, unfinished: old?.length ?? null };
}

function factsOf(
  objects: ReadonlyMap<string, Listed>,
  reached: ReadonlyMap<string, string>,
  now: number,
  unmarked: boolean,
) {
  const classified = new Map([...objects.keys()].map((key) => [key, classify(key)] as const));
  const age = (key: string) => {
    const found = objects.get(key);
    return found ? now - found.modified : null;
  };
  const of = (key: string, { kind, about }: Classified, goes: ReadonlySet<string>): KnownObject => ({
    kind,
    bytes: objects.get(key)?.bytes ?? 0,
    age: age(key) ?? 0,
    reached: reached.get(key) ?? null,
    ours: unmarked || kind !== 'dataset' || objects.has(`made/${key.slice('files/md5/'.length)}`),
    about:
      about === null
        ? null
        : {
            age: age(about),
            reached: reached.get(about) ?? null,
            goes: goes.has(about),
            inTrash: objects.has(storeKey.trash(about)),
          },
  });
  return { classified, of };
}

async function carryOut(
  store: ObjectStore,
  fates: ReadonlyMap<string, Fate>,
  fresh: () => void,
  progress: NonNullable<CollectRequest['progress']>,
): Promise<void> {
  const todo = (['restore', 'trash', 'delete'] as const).flatMap((does) =>
    [...fates].flatMap(([key, fate]) => (fate.does === does ? [{ key, does }] : [])),
  );
  let done = 0;
  await each(AT_ONCE, todo, async ({ key, does }) => {
    fresh();
    if (does === 'restore') await store.copy(key, key.slice('trash/'.length));
    // Another collection may have moved it already.
    else if (does === 'delete' || (await store.copy(key, storeKey.trash(key)))) await store.delete(key);
    progress('collecting', ++done, todo.length);
  });
}

function summary(
  objects: ReadonlyMap<string, Listed>,
  classified: ReadonlyMap<string, Classified>,
  fates: ReadonlyMap<string, Fate>,
  removed: boolean,
): Omit<Collection, 'unfinished'> {
  const none = (): Amount => ({ objects: 0, bytes: 0 });
  const kinds: Record<string, Amount & { goes: Amount }> = {};
  const does = { keep: none(), trash: none(), delete: none(), restore: none() };
  const kept: Record<string, Amount> = {};
  const add = (amount: Amount, bytes: number) => {
    amount.objects++;
    amount.bytes += bytes;
  };
  for (const [key, { bytes }] of objects) {
    const { kind } = classified.get(key) ?? classify(key);
    const fate = fates.get(key);
    if (!fate) continue;
    kinds[kind] ??= { ...none(), goes: none() };
    add(kinds[kind], bytes);
    add(does[fate.does], bytes);
    if (fate.does === 'keep') {
      kept[fate.why] ??= none();
      add(kept[fate.why] as Amount, bytes);
    } else add(kinds[kind].goes, bytes);
  }
  return { removed, kinds, does, kept };
}

/** Null where the store does not tell. */
async function unfinishedBefore(uploads: UnfinishedUploads, time: number) {
  try {
    const found: { key: string; id: string }[] = [];
    for await (const upload of uploads.unfinished()) if (upload.began.getTime() < time) found.push(upload);
    return found;
  } catch (error) {
    if (error instanceof UserError && error.type === 'OutsideRefused') return null;
    throw error;
  }
}
