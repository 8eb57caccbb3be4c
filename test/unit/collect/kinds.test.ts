/** Every key that Ratchet writes has its place in the table of what a collection may touch. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { classify, isRecoverable } from '#activities/collect/kinds.ts';
import { namesIn, patternsIn } from '#activities/collect/names-in.ts';
import { restoring } from '#activities/collect/restoring-store.ts';
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '#ports/store.ts';
import { createMemoryStore } from './memory-store.ts';

const md5 = '0123456789abcdef0123456789abcdef';
const sha = `${md5}${md5}`;

/** Key of each sort, its kind, and whether a text with its URI must be found to refer to it. */
const written: Record<keyof typeof storeKey, readonly [key: string, kind: string, named: boolean]> = {
  file: [storeKey.file(md5), 'dataset', true],
  made: [storeKey.made(md5), 'made', false],
  trash: [storeKey.trash(storeKey.file(md5)), 'trash', false],
  user: [storeKey.user('c', 'default'), 'ledger', false],
  paramsSchema: [storeKey.paramsSchema('flights'), 'ledger', false],
  code: [storeKey.code(sha), 'code', true],
  cache: [storeKey.cache(sha), 'cache', true],
  input: [storeKey.input(sha), 'input', true],
  record: [storeKey.record('run/flights/t1/r2'), 'ledger', false],
  decisions: [storeKey.decisions('flights', 7), 'ledger', false],
  move: [storeKey.move('flights', '2026-01-02T03:04:05.000Z', 3, sha), 'ledger', false],
  pack: [storeKey.pack('flights', '5', `files/${sha}`), 'ledger', false],
  profile: [storeKey.profile(md5), 'profile', true],
  drift: [storeKey.drift('flights', '2026-01-02T03:04:05.000Z', sha), 'drift', true],
  skew: [storeKey.skew('flights', '2026-01-02T03:04:05.000Z', sha), 'ledger', false],
  featureDefinitions: [storeKey.featureDefinitions(sha), 'ledger', false],
  featuresApplied: [storeKey.featuresApplied('my project'), 'ledger', false],
  watched: [storeKey.watched('flights', sha), 'watched', true],
  policy: [storeKey.policy('flights'), 'ledger', false],
  owner: [storeKey.owner('my project', 'flights'), 'ledger', false],
  evidence: [storeKey.evidence(sha, 'json'), 'evidence', true],
};

describe('each key', () => {
  it.each(Object.entries(written))('%s', (_, [key, kind, named]) => {
    const found = classify(key);
    expect(found.kind).toBe(kind);
    expect(found.name !== null).toBe(named);
    if (!named) return;
    // As a reference, as part of a sentence, as a field of JSON, and as the text of a text.
    for (const text of [
      `s3://bucket/dev/${key}`,
      `see s3://b/${key}, please`,
      JSON.stringify({ uri: key }),
      JSON.stringify(JSON.stringify({ key })),
    ])
      expect(namesIn(text)).toContain(found.name);
  });

  it('is in the store by its URI, or by its digest alone', () => {
    for (const text of [`md5:${md5}`, `"trainedOn":"md5:${md5}"`, `md5${md5}`, `d${md5}`])
      expect(namesIn(text)).toContain(classify(storeKey.file(md5)).name);
    expect(namesIn(`sha256:${sha}`)).toContain(classify(storeKey.code(sha)).name);
  });
});

it('what others write is foreign, however alike', () => {
  for (const key of [
    'data/2026.csv',
    `files/md5/ab/${md5}`,
    `files/md5/01/${md5.slice(2)}.dir`,
    'code/main.ts',
    'mlflow/1/abc/model',
  ])
    expect(classify(key).kind, key).toBe('foreign');
});

it('a copy that was set aside is about its file', () => {
  const key = `damaged/${storeKey.file(md5)}.00000000-0000-4000-8000-000000000000`;
  expect(classify(key)).toMatchObject({ kind: 'damaged', about: storeKey.file(md5) });
});

it('a reader takes back all but results of steps', () => {
  expect(
    Object.values(written)
      .filter(([key]) => isRecoverable(key))
      .map(([, kind]) => kind)
      .sort(),
  ).toEqual(['code', 'dataset', 'drift', 'evidence', 'input', 'profile', 'watched']);
});

it('a source with a wildcard refers to what matches', () => {
  const root = 's3://bucket/dev/';
  expect([
    ...patternsIn(`source: 's3://bucket/dev/files/md5/*/*', other "s3://bucket/dev/a.csv" s3://else/b/*`, root),
  ]).toEqual(['files/md5/*/*']);
});

it('every way of reading takes back what lies in the trash', async () => {
  const key = storeKey.evidence(sha, 'json');
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-restore-'));
  const ways: ((store: ObjectStore) => Promise<unknown>)[] = [
    (store) => store.get(key),
    (store) => store.head(key),
    (store) => store.part(key, 0, 2),
    (store) => store.download(key, join(folder, 'file')),
  ];
  for (const read of ways) {
    const inner = createMemoryStore(Date.now);
    await inner.put(storeKey.trash(key), 'body');
    expect(await read(restoring(inner))).not.toBeNull();
    expect((await inner.get(key))?.toString()).toBe('body');
  }
  rmSync(folder, { recursive: true });
});
