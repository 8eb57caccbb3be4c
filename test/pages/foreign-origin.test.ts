/**
 * A web page of somebody else asks every port that the embedded stack opens, as such a page can: by fetch, with what needs no
 * leave, at the machine's address and at a name of its own that points there. Nothing starts, and nothing is told.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Connection } from '@temporalio/client';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Doors, openDoors } from '#stack/doors.ts';
import { chooseStackPorts } from '#stack/part-ports.ts';
import { allParts } from '#stack/parts/all-parts.ts';
import type { PartContext } from '#stack/parts/part.ts';
import { openChromium } from '../e2e/world/chromium.ts';
import { testProgram } from '../servers/programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratchet-origins-'));
const doors: Doors[] = [];
const running: { pid: number; name: string; context: PartContext }[] = [];
const body = JSON.stringify({
  workflowId: 'foreign',
  workflowType: { name: 'flight-delays' },
  taskQueue: { name: 'ratchet' },
});

beforeAll(async () => {
  // Of all at once, as the stack does: one that was told its ports does not listen on them yet when the next one is asked for.
  const chosen = await chooseStackPorts(Object.values(allParts), {});
  for (const part of Object.values(allParts)) {
    const context: PartContext = {
      data: join(folder, part.name),
      ports: chosen[part.name] ?? {},
      bin: dirname(testProgram('temporal')),
      variables: process.env,
      credentials: { accessKeyId: 'somebody', secretAccessKey: 'a-secret-of-the-test' },
    };
    await part.prepare(context);
    const { file, args, env, cwd } = part.command(context);
    const child = spawn(file, args, { cwd, env, stdio: 'ignore', detached: true });
    running.push({ pid: child.pid ?? 0, name: part.name, context });
  }
  for (const { name, context } of running) {
    const part = allParts[name as keyof typeof allParts];
    const healthy = async () => expect(await part.isHealthy(context, AbortSignal.timeout(2_000))).toBe(true);
    await vi.waitFor(healthy, { timeout: 200_000, interval: 200 });
    await part.settle(context);
    doors.push(await openDoors(part, context.ports));
  }
}, 300_000);
afterAll(() => {
  for (const each of doors) each.close();
  for (const { pid } of running)
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended by itself, and the others are to end all the same.
    }
  rmSync(folder, { recursive: true, force: true });
});

/** TCP ports on which the processes of these groups listen, by what the kernel says. */
function openPorts(groups: readonly number[]): number[] {
  const inodes = new Map<string, number>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6'])
    for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === '0A') inodes.set(fields[9] ?? '', Number.parseInt(fields[1]?.split(':')[1] ?? '', 16));
    }
  const ports = new Set<number>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const group = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2]);
      if (!groups.includes(group)) continue;
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
        const port = inode === undefined ? undefined : inodes.get(inode);
        if (port !== undefined) ports.add(port);
      }
    } catch {
      // It ended meanwhile.
    }
  }
  return [...ports].sort((a, b) => a - b);
}

const paths = [
  '/',
  '/metrics',
  '/api/v1/settings',
  '/nexus/callback',
  '/namespaces/default/task-queues/ratchet/nexus-services/foreign/start',
  '/api/v1/namespaces/default/workflows/foreign',
  '/namespaces/default/workflows/foreign',
  '/api/2.0/mlflow/experiments/create',
  '/ajax-api/2.0/mlflow/experiments/create',
  '/ratchet/foreign.txt',
];

/** Where the name of the page's own site has been made to point at a port here, what answers there is of the page's own origin. */
async function expectNothingToldTo(browser: Browser, origin: string) {
  const page = await browser.newPage();
  // What gives no document, not even one that refuses, has no origin of its own that a page could be of.
  if (!(await page.goto(origin, { timeout: 5_000 }).catch(() => null))) return;
  const token = (await page.context().cookies(origin)).find(({ name }) => name === '_csrf')?.value ?? '';
  const told = await page.evaluate(
    async ({ origin, paths, body, token }) => {
      const found: string[] = [];
      const signal = AbortSignal.timeout(3_000);
      for (const path of paths) {
        const headers = { 'content-type': 'application/json', 'x-csrf-token': token };
        for (const init of [{}, { method: 'POST', body, headers }]) {
          const answer = await fetch(`${origin}${path}`, { ...init, signal }).catch(() => null);
          if (answer) found.push(`${init.method ?? 'GET'} ${origin}${path}: ${answer.status}`);
        }
      }
      return found;
    },
    { origin, paths, body, token },
  );
  expect(told.filter((each) => !/: 4[0-9]{2}$/.test(each))).toEqual([]);
}

