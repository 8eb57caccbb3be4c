import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hostId } from '#workers/host-id.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ratchet-host-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

it('is one for all that start at once, and stays', async () => {
  const ids = new Set(await Promise.all(Array.from({ length: 20 }, () => hostId(root))));
  expect(ids.size).toBe(1);
  expect([...ids]).toEqual([await hostId(root)]);
  expect(await readdir(join(root, '.ratchet'))).toEqual(['host-id']);
});

it('is made once where a killed worker left an empty file', async () => {
  await mkdir(join(root, '.ratchet'));
  await writeFile(join(root, '.ratchet', 'host-id'), '');
  const id = await hostId(root);
  expect(await hostId(root)).toBe(id);
  expect((await readFile(join(root, '.ratchet', 'host-id'), 'utf8')).trim()).toBe(id);
});
