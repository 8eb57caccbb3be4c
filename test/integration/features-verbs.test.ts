/** `ratchet features serve`, `get` and `push` as somebody types them; and the server killed while it is pushed to. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { featuresFile } from '../fixtures/feature-project.ts';
import { makeProject, type Project } from '../fixtures/project.ts';
import { noRedis, startRedis } from '../servers/redis.ts';

const main = fileURLToPath(new URL('../../cli/bin.mjs', import.meta.url));
let project: Project;
beforeAll(async () => {
  project = await makeProject({ 'features.ts': featuresFile });
});
afterAll(() => project.remove());

function ratchet(args: string[], input = ''): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, RATCHET_ROOT: project.root };
    const child = execFile(
      process.execPath,
      [main, 'features', ...args],
      { cwd: project.root, env },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}
const row = (more: object) =>
  `${JSON.stringify({ customer_id: 1, city: 'Oslo', balance: 1, opened_at: '2025-01-01T00:00:00+01:00', born: '1980-02-29', at: new Date().toISOString(), ...more })}\n`;

test('push writes, get reads: exact, with the status of each value', async () => {
  const pushed = await ratchet(
    ['push', 'profile', '-', '--json'],
    row({}).replace('"balance":1', '"balance":9007199254740993'),
  );
  expect(pushed).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(pushed.stdout)).toEqual({ view: 'profile', written: 1, older: 0, changed: 0 });
  const got = await ratchet(['get', 'customer_id=1', 'amount=2.5', '--service', 'fraud', '--json']);
  expect(JSON.parse(got.stdout)).toMatchObject({
    features: {
      city: { value: 'Oslo', status: 'PRESENT' },
      balance: { value: '9007199254740993', status: 'PRESENT' },
      open: { value: true, status: 'PRESENT' },
      doubled: { value: 5, status: 'PRESENT' },
    },
  });
  const table = await ratchet(['get', 'customer_id=2', '--features', 'profile:city,profile:born']);
  expect(table.stdout).toMatch(/city +NOT_FOUND\nborn +NOT_FOUND/);
  const old = await ratchet(['push', 'profile', '-'], row({ at: '2020-01-01T00:00:00Z', city: 'Rome' }));
  expect(old.stdout).toBe('profile: 0 written, 1 not newer than what is there.\n');
});

test.each([
  ['a key that is none', ['get', 'customer_id', '--service', 'fraud'], '', /no KEY=VALUE: write customer_id=42/],
  ['an unknown service', ['get', 'customer_id=1', '--service', 'nope'], '', /There are: fraud/],
  ['nothing to get', ['get', 'customer_id=1'], '', /--service or --features/],
  ['an unknown view', ['push', 'nope', '-'], '{}', /There are: profile/],
  ['a time without a zone', ['push', 'profile', '-'], row({ at: '2024-01-01T00:00:00' }), /a time with its zone/],
  ['a row that lacks a column', ['push', 'profile', '-'], '{"customer_id":1}', /have no city, balance/],
  ['no JSON', ['push', 'profile', '-'], 'x', /-, line 1: The body is not JSON/],
  ['no row', ['push', 'profile', '-'], '\n', /holds no row/],
  ['a file that is not there', ['push', 'profile', 'none.jsonl'], '', /none\.jsonl/],
  ['no store', ['get', 'customer_id=1', '--service', 'fraud', '--store', 'mysql:x'], '', /--store names no store/],
  ['definitions that are none', ['get', 'customer_id=1', '--service', 'fraud', '--definitions', 'x.ts'], '', /x\.ts/],
])('%s is told in words, with exit code 2', async (_, args, input, words) => {
  const told = await ratchet(args, input);
  expect(told).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(words) });
  expect(told.stderr).not.toContain('RATCHET_DEBUG');
});

interface Serving {
  url: string;
  child: ChildProcess;
}

async function serve(...more: string[]): Promise<Serving> {
  const child = spawn(process.execPath, [main, 'features', 'serve', '--port', '0', ...more], {
    cwd: project.root,
    env: { ...process.env, RATCHET_ROOT: project.root },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url] = /Listening on (\S+),/.exec(line) ?? [];
    if (url) return { url, child };
  }
  throw new Error(`it did not start: ${await new Response(child.stderr as unknown as ReadableStream).text()}`);
}

async function end({ child }: Serving, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

const post = (url: string, path: string, body: object) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

test('the room of the embedded store is an environment variable, held to what it may be', async () => {
  const env = process.env.RATCHET_ONLINE_MAX_BYTES;
  try {
    process.env.RATCHET_ONLINE_MAX_BYTES = '8 GB';
    expect(await ratchet(['push', 'profile', '-'], row({}))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/is 8 GB/),
    });
    process.env.RATCHET_ONLINE_MAX_BYTES = '10000';
    const full = await ratchet(
      ['push', 'profile', '-', '--store', `lmdb:${project.root}/small`],
      row({ city: 'x'.repeat(20_000) }),
    );
    expect(full).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/is full: .* 10000 are the most.*RATCHET_ONLINE_MAX_BYTES/),
    });
  } finally {
    if (env === undefined) delete process.env.RATCHET_ONLINE_MAX_BYTES;
    else process.env.RATCHET_ONLINE_MAX_BYTES = env;
  }
});

test('serve answers with what another process pushed meanwhile, and ends in order', async () => {
  const server = await serve();
  const city = async () => {
    const answer = await fetch(`${server.url}/v1/features/fraud?customer_id=77&amount=1.5`);
    return ((await answer.json()) as { features: { city: { value: unknown } } }).features.city.value;
  };
  expect(await city()).toBeNull();
  await ratchet(['push', 'profile', '-'], row({ customer_id: 77, city: 'Bergen' }));
  expect(await city()).toBe('Bergen');
  const later = { ...batch(3).df, customer_id: Array(20).fill(77), city: Array(20).fill('Tromsø') };
  expect((await post(server.url, '/push', { push_source_name: 'profile', df: later })).status).toBe(200);
  const told = await ratchet(
    ['push', 'profile', '-'],
    row({ customer_id: 77, city: 'Rome', at: '2024-01-01T00:00:00Z' }),
  );
  expect(told.stdout).toContain('0 written, 1 not newer');
  expect(await city()).toBe('Tromsø');
  await end(server, 'SIGTERM');
  expect(server.child.exitCode).toBe(0);
});

/** A push of twenty entities whose features all say the same number. */
const batch = (turn: number) => {
  const all = <T>(value: (id: number) => T) => Array.from({ length: 20 }, (_, id) => value(turn * 20 + id));
  return {
    push_source_name: 'profile',
    df: {
      ...{ customer_id: all((id) => id), city: all(() => `turn ${turn}`), balance: all(() => turn) },
      ...{ opened_at: all(() => turn), born: all(() => '1980-02-29'), at: all(() => new Date().toISOString()) },
    },
  };
};