test('no port takes or tells anything', async () => {
  const listening = openPorts(running.map(({ pid }) => pid));
  // Doors are the stack's, and so are they here.
  const behindDoors = running.flatMap(({ name, context }) =>
    allParts[name as keyof typeof allParts].ports.flatMap((wish) => (wish.door ? [context.ports[wish.name] ?? 0] : [])),
  );
  const ports = [...listening, ...behindDoors];
  expect(behindDoors).toHaveLength(1);
  expect(ports.length).toBeGreaterThanOrEqual(6);
  const site = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<p>a page</p>'));
  await once(site.listen(0, '127.0.0.1'), 'listening');
  const { port: own } = site.address() as AddressInfo;
  const browser = await openChromium('--host-resolver-rules=MAP *.example 127.0.0.1');
  try {
    const page = await browser.newPage();
    await page.goto(`http://evil.example:${own}/`);
    const answers = await page.evaluate(
      async ({ ports, paths, body }) => {
        const read: string[] = [];
        const send = async (url: string, init: RequestInit) => {
          const options = { ...init, signal: AbortSignal.timeout(2_000) };
          await fetch(url, { ...options, mode: 'no-cors', credentials: 'include' }).catch(() => null);
          const answer = await fetch(url, options).catch(() => null);
          if (answer) read.push(`${init.method ?? 'GET'} ${url}: ${answer.status}`);
        };
        const all = ports.flatMap((port) =>
          ['127.0.0.1', 'evil.example'].flatMap((host) => paths.map((path) => `http://${host}:${port}${path}`)),
        );
        await Promise.all(
          all.flatMap((url) => [
            send(url, {}),
            send(url, { method: 'POST', body, headers: { 'content-type': 'text/plain' } }),
            send(url, {
              method: 'POST',
              body: 'name=foreign',
              headers: { 'content-type': 'application/x-www-form-urlencoded' },
            }),
            send(url, { method: 'POST', body: '{"name":"foreign"}', headers: { 'content-type': 'text/plain' } }),
            send(url, { method: 'POST', body: '{"name":"foreign"}', headers: { 'content-type': 'application/json' } }),
          ]),
        );
        return read;
      },
      { ports, paths, body },
    );
    // The object store lets pages read that it refuses them.
    expect(answers.filter((each) => !/: 4[0-9]{2}$/.test(each))).toEqual([]);
    for (const port of ports) await expectNothingToldTo(browser, `http://evil.example:${port}`);
  } finally {
    await browser.close();
    site.close();
  }
  const by = Object.fromEntries(running.map(({ name, context }) => [name, context]));
  const connection = await Connection.connect({ address: `127.0.0.1:${by.temporal?.ports.grpc}` });
  const { executions } = await connection.workflowService.listWorkflowExecutions({ namespace: 'default' });
  await connection.close();
  expect(executions).toEqual([]);
  const mlflow = `http://127.0.0.1:${by.mlflow?.ports.http}/api/2.0/mlflow/experiments/search?max_results=100`;
  expect(await (await fetch(mlflow)).text()).not.toContain('foreign');
}, 120_000);

test('the Web UI is behind its door, for who asks this machine by its own name', async () => {
  const { ports = {} } = running.find(({ name }) => name === 'temporal')?.context ?? {};
  for (const name of ['127.0.0.1', 'localhost']) {
    const answer = await fetch(`http://${name}:${ports.ui}/api/v1/namespaces/default`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ namespaceInfo: { name: 'default' } });
  }
  expect((await fetch(`http://127.0.0.1:${ports.ui}/namespaces/default/workflows`)).status).toBe(200);
});
