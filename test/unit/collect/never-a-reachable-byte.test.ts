/**
 * Runs that store, compose, cache, find again, end and are taken up, and collections, two of them at once, some killed, in
 * random interleavings of single requests: at every moment all that a live run or a kept record refers to is there.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collect } from '#activities/collect/collect.ts';
import { namesIn } from '#activities/collect/names-in.ts';
import { restoring } from '#activities/collect/restoring-store.ts';
import { storeFile } from '#activities/data/stored-file.ts';
import { ResultCache } from '#activities/dispatch/result-cache.ts';
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '#ports/store.ts';
import { createMemoryStore, type MemoryStore } from './memory-store.ts';

const DAY = 86_400_000;
const GRACE = 7 * DAY;
const KEEP_RUNS = 20 * DAY;
const KEEP_CACHE = 10 * DAY;
const BODIES = 4;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-collect-'));
  for (let body = 0; body < BODIES; body++) writeFileSync(fileOf(body), `rows ${body}`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fileOf = (body: number) => join(folder, `${body}`);
const md5Of = (body: number) => createHash('md5').update(`rows ${body}`).digest('hex');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

type Value<A> = A extends fc.Arbitrary<infer T> ? T : never;

/** Days, few different ones: many things happen on one day. */
const rest = fc.constantFrom(0, 4, 8, 8, 16);
/** From when a step sees its object until what it refers to is in its history. */
const dawdles = fc.constantFrom(0, 0, 3);
const step = fc.oneof(
  fc.record({ does: fc.constant('make' as const), body: fc.nat(BODIES - 1), rest, dawdles }),
  fc.record({ does: fc.constant('compose' as const), of: fc.nat(5), and: fc.nat(5), rest, dawdles }),
  fc.record({ does: fc.constant('cache' as const), key: fc.nat(2), body: fc.nat(BODIES - 1), rest, dawdles }),
);
const run = fc.record({
  takesUp: fc.option(fc.nat(3)),
  rest,
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
});
/** It rests between what it reads first and last, and is killed before or after the effect of its nth request. */
const collecting = fc.record({ rest, pauses: fc.constantFrom(0, 3), dies: fc.option(fc.nat(80), { freq: 3 }) });

class World {
  days = 0;
  readonly live = new Map<string, { visible: boolean; startedAt: number; refers: string[] }>();
  readonly inner: MemoryStore;
  readonly store: ObjectStore;
  readonly turn: () => Promise<void>;
  constructor(turn: () => Promise<void>, readers = restoring) {
    this.turn = turn;
    this.inner = createMemoryStore(() => this.now(), turn);
    this.store = readers(this.inner);
  }
  now = () => Date.now() + this.days * DAY;

  readonly #asleep: { until: number; wake(): void }[] = [];
  #awake = 0;

