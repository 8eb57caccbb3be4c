import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { createManyIndex } from '#activities/data/many-index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ratchet-index-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (most?: number) => createManyIndex(folder, z.number(), most);
const keys = Array.from({ length: 5_000 }, (_, n) => `/data/part-${n}.csv`);

test('what was written of many things is found again, in few files', async () => {
  await open().write(new Map(keys.map((key, n) => [key, n])));
  await open().write(new Map([[keys[7] as string, -1]]));
  const found = await open().read([...keys, 'another']);
  expect(found.size).toBe(keys.length);
  expect(keys.map((key) => found.get(key))).toEqual(keys.map((_, n) => (n === 7 ? -1 : n)));
  expect(readdirSync(folder).length).toBeLessThanOrEqual(256);
});

test('of more than it keeps, those that were written last are there', async () => {
  for (const [n, key] of keys.entries()) if (n % 50 === 0) await open(3).write(new Map([[key, n]]));
  await open(3).write(new Map(keys.slice(0, 2_000).map((key, n) => [key, n])));
  const last = keys.slice(4_990);
  await open(3).write(new Map(last.map((key) => [key, 0])));
  expect((await open(3).read(last)).size).toBe(last.length);
  expect((await open(3).read(keys)).size).toBeLessThanOrEqual(3 * 256);
});

test('a file of it that is damaged counts as none, and is written anew', async () => {
  await open().write(new Map(keys.map((key, n) => [key, n])));
  for (const name of readdirSync(folder).slice(0, 128)) writeFileSync(join(folder, name), '[["x",');
  const left = await open().read(keys);
  expect(left.size).toBeGreaterThan(0);
  expect(left.size).toBeLessThan(keys.length);
  await open().write(new Map(keys.map((key, n) => [key, n])));
  expect((await open().read(keys)).size).toBe(keys.length);
});
