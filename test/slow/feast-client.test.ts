/** A real Feast 0.67 client with `online_store: remote` reads from our server and writes to it, on LMDB and on Redis, and agrees. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openRedis } from '#adapters/redis/online-store.ts';
import { ensurePythonEnvironment } from '#stack/python-environment.ts';
import { startTestFeatureServer } from '../servers/feature-server.ts';
import { noRedis, startRedis } from '../servers/redis.ts';

const here = import.meta.dirname;
let python: string;
beforeAll(async () => {
  const environment = await ensurePythonEnvironment({
    root: join(here, '..', '..'),
    name: 'feast',
    lock: join(here, 'feast', 'requirements.lock'),
    progress: (line) => console.log(line),
  });
  python = join(environment.bin, 'python');
});

async function acceptance(url: string): Promise<{ code: unknown; last: string | undefined; text: string }> {
  const script = join(here, '..', 'golden', 'feast_server', 'feast_remote_client.py');
  const child = spawn(python, ['-B', script, url], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  let told = '';
  child.stdout.on('data', (bytes) => (text += bytes));
  child.stderr.on('data', (bytes) => (told += bytes));
  const [code] = await once(child, 'close');
  return { code, last: text.trim().split('\n').at(-1), text: text + told };
}

describe("Feast's client agrees", () => {
  test('with the server on LMDB', async () => {
    const server = await startTestFeatureServer();
    const { code, last, text } = await acceptance(server.url);
    expect([code, last], text).toEqual([0, 'AGREES']);
    await server.close();
  });

  test.skipIf(noRedis)(`with the server on Redis${noRedis ? ` (${noRedis})` : ''}`, async () => {
    const redis = await startRedis();
    const server = await startTestFeatureServer({ store: await openRedis({ url: redis.url }) });
    const { code, last, text } = await acceptance(server.url);
    expect([code, last], text).toEqual([0, 'AGREES']);
    await server.close();
    await redis.close();
  });
});
