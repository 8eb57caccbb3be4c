import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readAddress, serveHealth } from '#workers/health.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ratchet-health-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

it.each([
  [undefined, '127.0.0.1', 0],
  ['', '127.0.0.1', 0],
  ['0.0.0.0:8080', '0.0.0.0', 8080],
  [':8080', '0.0.0.0', 8080],
  ['[::1]:80', '::1', 80],
])('%s is %s, port %i', (text, host, port) => {
  expect(readAddress(text)).toEqual({ host, port });
});

it.each(['8080', 'localhost', 'a:b', '0.0.0.0:99999'])('"%s" is no address', (text) => {
  expect(() => readAddress(text)).toThrow(/write host:port/);
});

it('says which setting names a port that is taken', async () => {
  const first = await serveHealth(root, () => true, '127.0.0.1:0');
  const taken = new URL(first.url).host;
  try {
    await expect(serveHealth(root, () => true, taken)).rejects.toThrow(
      `RATCHET_HEALTH is ${taken}, where this worker cannot listen (EADDRINUSE)`,
    );
  } finally {
    await first.close();
  }
});