/** Pushes, and kills the server while it is being pushed to; what was acknowledged is there afterwards, and no batch in part. */
async function killedWhilePushed(...store: string[]): Promise<void> {
  let server = await serve(...store);
  const acknowledged: number[] = [];
  let turn = 0;
  let killed: Promise<void> | undefined;
  const pusher = async () => {
    for (;;) {
      const mine = turn++;
      const answer = await post(server.url, '/push', batch(mine)).catch(() => null);
      if (answer?.status !== 200) return;
      acknowledged.push(mine);
      if (acknowledged.length === 30) killed = end(server, 'SIGKILL');
    }
  };
  await Promise.all([pusher(), pusher(), pusher(), pusher()]);
  await killed;
  expect(acknowledged.length).toBeGreaterThanOrEqual(30);
  server = await serve(...store);
  const ids = Array.from({ length: turn * 20 }, (_, id) => id);
  const answer = await post(server.url, '/get-online-features', {
    features: ['profile:city', 'profile:balance', 'profile:opened_at'],
    entities: { customer_id: ids },
  });
  const { results } = (await answer.json()) as { results: { values: unknown[]; statuses: string[] }[] };
  const [, city, balance, opened] = results;
  const there = Array.from({ length: turn }, (_, of) =>
    ids.slice(of * 20, of * 20 + 20).filter((id) => city?.statuses[id] === 'PRESENT'),
  );
  expect(acknowledged.filter((of) => there[of]?.length !== 20)).toEqual([]);
  for (const id of there.flat()) {
    const of = Math.floor(id / 20);
    expect([city?.values[id], balance?.values[id], opened?.values[id]]).toEqual([`turn ${of}`, of, of]);
  }
  // LMDB: a batch is whole or not there. Redis keeps rows one by one.
  if (store.length === 2 && store[1]?.startsWith('lmdb'))
    expect(there.filter(({ length }) => length !== 0 && length !== 20)).toEqual([]);
  await end(server, 'SIGTERM');
  expect(server.child.exitCode).toBe(0);
}

describe('serve, killed while it is pushed to, keeps what it acknowledged', () => {
  test('on LMDB', () => killedWhilePushed('--store', `lmdb:${project.root}/killed`));
  test.skipIf(noRedis)(`on Redis${noRedis ? ` (${noRedis})` : ''}`, async () => {
    const redis = await startRedis();
    await killedWhilePushed('--store', redis.url);
    await redis.close();
  });
});
