/** A real S3 API on a folder of its own: the gateway that the embedded stack uses. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { testProgram } from './programs.ts';
import { TestServer } from './server.ts';

export interface TestObjectStore {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly server: TestServer;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

/** Starts one; the binary beside RATCHET_TEST_PYTHON, or RATCHET_TEST_JUICEFS. */
export async function startObjectStore(): Promise<TestObjectStore> {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-s3-'));
  const program = testProgram('juicefs', 'RATCHET_TEST_JUICEFS');
  const [accessKeyId, secretAccessKey] = ['test-access', 'test-secret-access'];
  const meta = `sqlite3://${join(folder, 'meta.db')}`;
  mkdirSync(join(folder, 'blocks'));
  const env = {
    ...process.env,
    HOME: folder,
    MINIO_ROOT_USER: accessKeyId,
    MINIO_ROOT_PASSWORD: secretAccessKey,
  };
  await promisify(execFile)(
    program,
    ['format', '--storage', 'file', '--bucket', `${join(folder, 'blocks')}/`, '--trash-days', '0', meta, 'test'],
    { env, timeout: 60_000 },
  );
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = new TestServer({
    command: program,
    args: [
      'gateway',
      '--multi-buckets',
      '--keep-etag',
      '--no-usage-report',
      '--cache-dir',
      join(folder, 'cache'),
      meta,
      `127.0.0.1:${port}`,
    ],
    env,
    cwd: folder,
    log: join(folder, 'log'),
    ready: async () => (await fetch(`${endpoint}/minio/health/live`, { signal: AbortSignal.timeout(2_000) })).ok,
  });
  await server.start();
  return {
    endpoint,
    accessKeyId,
    secretAccessKey,
    server,
    close: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
