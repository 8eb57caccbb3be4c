/** A real PostgreSQL of a test's own, where Debian's postgresql is installed. */
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from './free-port.ts';
import { TestServer } from './server.ts';

const INSTALLED = '/usr/lib/postgresql';
const versions = existsSync(INSTALLED) ? readdirSync(INSTALLED).sort((a, b) => Number(b) - Number(a)) : [];
const programs = [process.env.RATCHET_TEST_POSTGRES ?? '', ...versions.map((each) => join(INSTALLED, each, 'bin'))];
const bin = programs.find((folder) => folder !== '' && existsSync(join(folder, 'initdb')));
/** Why tests of PostgreSQL are left out; null where they run. */
export const noPostgres = bin
  ? null
  : `left out: there is no ${INSTALLED}/*/bin/initdb (Debian: apt-get install postgresql; RATCHET_TEST_POSTGRES names another folder)`;

/** It does not start as root. */
const NOBODY = 65_534;
const own = userInfo().uid === 0 ? { uid: NOBODY, gid: NOBODY } : {};

export interface TestPostgres {
  /** With the password in it. */
  readonly address: string;
  readonly password: string;
  readonly server: TestServer;
  /** Runs statements, one after another. */
  run(sql: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export async function startPostgres(): Promise<TestPostgres> {
  if (!bin) throw new Error(noPostgres ?? '');
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-postgres-'));
  if (own.uid !== undefined) chownSync(folder, own.uid, own.gid);
  const data = join(folder, 'data');
  const password = 'p@ss:word/é';
  const environment = { ...process.env, LC_ALL: 'C.UTF-8' };
  const given = join(folder, 'password');
  writeFileSync(given, `${password}\n`);
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'reader', '--auth=scram-sha-256', `--pwfile=${given}`, '--no-sync', '-E', 'UTF8'],
    { env: environment, cwd: folder, ...own, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const port = await freePort();
  const address = `postgres://reader:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  const server = new TestServer({
    command: join(bin, 'postgres'),
    args: [
      '-D',
      data,
      '-p',
      String(port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      `unix_socket_directories=${folder}`,
    ],
    env: environment,
    cwd: folder,
    log: join(folder, 'log'),
    ready: () => answers(address),
    ...own,
  });
  await server.start();
  return {
    ...{ address, password, server },
    async run(sql) {
      const client = new Client({ connectionString: address });
      await client.connect();
      try {
        return (await client.query(sql)).rows;
      } finally {
        await client.end();
      }
    },
    close: async () => {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(address: string): Promise<boolean> {
  const client = new Client({ connectionString: address });
  client.on('error', () => undefined);
  return client
    .connect()
    .then(() => client.end())
    .then(
      () => true,
      () => false,
    );
}
