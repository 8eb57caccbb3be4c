/** What `ratchet deploy` does: brings loops and schedules to what is wanted, each by its id. Repeating it changes nothing. */
import type { Client } from '@temporalio/client';
import type { ObjectStore } from '#activities/ports/store.ts';
import { readPolicy, writePolicy } from '#activities/watch/decisions.ts';
import { configureLoop, loopRuns, startLoop, stopLoop } from '#adapters/temporal/loops.ts';
import { compareSchedule, putSchedule, removeSchedule } from '#adapters/temporal/schedules.ts';
import { canonicalJson } from '#contracts/json.ts';
import type { LoopPolicy } from '#contracts/loop-policy.ts';
import { storeKey } from '#contracts/names.ts';
import { type WantedSchedule, wantedSchedules } from '#decisions/schedules.ts';
import { each } from '../each.ts';

export interface Change {
  what: 'create' | 'update' | 'delete';
  /** `loop/…`, `watch/…`, `fire/…`. */
  id: string;
  words: string;
}

type Store = Pick<ObjectStore, 'get' | 'put' | 'list' | 'delete'>;
interface Parts {
  client: Client;
  store: Store;
}

/** Requests at once: more make the embedded server no faster. */
const AT_ONCE = 24;

/** @returns what was changed, or would be; none when all is as wanted */
export async function reconcile(
  parts: Parts,
  wanted: readonly LoopPolicy[],
  options: { dryRun: boolean },
): Promise<Change[]> {
  const names = new Set(wanted.map(({ pipeline }) => pipeline));
  const deployed = new Set(await deployedPipelines(parts.store));
  const surplus = [...deployed].filter((name) => !names.has(name));
  const plans = await each(AT_ONCE, wanted, (policy) => difference(parts, policy, deployed.has(policy.pipeline)));
  if (!options.dryRun) {
    const loops = plans.flatMap(({ loop }) => loop ?? []);
    const fresh = loops.filter(({ runs }) => !runs);
    await Promise.all([
      each(AT_ONCE, plans, ({ schedules }) => bringSchedules(parts, schedules)),
      // A loop that is not there is found missing again, whatever the store says, and starts by what the store says.
      each(AT_ONCE, fresh, ({ policy }) => writePolicy(parts.store, policy)),
    ]);
    // Last: a worker is busy with loops for a while after they are started.
    await each(AT_ONCE, loops, (loop) => bringLoop(parts, loop));
  }
  const gone = await each(AT_ONCE, surplus, (pipeline) => takeDown(parts, pipeline, options.dryRun));
  return [...plans.map(({ changes }) => changes), ...gone].flat();
}

/** Names of pipelines that were deployed and not taken down, sorted. */
async function deployedPipelines(store: Pick<ObjectStore, 'list'>): Promise<string[]> {
  const names: string[] = [];
  const pattern = /^loops\/(.+)\.json$/;
  for await (const { key } of store.list('loops/')) {
    const name = pattern.exec(key)?.[1];
    if (name) names.push(name);
  }
  return names.sort();
}

/** What one pipeline lacks. */
interface Difference {
  changes: Change[];
  schedules: { put: WantedSchedule[]; remove: string[] };
  /** Null: as wanted. */
  loop: { policy: LoopPolicy; runs: boolean } | null;
}

/** @param known the store has a policy of the pipeline: others need not be asked for */
async function difference({ client, store }: Parts, policy: LoopPolicy, known: boolean): Promise<Difference> {
  const { pipeline } = policy;
  const wanted = wantedSchedules(policy);
  const [before, runs, ...found] = await Promise.all([
    known ? readPolicy(store, pipeline) : null,
    loopRuns(client, pipeline),
    ...wanted.map((schedule) => compareSchedule(client, schedule)),
  ]);
  const kept = new Set(wanted.map(({ id }) => id));
  const old = before ? wantedSchedules(before).filter(({ id }) => !kept.has(id)) : [];
  const put = wanted.filter((_, index) => found[index] !== 'same');
  const changes: Change[] = [];
  const different = canonicalJson(before) !== canonicalJson(policy);
  const id = `loop/${pipeline}`;
  if (!runs) changes.push({ what: 'create', id, words: 'starts' });
  else if (different)
    changes.push({ what: 'update', id, words: before ? changed(before, policy) : 'is told its triggers' });
  for (const schedule of put)
    changes.push({
      what: found[wanted.indexOf(schedule)] === 'missing' ? 'create' : 'update',
      id: schedule.id,
      words: whenInWords(schedule.when),
    });
  for (const schedule of old) changes.push({ what: 'delete', id: schedule.id, words: whenInWords(schedule.when) });
  return {
    changes,
    schedules: { put, remove: old.map(({ id }) => id) },
    loop: different || !runs ? { policy, runs } : null,
  };
}

async function bringSchedules({ client }: Parts, { put, remove }: Difference['schedules']): Promise<void> {
  for (const schedule of put) await putSchedule(client, schedule);
  for (const id of remove) await removeSchedule(client, id);
}

async function bringLoop({ client, store }: Parts, { policy, runs }: NonNullable<Difference['loop']>): Promise<void> {
  if (!runs) {
    if (!(await startLoop(client, policy))) await configureLoop(client, policy);
    return;
  }
  await configureLoop(client, policy);
  // Last of all: what dies before is found different and done again.
  await writePolicy(store, policy);
}

async function takeDown({ client, store }: Parts, pipeline: string, dryRun: boolean): Promise<Change[]> {
  const policy = await readPolicy(store, pipeline);
  const schedules = policy ? wantedSchedules(policy) : [];
  const changes = schedules.map(({ id, when }): Change => ({ what: 'delete', id, words: whenInWords(when) }));
  if (!dryRun) {
    for (const { id } of schedules) await removeSchedule(client, id);
    await stopLoop(client, pipeline, 'its pipeline is deployed no more');
    await store.delete(storeKey.policy(pipeline));
  }
  return [
    ...changes,
    { what: 'delete', id: `loop/${pipeline}`, words: 'its pipeline is gone; a run that goes on ends by itself' },
  ];
}

function whenInWords(when: { cron: string; timezone: string } | { everyMs: number; offsetMs: number }): string {
  if ('cron' in when) return `${when.cron} (${when.timezone})`;
  return when.everyMs === 60_000 ? 'every minute' : `every ${when.everyMs / 60_000} minutes`;
}

/** Names of the parts that differ. */
function changed(before: LoopPolicy, after: LoopPolicy): string {
  const keys = Object.keys(after) as (keyof LoopPolicy)[];
  const differ = keys.filter((key) => canonicalJson(before[key]) !== canonicalJson(after[key]));
  return `${differ.join(', ')} changed`;
}
