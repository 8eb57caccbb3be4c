/** What a person meets first where something is not ready: one message, the next step, no stack trace. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTracking } from '#adapters/mlflow/tracking.ts';
import { environment, ratchetIn, sources } from '../e2e/world/ratchet.ts';
import { makeProject, type Project, pipelineOf } from '../fixtures/project.ts';
import { freePort } from '../servers/free-port.ts';

let project: Project;
beforeAll(async () => {
  project = await makeProject({
    'package.json': '{"type":"module"}',
    'pipelines/demo/pipeline.ts': pipelineOf('demo', { one: '() => 1' }),
  });
});
afterAll(() => project?.remove());

const oneMessage = (stderr: string) => {
  expect(stderr).not.toMatch(/^ {4}at /m);
  expect(stderr).not.toMatch(/RATCHET_DEBUG/);
  return stderr.trim();
};

describe('the command line', () => {
  it.each(['run', 'plan'])('%s without servers says how they are started', async (verb) => {
    const said = await ratchetIn(project.root, {}, verb, 'demo');
    expect(said.code).toBe(1);
    expect(oneMessage(said.stderr)).toMatch(/ratchet dev/);
  });

  it('says wrong use to people, and as one object to machines', async () => {
    const said = await ratchetIn(project.root, {}, 'estimate', '--json');
    expect(said.code).toBe(2);
    expect(said.stderr).toContain('--reference');
    expect(JSON.parse(said.stdout)).toEqual({
      error: { type: 'InvalidInput', message: expect.stringMatching(/^required option '--reference/) },
    });
  });

  it('names the server that does not answer, and its setting', async () => {
    const nobody = `127.0.0.1:${await freePort()}`;
    const servers = {
      TEMPORAL_ADDRESS: nobody,
      MLFLOW_TRACKING_URI: `http://${nobody}`,
      RATCHET_STORE: 's3://ratchet',
      AWS_ENDPOINT_URL_S3: `http://${nobody}`,
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_REGION: 'us-east-1',
    };
    const said = await ratchetIn(project.root, servers, 'run', 'demo');
    expect(said.code).toBe(1);
    expect(oneMessage(said.stderr)).toContain(nobody);
  });
});

// A small file system to fill needs user namespaces, which some containers refuse.
it.skipIf(spawnSync('unshare', ['-rm', 'true']).status !== 0)('a full disk is said before a server is started', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-full-'));
  const dev = `mount -t tmpfs -o size=1m tmpfs ${folder} && ${process.execPath} ${sources}cli/bin.mjs dev`;
  const { status, stdout, stderr } = spawnSync('unshare', ['-rm', 'sh', '-c', dev], {
    encoding: 'utf8',
    env: environment(folder),
    timeout: 60_000,
  });
  rmSync(folder, { recursive: true, force: true });
  expect([status, stdout]).toEqual([1, '']);
  expect(oneMessage(stderr)).toMatch(/disk is full: \d\.\d MB are free in .* need 100 MB.*Free some space/);
});

it.each([401, 403])('an MLflow that answers %d is said with its settings', async (status) => {
  const server = createServer((_, answer) => answer.writeHead(status).end('You are not authenticated.'));
  await new Promise<void>((go) => void server.listen(0, '127.0.0.1', go));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const tracking = createTracking({ url });
    await expect(tracking.alias('any', 'champion')).rejects.toMatchObject({
      type: 'OutsideRefused',
      message: expect.stringMatching(/MLFLOW_TRACKING_(USERNAME|TOKEN)/),
    });
  } finally {
    server.close();
  }
});
