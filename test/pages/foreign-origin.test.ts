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
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { choosePorts } from '#adapters/process/free-port.ts';
import { allParts } from '#workers/stack/parts/all-parts.ts';
import type { PartContext } from '#workers/stack/parts/part.ts';
import { openChromium } from '../e2e/world/chromium.ts';
import { testProgram } from '../servers/programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratchet-origins-'));
const running: { pid: number; name: string; context: PartContext }[] = [];
const body = JSON.stringify({
  workflowId: 'foreign',
  workflowType: { name: 'flight-delays' },
  taskQueue: { name: 'ratchet' },
});

beforeAll(async () => {
  for (const part of Object.values(allParts)) {
    const chosen = await choosePorts(part.ports.map(() => []));
    const context: PartContext = {
      data: join(folder, part.name),
      ports: Object.fromEntries(part.ports.map(({ name }, index) => [name, chosen[index] ?? 0])),
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
  }
}, 300_000);
afterAll(() => {
  for (const { pid } of running) process.kill(-pid, 'SIGKILL');
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
  '/api/v1/namespaces/default/workflows/foreign',
  '/namespaces/default/workflows/foreign',
  '/api/2.0/mlflow/experiments/create',
  '/ajax-api/2.0/mlflow/experiments/create',
  '/ratchet/foreign.txt',
];

test('no port takes or tells anything', async () => {
  const ports = openPorts(running.map(({ pid }) => pid));
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
    expect(answers.filter((each) => !/: 40[0-9]$/.test(each))).toEqual([]);
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
