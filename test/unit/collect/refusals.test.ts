/** What a collection keeps, says and refuses; on a store in memory whose clock is set. */
import { expect, it } from 'vitest';
import { type CollectParts, type CollectRequest, collect } from '#activities/collect/collect.ts';
import { UserError } from '#contracts/failures.ts';
import { storeKey } from '#contracts/names.ts';
import { createMemoryStore } from './memory-store.ts';

const DAY = 86_400_000;
const request: CollectRequest = { remove: true, graceMs: 7 * DAY, keepRunsMs: 90 * DAY, keepCacheMs: 30 * DAY };
const md5 = (digits: string) => digits.repeat(32 / digits.length);
const sha = (digit: string) => digit.repeat(64);

function place() {
  let days = 0;
  const store = createMemoryStore(() => Date.now() + days * DAY);
  const parts: CollectParts = {
    store,
    uploads: { async *unfinished() {}, giveUp: async () => undefined },
    live: { identity: async () => ({ cluster: 'here', namespace: 'default' }), async *all() {} },
    registry: { url: 'http://mlflow', async *everyVersion() {} },
    async *projectTexts() {},
  };
  const file = async (digit: string, made = true) => {
    if (made) await store.put(storeKey.made(md5(digit)), '');
    await store.put(storeKey.file(md5(digit)), `bytes of ${digit}`);
    return storeKey.file(md5(digit));
  };
  const pass = (more: number) => {
    days += more;
  };
  return { store, parts, file, pass, keys: () => [...store.objects.keys()] };
}
const version = (tags: Record<string, string>) => ({
  model: 'm',
  version: '1',
  runId: 'r',
  source: 'models:/m-1',
  tags,
});
const workflow = (texts: string[], startedAt: Date, type = 'flights') => ({
  ...{ id: `run/${type}/1`, type, startedAt },
  async *texts() {
    yield* texts;
  },
});

it('the dry run touches nothing, says what would go, and a collection then does that', async () => {
  const { store, parts, file, pass, keys } = place();
  await file('a');
  await store.put('data/of-the-user.csv', 'x');
  pass(8);
  const before = keys();
  const dry = await collect(parts, { ...request, remove: false });
  expect(keys()).toEqual(before);
  // Nothing was noted, so the store's clock is not known: this machine's is a week behind it.
  expect(dry.does.trash.objects).toBe(0);
  const done = await collect(parts, request);
  expect(done.does.trash).toEqual({ objects: 1, bytes: 10 });
  expect(done.kinds.dataset?.goes).toEqual({ objects: 1, bytes: 10 });
  expect(done.kept['not written by Ratchet']).toEqual({ objects: 1, bytes: 1 });
  expect(keys().sort()).toEqual([
    'data/of-the-user.csv',
    storeKey.made(md5('a')),
    storeKey.trash(storeKey.file(md5('a'))),
    storeKey.user('here', 'default'),
  ]);
});

it('a version keeps its data, evidence, code and the record of its run, whatever their age', async () => {
  const { store, parts, file, pass, keys } = place();
  const kept = [await file('a'), await file('b')];
  for (const [key, body] of [
    [storeKey.evidence(sha('1'), 'json'), JSON.stringify({ data: { uri: store.uri(storeKey.file(md5('b'))) } })],
    [storeKey.code(sha('2')), 'import x'],
    [storeKey.code(sha('3')), 'lock'],
    [storeKey.record('run/flights/1'), JSON.stringify({ plan: { bundle: sha('2') } })],
  ] as const) {
    await store.put(key, body);
    kept.push(key);
  }
  pass(400);
  const tags = {
    'ratchet.key': 'k',
    'ratchet.run': 'run/flights/1',
    'ratchet.data': `md5:${md5('a')}`,
    'ratchet.evidence': store.uri(storeKey.evidence(sha('1'), 'json')),
    'ratchet.environment': sha('3'),
  };
  const { kept: reasons } = await collect(
    {
      ...parts,
      registry: {
        url: '',
        async *everyVersion() {
          yield version(tags);
        },
      },
    },
    request,
  );
  for (const key of kept) expect(keys()).toContain(key);
  expect(reasons['a registered version']?.objects).toBe(5);
});

it('what was written since the oldest run began that goes on is kept; a loop that lives for ever holds back nothing', async () => {
  const { store, parts, file, pass, keys } = place();
  const began = new Date();
  await file('a');
  pass(100);
  const going = (type: string) => ({
    ...parts.live,
    async *all() {
      yield workflow([], began, type);
    },
  });
  expect((await collect({ ...parts, live: going('flights') }, request)).kept).toMatchObject({
    'within the grace period': { objects: 1 },
  });
  expect(keys()).toContain(storeKey.file(md5('a')));
  await collect({ ...parts, live: going('loop') }, request);
  expect(store.objects.has(storeKey.file(md5('a')))).toBe(false);
});

it('files of which nothing says that Ratchet made them stay, unless that is asked for', async () => {
  const { store, parts, file, pass } = place();
  const pushed = await file('a', false);
  pass(10);
  expect((await collect(parts, request)).kept).toMatchObject({
    'nothing says that Ratchet made it': { objects: 1 },
  });
  expect(store.objects.has(pushed)).toBe(true);
  await collect(parts, { ...request, unmarked: true });
  expect(store.objects.has(pushed)).toBe(false);
});

