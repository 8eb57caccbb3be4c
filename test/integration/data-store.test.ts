/** The data stages on a real S3 API: what one machine stored, another reads, and what is lost is made again. */
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import type { ObjectStore } from '#ports/store.ts';
import { createDataWorkplace, type DataWorkplace } from '../conformance/data-workplace.ts';
import { startObjectStore, type TestObjectStore } from '../servers/object-store.ts';

let server: TestObjectStore;
let store: ObjectStore;
let here: DataWorkplace<ObjectStore>;
let there: DataWorkplace<ObjectStore>;

beforeAll(async () => {
  server = await startObjectStore();
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const s3 = createObjectStore({
    endpoint,
    accessKeyId,
    secretAccessKey,
    region: 'us-east-1',
    bucket: 'ratchet-data-test',
    prefix: 'team/dev',
  });
  await s3.ensureBucket();
  store = s3;
  [here, there] = await Promise.all([createDataWorkplace(store), createDataWorkplace(store)]);
}, 120_000);
afterAll(async () => {
  await Promise.all([here?.close(), there?.close()]);
  await server?.close();
});

const csv = `n,t\n${Array.from({ length: 5_000 }, (_, i) => `${i},${new Date(1.7e12 + i * 60_000).toISOString()}`).join('\n')}\n`;

test('a snapshot made here is featurized there', async () => {
  const { snapshot } = await (await here.file('a.csv', csv), here.validate({ source: 'a.csv' }));
  const { train, holdout } = await there.featurize({
    data: snapshot,
    time: 't',
    derive: { even: 'n % 2 = 0' },
    split: { by: 'share', holdout: 0.2 },
  });
  expect([train.rows, holdout.rows]).toEqual([4_000, 1_000]);
  expect((await here.rows(holdout, { n: 'number' })).n?.[0]).toBe(4_000);
  // What was downloaded and what was made (both parts, and the times of the holdout's rows) lies in the cache under its MD5, whole.
  const cached = (
    await readdir(join(there.cacheFolder, 'files', 'md5'), { recursive: true, withFileTypes: true })
  ).filter((entry) => entry.isFile());
  expect(cached).toHaveLength(4);
});

test('the same file read here and there is one object', async () => {
  const refs = await Promise.all(
    [here, there].map(async (place) => {
      await place.file('b.csv', csv.slice(0, 20_000));
      return (await place.validate({ source: 'b.csv' })).snapshot;
    }),
  );
  expect(refs[0]).toEqual(refs[1]);
});

test('an object that is gone is said to be gone, or made again from its source', async () => {
  await here.file('c.csv', 'n\n1\n2\n3\n');
  const { snapshot } = await here.validate({ source: 'c.csv' });
  await store.delete(store.key(snapshot.uri));
  await expect(there.featurize({ data: snapshot, split: { by: 'share', holdout: 0.5 } })).rejects.toMatchObject({
    type: 'ArtifactDamaged',
    uri: snapshot.uri,
  });
  expect((await here.validate({ source: 'c.csv' })).snapshot).toEqual(snapshot);
  expect((await there.featurize({ data: snapshot, split: { by: 'share', holdout: 0.5 } })).train.rows).toBe(1);
});

test.each([
  [
    'other bytes of the same length',
    (bytes: Uint8Array) => bytes.with(bytes.length >> 1, 7 ^ (bytes.at(bytes.length >> 1) ?? 0)),
  ],
  ['cut off', (bytes: Uint8Array) => bytes.slice(0, bytes.length >> 1)],
  ['nothing at all', () => new Uint8Array()],
])('a damaged object (%s) is set aside, and made again from its source', async (kind, damage) => {
  const name = `${kind.replaceAll(' ', '-')}.csv`;
  await here.file(name, `n\n${kind.length}\n2\n3\n`);
  const { snapshot } = await here.validate({ source: name });
  const key = store.key(snapshot.uri);
  const good = (await store.get(key)) ?? new Uint8Array();
  const bad = damage(good);
  await store.put(key, bad);
  const split = { by: 'share', holdout: 0.5 } as const;
  const elsewhere = await createDataWorkplace(store);
  await expect(elsewhere.featurize({ data: snapshot, split })).rejects.toMatchObject({
    type: 'ArtifactDamaged',
    uri: snapshot.uri,
    message: expect.stringContaining('set aside as'),
  });
  // What was there is kept for whoever wants to see it, under another name.
  const aside: string[] = [];
  for await (const entry of store.list(`damaged/${key}`)) aside.push(entry.key);
  expect(await Promise.all(aside.map((each) => store.get(each)))).toEqual([bad]);
  expect((await here.validate({ source: name })).snapshot).toEqual(snapshot);
  expect(await store.get(key)).toEqual(good);
  expect((await elsewhere.featurize({ data: snapshot, split })).train.rows).toBe(1);
  await elsewhere.close();
});

test('setting a damaged object aside leaves what another worker writes there at the same moment', async () => {
  await here.file('raced.csv', 'n\n10\n20\n30\n');
  const { snapshot } = await here.validate({ source: 'raced.csv' });
  const key = store.key(snapshot.uri);
  const good = (await store.get(key)) ?? new Uint8Array();
  await store.put(key, new Uint8Array(good.length));
  const elsewhere = await createDataWorkplace({
    ...store,
    upload: async (path, to, signal) => {
      await store.upload(path, to, signal);
      if (to.startsWith('damaged/')) await here.validate({ source: 'raced.csv' });
    },
  });
  const split = { by: 'share', holdout: 0.5 } as const;
  await expect(elsewhere.featurize({ data: snapshot, split })).rejects.toMatchObject({ type: 'ArtifactDamaged' });
  expect(await store.get(key)).toEqual(good);
  expect((await elsewhere.featurize({ data: snapshot, split })).train.rows).toBe(1);
  await elsewhere.close();
});

test('a local copy that was changed is fetched again', async () => {
  await here.file('d.csv', 'n\n1\n2\n3\n');
  const { snapshot } = await here.validate({ source: 'd.csv' });
  const copy = join(here.cacheFolder, 'files/md5', snapshot.digest.slice(4, 6), snapshot.digest.slice(6));
  const bytes = await readFile(copy);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 7;
  await chmod(copy, 0o644);
  await writeFile(copy, bytes);
  expect((await here.featurize({ data: snapshot, split: { by: 'share', holdout: 0.5 } })).train.rows).toBe(1);
  expect(await readFile(copy)).not.toEqual(bytes);
});