  /** Time passes when all of them rest. */
  async actor(work: () => Promise<void>): Promise<void> {
    this.#awake++;
    // Until all of them are there.
    await this.turn();
    await work();
    this.#awake--;
    this.#pass();
  }
  async rest(days: number): Promise<void> {
    if (days === 0) return;
    const woken = new Promise<void>((wake) => this.#asleep.push({ until: this.days + days, wake }));
    this.#awake--;
    this.#pass();
    await woken;
  }
  #pass() {
    if (this.#awake > 0 || this.#asleep.length === 0) return;
    this.days = Math.min(...this.#asleep.map(({ until }) => until));
    const due = this.#asleep.filter(({ until }) => until === this.days);
    for (const sleeper of due) {
      this.#asleep.splice(this.#asleep.indexOf(sleeper), 1);
      this.#awake++;
      sleeper.wake();
    }
  }

  /** What is referred to and is neither in its place nor in the trash. */
  lost(): string[] {
    const { objects } = this.inner;
    const body = (key: string) => objects.get(key)?.body ?? objects.get(storeKey.trash(key))?.body;
    const lost: string[] = [];
    const seen = new Set<string>();
    const follow = (key: string) => {
      if (seen.has(key)) return;
      seen.add(key);
      const found = body(key);
      if (!found) lost.push(key);
      else if (key.endsWith('.json')) keysIn(found.toString()).forEach(follow);
    };
    for (const { refers } of this.live.values()) refers.forEach(follow);
    for (const [key, { body: record, modified }] of objects)
      if (key.startsWith('records/') && this.now() - modified < KEEP_RUNS) keysIn(record.toString()).forEach(follow);
    return lost;
  }
}

const keysIn = (text: string) =>
  [...namesIn(text)].map((name) => (name.length === 32 ? storeKey.file(name) : storeKey.evidence(name, 'json')));

async function live(world: World, id: string, { takesUp, steps }: Value<typeof run>): Promise<void> {
  const refers: string[] = [];
  const me = { visible: false, startedAt: world.now(), refers };
  world.live.set(id, me);
  const before = `records/run/${takesUp}.json`;
  const record = takesUp === null ? null : await world.store.get(before);
  const age = world.now() - (world.inner.objects.get(before)?.modified ?? 0);
  // Older ones are taken up as far as their data are still there.
  if (record && age < KEEP_RUNS) refers.push(...keysIn(Buffer.from(record).toString()));
  await world.turn();
  me.visible = true;
  for (const each of steps) {
    await world.rest(each.rest);
    const found = await referring(world, id, refers, each);
    await world.rest(each.dawdles);
    await world.turn();
    // What is composed of others stands for them.
    if (each.does === 'compose' && found.length > 0) refers.length = 0;
    refers.push(...found);
    expect(world.lost()).toEqual([]);
    // What a step reads, it finds.
    for (const key of refers) expect(await world.store.get(key), key).not.toBeNull();
  }
  const text = JSON.stringify(refers.map((key) => world.store.uri(key)));
  await world.store.put(`records/run/${id}.json`, text);
  world.live.delete(id);
}

/** What a step stores or finds. */
async function referring(
  world: World,
  id: string,
  refers: readonly string[],
  does: Value<typeof step>,
): Promise<string[]> {
  const make = (body: number) => storeFile(world.store, fileOf(body), md5Of(body));
  if (does.does === 'make') return [await make(does.body)];
  if (does.does === 'compose') {
    if (refers.length === 0) return [];
    const parts = [does.of, does.and].map((n) => refers[n % refers.length] as string);
    const text = JSON.stringify({ of: parts.map((key) => world.store.uri(key)) });
    const key = storeKey.evidence(sha256(text), 'json');
    await world.store.put(key, text);
    return [key];
  }
  const cache = new ResultCache(world.store);
  const [key, asOf] = [sha256(`step ${does.key}`), '2026-01-01T00:00:00Z'];
  const found = await cache.lookup(key, asOf);
  if (found.kind === 'hit') return keysIn(JSON.stringify(found.result.output));
  const output = { uri: world.store.uri(await make(does.body)) };
  const computed = { output, readAsOf: false, run: id, node: 'n', at: new Date(world.now()).toISOString() };
  return keysIn(JSON.stringify((await cache.fill(key, computed, asOf, found.kind === 'gone')).output));
}

/** A process that is no more makes no further request. */
function mortal(store: MemoryStore, dies: number | null): MemoryStore {
  let left = dies ?? Number.POSITIVE_INFINITY;
  const die = () => {
    throw new Error('killed');
  };
  const counted =
    <A extends unknown[], R>(request: (...args: A) => Promise<R>) =>
    async (...args: A) => {
      if (left-- <= 0) die();
      const answer = await request(...args);
      if (left-- <= 0) die();
      return answer;
    };
  const { get, head, put, delete: remove, copy } = store;
  return {
    ...store,
    get: counted(get),
    head: counted(head),
    put: counted(put),
    delete: counted(remove),
    copy: counted(copy),
  };
}

async function collection(world: World, pauses: number, dies: number | null, unmarked = false): Promise<void> {
  const parts = {
    store: mortal(world.inner, dies),
    uploads: { async *unfinished() {}, giveUp: async () => undefined },
    live: {
      identity: async () => ({ cluster: 'c', namespace: 'n' }),
      async *all() {
        await world.turn();
        for (const [id, { visible, startedAt, refers }] of [...world.live])
          if (visible)
            yield {
              ...{ id, type: 'p', startedAt: new Date(startedAt) },
              async *texts() {
                await world.turn();
                yield JSON.stringify(refers.map((key) => world.store.uri(key)));
              },
            };
      },
    },
    registry: { url: 'http://mlflow', async *everyVersion() {} },
    async *projectTexts() {
      await world.rest(pauses);
      yield 'names nothing';
    },
  };
  const request = { remove: true, graceMs: GRACE, keepRunsMs: KEEP_RUNS, keepCacheMs: KEEP_CACHE, unmarked };
  await collect(parts, request).catch((error: Error) => expect(error.message).toBe('killed'));
}

interface Story {
  readonly runs: readonly (readonly Value<typeof run>[])[];
  readonly collections: readonly (readonly Value<typeof collecting>[])[];
}
const story: fc.Arbitrary<Story> = fc.record({
  runs: fc.array(fc.array(run, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 2 }),
  collections: fc.array(fc.array(collecting, { minLength: 3, maxLength: 10 }), { minLength: 1, maxLength: 2 }),
});

async function told(scheduler: fc.Scheduler, { runs, collections }: Story, readers = restoring): Promise<World> {
  const world = new World(() => scheduler.schedule(Promise.resolve()), readers);
  const actors = [
    ...runs.map((own, actor) =>
      world.actor(async () => {
        for (const [index, each] of own.entries()) {
          await world.rest(each.rest);
          await live(world, `${actor * 2 + (index % 2)}`, each);
        }
      }),
    ),
    ...collections.map((own) =>
      world.actor(async () => {
        for (const { rest: days, pauses, dies } of own) {
          await world.rest(days);
          await collection(world, pauses, dies);
          expect(world.lost()).toEqual([]);
        }
      }),
    ),
  ];
  await scheduler.waitFor(Promise.all(actors));
  expect(world.lost()).toEqual([]);
  return world;
}

it('never a reachable byte is lost, and in the end all that nothing refers to is gone', async () => {
  let collected = 0;
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), story, async (scheduler, given) => {
      const world = await told(scheduler, given);
      const before = world.inner.objects.size;
      // Nobody is left; records and results outlive their time, and collections go on a grace period apart.
      for (let round = 0; round < 3; round++) {
        world.days += 30;
        // A note that was old and is written anew may be taken by who saw the old one: its file is then one that nobody made.
        await scheduler.waitFor(collection(world, 0, null, true));
      }
      const left = [...world.inner.objects.keys()].filter((key) => !/^(records|users)\//.test(key));
      expect(left).toEqual([]);
      collected += before - world.inner.objects.size;
    }),
    { numRuns: 200 },
  );
  expect(collected).toBeGreaterThan(200);
}, 400_000);

it('readers that do not take back from the trash lose some: the stories above are hard enough', async () => {
  const held = fc.asyncProperty(fc.scheduler(), story, async (scheduler, given) => {
    await told(scheduler, given, (store) => store);
  });
  await expect(fc.assert(held, { numRuns: 2_000, endOnFailure: true })).rejects.toThrow();
});
