import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileInTheWay } from '#cli/init-pipeline.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ratchet-init-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it.each(['pipeline.ts', 'README.md', 'train.py'])('init writes over no %s', async (name) => {
  expect(fileInTheWay(folder, '/elsewhere/train.py')).toBeNull();
  await writeFile(join(folder, name), '');
  expect(fileInTheWay(folder, '/elsewhere/train.py')).toBe(join(folder, name));
});

it("a trainer that is in its place already is in nobody's way", async () => {
  await writeFile(join(folder, 'train.py'), '');
  expect(fileInTheWay(folder, join(folder, 'train.py'))).toBeNull();
});
