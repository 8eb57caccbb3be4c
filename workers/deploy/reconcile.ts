/**
 * What `ratchet deploy` does: brings a project's loops and schedules to what is wanted, each by its id. Repeating it changes
 * nothing; two at once are one after the other; what another project deployed is left alone.
 */
import { hostname } from 'node:os';
import type { Client } from '@temporalio/client';
import { exclusively } from '#adapters/temporal/exclusive.ts';
import { configureLoop, loopRuns, startLoop, stopLoop } from '#adapters/temporal/loops.ts';
import { compareSchedule, pausedBecause, putSchedule, removeSchedule } from '#adapters/temporal/schedules.ts';
import { each } from '#contracts/each.ts';
import { UserError } from '#contracts/failures.ts';
import { canonicalJson } from '#contracts/json.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import { storeKey, workflowId } from '#contracts/names.ts';
import { countedFires, type WantedSchedule, wantedSchedules } from '#decisions/schedules.ts';
import type { ObjectStore } from '#ports/store.ts';
import { readPolicy, writePolicy } from '#records/decisions.ts';
import { assertOwn, ownersOf } from './owners.ts';

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

export interface Deployment {
  /** Whose pipelines these are. */
  readonly project: string;
  readonly dryRun: boolean;
  /** Names of those to bring to what is wanted; all others stay as they are. Default all. */
  readonly only?: readonly string[];
  /** Pipelines of other projects, or of nobody known, that are this project's from now on. */
  readonly takeOver?: readonly string[];
  /** Who deploys, for another who waits. */
  readonly who?: string;
  /** Told before anything is changed. */
  readonly planned?: (changes: readonly Change[]) => void;
  /** Told when another deploy goes on. */
  readonly waits?: (who: string) => void;
}

/**
 * @param wanted policies of the whole project: what it deployed and is not among them is taken down
 * @returns what was changed, or would be; none when all is as wanted
 * @throws UserError InvalidPipeline for a pipeline that another project deployed; InvalidInput, before anything is changed, for
 * one to deploy `only` that neither has triggers nor is deployed
 */
export async function reconcile(
  parts: Parts,
  wanted: readonly LoopPolicy[],
  deployment: Deployment,
): Promise<{ changes: Change[]; unowned: string[] }> {
  if (deployment.dryRun) return reconciled(parts, wanted, deployment);
  const { who = `process ${process.pid} on ${hostname()}`, waits = () => undefined } = deployment;
  return exclusively(parts.client, { id: workflowId.deploy, who, waits }, (signal) =>
    reconciled(parts, wanted, deployment, signal),
  );
}

const nothingToDeploy = (name: string, names: readonly string[]) =>
  new UserError(
    'InvalidInput',
    `Nothing of ${JSON.stringify(name)} can be deployed: no pipeline of that name has triggers, and none is deployed. Those that have: ${names.join(', ') || 'none'}.`,
  );

async function reconciled(
  parts: Parts,
  all: readonly LoopPolicy[],
  { project, dryRun, only, takeOver = [], planned }: Deployment,
  signal?: AbortSignal,
): Promise<{ changes: Change[]; unowned: string[] }> {
  const isMeant = (name: string) => only?.includes(name) ?? true;
  const found = await ownersOf(parts.store);
  const known = all.map(({ pipeline }) => pipeline);
  for (const name of only ?? []) if (!known.includes(name) && !found.has(name)) throw nothingToDeploy(name, known);
  const wanted = all.filter(({ pipeline }) => isMeant(pipeline));
  const names = wanted.map(({ pipeline }) => pipeline);
  const owners = new Map([...found].map(([name, owner]) => [name, takeOver.includes(name) ? project : owner]));
  assertOwn(project, names, owners);
  const surplus = [...owners].flatMap(([name, owner]) =>
    owner === project && isMeant(name) && !known.includes(name) ? [name] : [],
  );
  const unowned = [...owners].flatMap(([name, owner]) =>
    owner === null && isMeant(name) && !known.includes(name) ? [name] : [],
  );
  const plans = await each(AT_ONCE, wanted, (policy) => difference(parts, policy, owners.has(policy.pipeline)));
  const leaving = await each(AT_ONCE, surplus, (pipeline) => departure(parts, pipeline));
  const changes = [...plans, ...leaving].flatMap((plan) => plan.changes);
  if (changes.length > 0) planned?.(changes);
  if (!dryRun) {
    // First: what dies before the rest is this project's, and found different.
    await each(AT_ONCE, [...names, ...surplus], async (pipeline) => {
      const before = found.get(pipeline);
      if (before === project) return;
      await parts.store.put(
        storeKey.owner(project, pipeline),
        JSON.stringify({ project, pipeline }),
        'application/json',
      );
      if (before) await parts.store.delete(storeKey.owner(before, pipeline));
    });
    signal?.throwIfAborted();
    const loops = plans.flatMap(({ loop }) => loop ?? []);
    const fresh = loops.filter(({ runs }) => !runs);
    await Promise.all([
      each(AT_ONCE, plans, ({ schedules }) => bringSchedules(parts, schedules, signal)),
      // A loop that is not there is found missing again, whatever the store says, and starts by what the store says.
      each(AT_ONCE, fresh, ({ policy }) => writePolicy(parts.store, policy)),
    ]);
    // Last: a worker is busy with loops for a while after they are started.
    await each(AT_ONCE, loops, (loop) => bringLoop(parts, loop, signal));
    await each(AT_ONCE, leaving, (departing) => takeDown(parts, project, departing, signal));
  }
  return { changes, unowned };
}