it('a folder that DVC pushed keeps its files, and so do the files of the project', async () => {
  const { store, parts, file, pass } = place();
  const [inFolder, named, other] = [await file('a'), await file('b'), await file('c')];
  await store.put(`files/md5/dd/${'d'.repeat(30)}.dir`, JSON.stringify([{ md5: md5('a'), relpath: 'x.csv' }]));
  pass(10);
  await collect(
    {
      ...parts,
      async *projectTexts() {
        yield `outs:\n- md5: ${md5('b')}\n`;
      },
    },
    request,
  );
  expect([inFolder, named, other].map((key) => store.objects.has(key))).toEqual([true, true, false]);
});

it('what was set aside stays until its file was made again', async () => {
  const { store, parts, file, pass, keys } = place();
  const key = await file('a');
  const aside = `damaged/${key}.00000000-0000-4000-8000-000000000000`;
  pass(1);
  await store.put(aside, 'other bytes');
  const keeps = {
    ...parts,
    async *projectTexts() {
      yield md5('a');
    },
  };
  pass(30);
  await collect(keeps, request);
  expect(keys()).toContain(aside);
  await file('a');
  pass(30);
  await collect(keeps, request);
  expect(keys()).not.toContain(aside);
  expect(keys()).toContain(key);
});

it.each([
  [
    'a history that cannot be read',
    (parts: CollectParts): Partial<CollectParts> => ({
      live: {
        ...parts.live,
        async *all() {
          yield {
            ...workflow([], new Date()),
            // biome-ignore lint/correctness/useYield: it fails before it has anything to say
            async *texts() {
              throw new UserError('OutsideRefused', 'holds what cannot be read here');
            },
          };
        },
      },
    }),
    /cannot be read here/,
  ],
  [
    'a store that answers no more',
    ({ store }: CollectParts): Partial<CollectParts> => ({
      store: {
        ...store,
        get: async () => {
          throw new UserError('OutsideUnreachable', 'the store is away');
        },
      },
    }),
    /the store is away/,
  ],
  [
    'a registry without any version beside runs that registered some',
    (): Partial<CollectParts> => ({}),
    /version 3 was registered, and MLflow at http:\/\/mlflow has no version.*MLFLOW_TRACKING_URI/,
  ],
])('refuses to collect anything at %s', async (_, broken, words) => {
  const { store, parts, file, pass, keys } = place();
  await file('a');
  pass(10);
  await store.put(storeKey.record('run/flights/1'), JSON.stringify({ result: { modelVersion: '3' } }));
  const before = [...keys(), storeKey.user('here', 'default')].sort();
  await expect(collect({ ...parts, ...broken(parts) }, request)).rejects.toThrow(words);
  expect(keys().sort()).toEqual(before);
});

it('refuses where runs of another server refer to the same store, until they are long forgotten', async () => {
  const { store, parts, file, pass, keys } = place();
  await file('a');
  pass(10);
  await store.put(storeKey.user('elsewhere', 'default'), '{}');
  await expect(collect(parts, request)).rejects.toThrow(
    /another Temporal.*users\/elsewhere\/default\.json.*RATCHET_STORE/,
  );
  expect(keys()).toContain(storeKey.file(md5('a')));
  pass(31);
  await collect(parts, request);
  expect(keys()).not.toContain(storeKey.file(md5('a')));
});

it('goes on without the other server where somebody says that it is no more, and refuses again when it is heard of', async () => {
  const { store, parts, file, pass, keys } = place();
  await file('a');
  pass(10);
  const note = storeKey.user('else/where', 'default');
  await store.put(note, '{}');
  await expect(collect(parts, request)).rejects.toThrow(
    /ratchet gc --gone else%2Fwhere\/default, which also collects what only its runs that had not ended/,
  );
  await expect(collect(parts, { ...request, gone: ['elsewhere/default'] })).rejects.toThrow(
    /No other Temporal called "elsewhere\/default".*else%2Fwhere\/default did/,
  );
  const gone = ['else%2Fwhere/default'];
  await collect(parts, { ...request, remove: false, gone });
  expect(keys()).toContain(note);
  await store.put(storeKey.user('third', 'default'), '{}');
  await expect(collect(parts, { ...request, gone })).rejects.toThrow(/users\/third/);
  expect(keys()).toContain(note);
  await store.delete(storeKey.user('third', 'default'));
  await collect(parts, { ...request, gone });
  expect(keys()).not.toContain(note);
  expect(keys()).not.toContain(storeKey.file(md5('a')));
  await store.put(note, '{}');
  await expect(collect(parts, request)).rejects.toThrow(/another Temporal/);
});

it('stops where it is told to, and the next one goes on', async () => {
  const { store, parts, file, pass, keys } = place();
  for (let pair = 16; pair < 48; pair++) await file(pair.toString(16));
  pass(10);
  const stop = new AbortController();
  const stopped = collect(parts, {
    ...request,
    signal: stop.signal,
    progress: (_what, done, of) => {
      if (of === 32 && done === 2) stop.abort(new Error('told to'));
    },
  });
  await expect(stopped).rejects.toThrow('told to');
  await collect(parts, request);
  expect(keys().filter((key) => key.startsWith('files/'))).toEqual([]);
  expect(keys().filter((key) => key.startsWith('trash/'))).toHaveLength(32);
  expect(store.objects.size).toBe(65);
});
