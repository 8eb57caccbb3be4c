/** A real Redis of a test's own, where Debian's redis-server is installed. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { TestServer } from './server.ts';

const PROGRAM = process.env.RATCHET_TEST_REDIS ?? '/usr/bin/redis-server';
/** Why tests of Redis are left out; null where they run. */
export const noRedis = existsSync(PROGRAM)
  ? null
  : `left out: there is no ${PROGRAM} (Debian: apt-get install redis-server; RATCHET_TEST_REDIS names another one)`;

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly server: TestServer;
  /** `redis-cli` with these arguments. */
  cli(...args: string[]): string;
  close(): Promise<void>;
}

/** Every write is on the disk before it is acknowledged. */
export async function startRedis(...more: string[]): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-redis-'));
  const port = await freePort();
  const server = new TestServer({
    command: PROGRAM,
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
      ...['--appendonly', 'yes', '--appendfsync', 'always', ...more],
    ],
    env: process.env,
    cwd: folder,
    log: join(folder, 'log'),
    ready: () => accepts(port),
  });
  await server.start();
  return {
    ...{ url: `redis://127.0.0.1:${port}`, port, server },
    cli: (...args) =>
      execFileSync(PROGRAM.replace(/redis-server$/, 'redis-cli'), ['-p', String(port), ...args], {
        encoding: 'utf8',
        timeout: 60_000,
      }),
    close: async () => {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.end('PING\r\n'));
    socket.once('data', (bytes) => resolve(/PONG|NOAUTH/.test(String(bytes))));
  });
}
