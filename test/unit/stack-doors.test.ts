import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import { choosePorts } from '#adapters/process/free-port.ts';
import { portsClosedToPages } from '#stack/closed-ports.ts';
import { type Doors, openDoors } from '#stack/doors.ts';
import { chooseStackPorts } from '#stack/part-ports.ts';
import { temporal } from '#stack/parts/temporal.ts';

const wishes = { ports: [{ name: 'ui', door: 'behind' }, { name: 'behind' }] };
let doors: Doors | undefined;
afterEach(() => doors?.close());

function ask(port: number, host: string, body?: string): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1',
      port,
      path: '/a?b=c',
      method: body ? 'POST' : 'GET',
      headers: { host },
    });
    asked.on('error', reject).on('response', (answer) => {
      text(answer).then((found) => resolve([answer.statusCode ?? 0, found]), reject);
    });
    asked.end(body);
  });
}

it('hands on what names this machine and its own port, and nothing else', async () => {
  const seen: string[] = [];
  const behind = createServer(async (asked, answer) => {
    seen.push(`${asked.method} ${asked.url} ${await text(asked)}`);
    answer.writeHead(201, { 'x-own': '1' }).end('told');
  });
  await once(behind.listen(0, '127.0.0.1'), 'listening');
  const [ui = 0] = await choosePorts([[]]);
  doors = await openDoors(wishes, { ui, behind: (behind.address() as AddressInfo).port });
  for (const host of [`127.0.0.1:${ui}`, `localhost:${ui}`, `LOCALHOST:${ui}`, `[::1]:${ui}`])
    expect(await ask(ui, host)).toEqual([201, 'told']);
  expect(await ask(ui, `localhost:${ui}`, 'x'.repeat(100_000))).toEqual([201, 'told']);
  expect(seen.at(-1)).toBe(`POST /a?b=c ${'x'.repeat(100_000)}`);
  const before = seen.length;
  for (const host of [`evil.example:${ui}`, 'localhost', `localhost:${ui + 1}`, `localhost.evil.example:${ui}`])
    expect((await ask(ui, host, 'x'))[0]).toBe(421);
  expect(seen).toHaveLength(before);
  behind.closeAllConnections();
  behind.close();
  await once(behind, 'close');
  expect((await ask(ui, `localhost:${ui}`))[0]).toBe(502);
});

it('what answers to any name gets a port that browsers refuse, also where it had another one before', async () => {
  const before = { temporal: { http: 40_123, metrics: 40_124, 'ui-behind': 40_125, grpc: 40_126 } };
  const { temporal: ports = {} } = await chooseStackPorts([temporal], before, {});
  for (const name of ['http', 'metrics', 'ui-behind']) expect(portsClosedToPages).toContain(ports[name]);
  expect(ports.grpc).toBe(40_126);
  expect(new Set(Object.values(ports)).size).toBe(5);
});

it('says so when all of those ports are taken, instead of taking another', async () => {
  const held = portsClosedToPages.map((port) => createServer().listen({ port, host: '127.0.0.1', exclusive: true }));
  const settled = held.map((server) => once(server, 'listening').catch(() => null));
  await Promise.all(settled);
  await expect(chooseStackPorts([temporal], {}, {})).rejects.toThrow(
    /temporal needs a port that web pages cannot reach/,
  );
  for (const server of held) server.close();
});
