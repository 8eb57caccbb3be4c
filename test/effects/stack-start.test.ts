/** Starts that go wrong, that meet each other, or that meet what an earlier one left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityOf, isSameProcess, type ProcessIdentity } from '#adapters/process/process-identity.ts';
import { doctor } from '#stack/doctor.ts';
import { noAddresses, readStackFile, writeStackFile } from '#stack/file.ts';
import { makeStackFolders, stackPaths } from '#stack/paths.ts';
import { environmentsFolder } from '#stack/python-environment.ts';
import { newPart } from '#stack/record.ts';
import { type StackEvent, type StackOptions, startStack, stopStack } from '#stack/stack.ts';
import { stackStatus } from '#stack/status.ts';

const environments = environmentsFolder(fileURLToPath(new URL('../../', import.meta.url)));
const clean = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(TEMPORAL|MLFLOW|AWS|RATCHET)_/.test(name)),
);
/** One's own servers in place of the embedded ones, so that connection settings are whole without starting them. */
const elsewhere = (port: number) => ({
  TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
  MLFLOW_TRACKING_URI: `http://127.0.0.1:${port}`,
});

let root: string;
let events: StackEvent[];
const servers: Server[] = [];
const children: ChildProcess[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ratchet-stack-'));
  events = [];
});
afterEach(async () => {
  await stopStack(root);
  for (const server of servers.splice(0)) server.close();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

/** Takes connections, as any Temporal would, and answers HTTP, as any other server would. */
async function listen(): Promise<number> {
  const server = createHttpServer((_, response) => response.end());
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
async function sleeper(): Promise<ProcessIdentity> {
  const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  children.push(child);
  const identity = await identityOf(child.pid ?? 0);
  if (!identity) throw new Error('sleep does not run');
  return identity;
}
/** Only the object store is embedded: it starts in a second. */
async function startStore(options: Partial<StackOptions> = {}) {
  const env = { ...clean, ...elsewhere(await listen()), ...options.env };
  return startStack({ root, environments, onProgress: (event) => events.push(event), ...options, env });
}
const part = async (name: string) => (await stackStatus(root)).parts.find((one) => one.name === name);

describe('ports', () => {
  it('a taken one that a setting names is refused, with both', async () => {
    const port = await listen();
    const refused = startStore({ env: { RATCHET_STORE_PORT: String(port) } });
    await expect(refused).rejects.toThrow(new RegExp(`Port ${port} \\(RATCHET_STORE_PORT\\).*taken`));
    expect((await stackStatus(root)).running).toBe(false);
  });

  it('a setting that is no port is refused', async () => {
    await expect(startStore({ env: { RATCHET_STORE_PORT: 'http' } })).rejects.toThrow(/RATCHET_STORE_PORT is "http"/);
  });

  it('one that was used before and is taken now is replaced', async () => {
    const first = await startStore();
    await first.stop();
    const port = Number(new URL(first.addresses.s3Endpoint ?? '').port);
    const taker = createServer();
    servers.push(taker);
    await once(taker.listen(port, '127.0.0.1'), 'listening');
    const second = await startStore();
    expect(second.addresses.s3Endpoint).not.toBe(first.addresses.s3Endpoint);
  });
});

describe('a part whose port was taken while it was dead', () => {
  it('says so, and comes back on the same port when it is free again', async () => {
    const stack = await startStore();
    const port = Number(new URL(stack.addresses.s3Endpoint ?? '').port);
    const taker = createServer();
    servers.push(taker);
    // Whoever is first after the kill has the port: again until it is us.
    const taken = new Promise((resolve) => taker.once('listening', resolve));
    taker.on('error', () => {});
    const take = async () => {
      const store = await part('object-store');
      if (store?.pid) process.kill(store.pid, 'SIGKILL');
      taker.listen(port, '127.0.0.1');
      return Promise.race([
        taken.then(() => true),
        new Promise((resolve) => taker.once('error', () => resolve(false))),
      ]);
    };
    await expect.poll(take, { timeout: 120_000, interval: 10 }).toBe(true);
    const error = async () => (await part('object-store'))?.lastError;
    await expect.poll(error, { timeout: 120_000 }).toMatch(new RegExp(`port ${port} is taken by another program`));
    taker.close();
    await expect.poll(async () => (await part('object-store'))?.state, { timeout: 120_000 }).toBe('ready');
    expect(await fetch(`${stack.addresses.s3Endpoint}/minio/health/live`)).toMatchObject({ status: 200 });
  });
});

describe('two starts at once', () => {
  it('share one stack', async () => {
    const stacks = await Promise.all([startStore(), startStore(), startStore()]);
    expect(stacks.map((stack) => stack.reused).sort()).toEqual([false, true, true]);
    expect(new Set(stacks.map((stack) => stack.addresses.s3Endpoint)).size).toBe(1);
  });

  it('take over the lock of a starter that was killed', async () => {
    makeStackFolders(stackPaths(root));
    const gone = await sleeper();
    process.kill(gone.pid, 'SIGKILL');
    await expect.poll(() => isSameProcess(gone)).toBe(false);
    writeFileSync(stackPaths(root).lock, JSON.stringify({ ...gone, token: 'x' }));
    expect((await startStore()).reused).toBe(false);
  });
});

describe('what an earlier stack left behind', () => {
  it('a torn stack file is as none', async () => {
    makeStackFolders(stackPaths(root));
    writeFileSync(stackPaths(root).stackFile, '{"format": 1, "superv');
    expect((await startStore()).reused).toBe(false);
  });

  it('servers that no file names any more are found and ended', async () => {
    const first = await startStore();
    const { supervisor } = await stackStatus(root);
    const server = await identityOf((await part('object-store'))?.pid ?? 0);
    process.kill(supervisor?.pid ?? 0, 'SIGKILL');
    await expect.poll(async () => (await stackStatus(root)).running).toBe(false);
    rmSync(stackPaths(root).stackFile);
    expect(server && (await isSameProcess(server))).toBe(true);
    const second = await startStore();
    expect(server && (await isSameProcess(server))).toBe(false);
    expect(second.settings.store.secretAccessKey).toBe(first.settings.store.secretAccessKey);
  });

  it('ends a recorded process that is the one it was, and no other that has its pid', async () => {
    const [ours, recycled, otherBoot] = [await sleeper(), await sleeper(), await sleeper()];
    const paths = stackPaths(root);
    makeStackFolders(paths);
    const recorded = (process: ProcessIdentity) => ({ ...newPart('1'), state: 'ready' as const, process });
    writeStackFile(paths, {
      format: 1,
      supervisor: { ...recycled, startedAt: '1' },
      request: '{}',
      addresses: noAddresses,
      parts: {
        temporal: recorded(ours),
        mlflow: recorded({ ...recycled, startedAt: '1' }),
        'worker-1': recorded({ ...otherBoot, bootId: 'another boot' }),
      },
    });
    expect(await stopStack(root)).toEqual(['temporal']);
    expect(await isSameProcess(ours)).toBe(false);
    expect(await isSameProcess(recycled)).toBe(true);
    expect(await isSameProcess(otherBoot)).toBe(true);
    expect(readStackFile(paths)?.parts.mlflow).toMatchObject({ state: 'stopped', process: null });
  });

  it('the stack of a project folder that was deleted ends by itself', async () => {
    await startStore();
    const { supervisor } = await stackStatus(root);
    const server = await identityOf((await part('object-store'))?.pid ?? 0);
    const keeper = await identityOf(supervisor?.pid ?? 0);
    rmSync(root, { recursive: true, force: true });
    await expect.poll(async () => keeper && (await isSameProcess(keeper)), { timeout: 120_000 }).toBe(false);
    expect(server && (await isSameProcess(server))).toBe(false);
    mkdirSync(root);
  });
});

describe("the user's own servers", () => {
  const everywhere = (port: number) => ({
    ...elsewhere(port),
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });

  it('are used, and nothing is started or stopped', async () => {
    const port = await listen();
    const stack = await startStack({ root, environments, env: { ...clean, ...everywhere(port) } });
    expect(stack.settings.temporal.address).toBe(`127.0.0.1:${port}`);
    expect((await stackStatus(root)).parts).toEqual([]);
    expect(await stack.stop()).toEqual([]);
  });

  it('are waited for, and then named with their setting', async () => {
    const env = { ...clean, ...everywhere(await listen()), MLFLOW_TRACKING_URI: 'http://127.0.0.1:9' };
    const refused = startStack({
      root,
      environments,
      env,
      outsideSeconds: 1,
      onProgress: (event) => events.push(event),
    });
    await expect(refused).rejects.toThrow(
      /mlflow at http:\/\/127\.0\.0\.1:9 \(MLFLOW_TRACKING_URI\) did not answer for 1 s/,
    );
    expect(events).toContainEqual({ kind: 'waiting', message: expect.stringContaining('MLFLOW_TRACKING_URI') });
  });
});

describe('workers', () => {
  const worker = (script: string) => ({ count: 2, command: [process.execPath, '-e', script], announcesReady: true });
  const steady = `process.on('SIGTERM', () => { console.log('wound down'); process.exit(0); });
    console.log('root', process.env.RATCHET_ROOT, Object.keys(process.env).filter((name) => name.startsWith('RATCHET_STACK')));
    setInterval(() => {}, 1000); process.send('ready');`;

  it('are started again when they die, and wind down before the servers end', async () => {
    await startStore({ workers: worker(steady) });
    const before = await part('worker-2');
    process.kill(before?.pid ?? 0, 'SIGKILL');
    await expect
      .poll(async () => ((await part('worker-2'))?.pid === before?.pid ? 'killed' : (await part('worker-2'))?.state), {
        timeout: 20_000,
      })
      .toBe('ready');
    expect((await stopStack(root)).sort()).toEqual(['object-store', 'worker-1', 'worker-2']);
    const log = readFileSync(stackPaths(root).log('worker-1'), 'utf8');
    expect(log).toBe(`root ${root} []\nwound down\n`);
  });

  it('begin again when a server moves before it was ever ready: they have read where it was', async () => {
    const reading = `const { addresses } = JSON.parse(require('node:fs').readFileSync('.ratchet/stack.json', 'utf8'));
      console.log(addresses.s3Endpoint); setInterval(() => {}, 1000); process.send('ready');`;
    const starting = startStore({ workers: { ...worker(reading), count: 1 } });
    const log = () => {
      try {
        return readFileSync(stackPaths(root).log('worker-1'), 'utf8').trim().split('\n').filter(Boolean);
      } catch {
        return [];
      }
    };
    // The store formats its volume first, which takes a second.
    await expect.poll(log, { timeout: 120_000, interval: 5 }).toHaveLength(1);
    const taker = createServer();
    servers.push(taker);
    const [first = ''] = log();
    await once(taker.listen(Number(new URL(first).port), '127.0.0.1'), 'listening');
    const { addresses } = await starting;
    expect(addresses.s3Endpoint).not.toBe(first);
    await expect.poll(log, { timeout: 120_000 }).toEqual([first, addresses.s3Endpoint]);
  });

  it('that cannot start are told with their own words, and what was started is stopped', async () => {
    const refused = startStore({ workers: worker("console.error('no such pipeline'); process.exit(1)") });
    await expect(refused).rejects.toThrow(
      /worker-\d does not start: .*exit code 1[\s\S]*no such pipeline[\s\S]*worker-\d\.log/,
    );
    expect((await stackStatus(root)).running).toBe(false);
  });

  it('that do not wind down are killed with all that they started', async () => {
    const stubborn = `process.on('SIGTERM', () => {});
      const child = require('node:child_process').spawn('sleep', ['600']); console.log(child.pid);
      setInterval(() => {}, 1000); process.send('ready');`;
    await startStore({ workers: { ...worker(stubborn), count: 1 } });
    const pid = Number(readFileSync(stackPaths(root).log('worker-1'), 'utf8').trim());
    const grandchild = await identityOf(pid);
    await stopStack(root);
    expect(grandchild && (await isSameProcess(grandchild))).toBe(false);
  });
});

describe('doctor', () => {
  it('finds this machine fit, and names a taken port and a server that does not answer', async () => {
    const port = await listen();
    const env = { ...clean, RATCHET_TEMPORAL_PORT: String(port), MLFLOW_TRACKING_URI: 'http://127.0.0.1:9' };
    const checks = await doctor(root, env);
    expect(
      checks
        .filter(({ ok }) => !ok)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['mlflow', `port ${port}`]);
    for (const check of checks) expect(check.ok ? check.fix : check.fix.length > 10).toBe(check.ok ? '' : true);
  });

  it('tells a setting that cannot be used', async () => {
    const checks = await doctor(root, { ...clean, RATCHET_STORE: 'models' });
    expect(checks.find(({ ok }) => !ok)?.fix).toMatch(/RATCHET_STORE is "models"/);
  });
});