/** What one pipeline lacks. */
interface Difference {
  changes: Change[];
  schedules: { put: { schedule: WantedSchedule; paused: string | null }[]; remove: string[] };
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
  const counted = before && put.length > 0 ? await countedSchedules(client, before) : [];
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
  for (const { id, detail } of counted) changes.push({ what: 'delete', id, words: detail });
  return {
    changes,
    schedules: {
      put: put.map((schedule) => ({
        schedule,
        paused: counted.find(({ detail }) => detail === schedule.input.cron)?.paused ?? null,
      })),
      remove: [...old, ...counted].map(({ id }) => id),
    },
    loop: different || !runs ? { policy, runs } : null,
  };
}

/** Schedules of a time when they were counted, and whether somebody paused them: the ones that follow them are paused, too. */
async function countedSchedules(client: Client, before: LoopPolicy) {
  const fires = wantedSchedules(before).filter(({ starts }) => starts === 'fire');
  const found = await Promise.all(
    countedFires(before).map(async (id, index) => {
      const paused = await pausedBecause(client, id);
      return paused === undefined ? [] : [{ id, detail: fires[index]?.input.cron ?? '', paused }];
    }),
  );
  return found.flat();
}

async function bringSchedules(
  { client }: Parts,
  { put, remove }: Difference['schedules'],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const { schedule, paused } of put) {
    signal?.throwIfAborted();
    await putSchedule(client, schedule, paused);
  }
  for (const id of remove) await removeSchedule(client, id);
}

async function bringLoop(
  { client, store }: Parts,
  { policy, runs }: NonNullable<Difference['loop']>,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  if (!runs) {
    if (!(await startLoop(client, policy))) await configureLoop(client, policy);
    return;
  }
  await configureLoop(client, policy);
  // Last of all: what dies before is found different and done again.
  await writePolicy(store, policy);
}

interface Departure {
  pipeline: string;
  schedules: string[];
  changes: Change[];
}

async function departure({ client, store }: Parts, pipeline: string): Promise<Departure> {
  const policy = await readPolicy(store, pipeline);
  const schedules = policy ? wantedSchedules(policy) : [];
  const counted = policy ? await countedSchedules(client, policy) : [];
  return {
    pipeline,
    schedules: [...schedules, ...counted].map(({ id }) => id),
    changes: [
      ...schedules.map(({ id, when }): Change => ({ what: 'delete', id, words: whenInWords(when) })),
      ...counted.map(({ id, detail }): Change => ({ what: 'delete', id, words: detail })),
      {
        what: 'delete',
        id: `loop/${pipeline}`,
        words: 'its pipeline is gone; a run that goes on ends by itself',
      },
    ],
  };
}

async function takeDown(
  { client, store }: Parts,
  project: string,
  { pipeline, schedules }: Departure,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  for (const id of schedules) await removeSchedule(client, id);
  await stopLoop(client, pipeline, 'its pipeline is deployed no more');
  // Before the policy: what dies here leaves a pipeline of nobody, which the next deploy names, and never one of the wrong project.
  await store.delete(storeKey.owner(project, pipeline));
  await store.delete(storeKey.policy(pipeline));
  // A watch that went on read the policy before that, and has started the loop again.
  await stopLoop(client, pipeline, 'its pipeline is deployed no more');
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
