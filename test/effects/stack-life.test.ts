/** The embedded servers as `ratchet dev` runs them: one stack, whose parts and supervisor are killed in turn. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityOf, isSameProcess } from '#adapters/process/process-identity.ts';
import { searchAttributes } from '#contracts/names.ts';
import { partNames } from '#stack/parts/part.ts';
import { environmentsFolder } from '#stack/python-environment.ts';
import { type Stack, type StackEvent, startStack, stopStack } from '#stack/stack.ts';
import { stackStatus } from '#stack/status.ts';

// A space and a non-ASCII letter: paths go into URLs and command lines.
const root = join(mkdtempSync(join(tmpdir(), 'ratchet-stack-')), 'my projét');
const environments = environmentsFolder(fileURLToPath(new URL('../../', import.meta.url)));
const home = join(root, '..', 'home');
// Nobody's own servers: the variables of the machine that runs the test must not reach it.
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(TEMPORAL|MLFLOW|AWS|RATCHET)_/.test(name))),
  HOME: home,
  XDG_CONFIG_HOME: join(home, 'config'),
  // Where uv keeps what it downloads for all projects of a user is the user's own.
  UV_CACHE_DIR: process.env.UV_CACHE_DIR ?? join(homedir(), '.cache', 'uv'),
};
const events: StackEvent[] = [];
const start = () => startStack({ root, environments, env, onProgress: (event) => events.push(event) });
let stack: Stack;

beforeAll(async () => {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  mkdirSync(home, { recursive: true });
  stack = await start();
});
afterAll(async () => {
  await stopStack(root);
  rmSync(join(root, '..'), { recursive: true, force: true });
});

const pidOf = async (part: string) => (await stackStatus(root)).parts.find(({ name }) => name === part)?.pid ?? null;
const stateOf = async (part: string) => (await stackStatus(root)).parts.find(({ name }) => name === part)?.state;
const s3 = () => {
  const { endpoint, region, accessKeyId, secretAccessKey } = stack.settings.store;
  const credentials = { accessKeyId, secretAccessKey };
  return new S3Client({ ...(endpoint && { endpoint }), region, credentials, forcePathStyle: true });
};
const mlflow = async (path: string, body?: object) => {
  const url = `${stack.settings.mlflow.url}/api/2.0/mlflow/${path}`;
  const response = await fetch(
    url,
    body && { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
  );
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
async function withTemporal<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: stack.settings.temporal.address, connectTimeout: 20_000 });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
/** Kills it as nothing of ours would, and waits until another process stands in its place, healthy. */
async function killPart(part: string): Promise<void> {
  const pid = await pidOf(part);
  if (pid === null) throw new Error(`${part} does not run`);
  process.kill(pid, 'SIGKILL');
  await expect
    .poll(async () => ((await pidOf(part)) === pid ? 'killed' : await stateOf(part)), { timeout: 120_000 })
    .toBe('ready');
}

describe('a started stack', () => {
  it('tells when each part is ready', () => {
    const ready = events.flatMap((event) => (event.kind === 'part' && event.state === 'ready' ? event.part : []));
    expect(ready.sort()).toEqual([...partNames].sort());
  });

  it('keeps histories for 30 days and knows our search attributes', () =>
    withTemporal(async (connection) => {
      const described = await connection.workflowService.describeNamespace({ namespace: 'default' });
      expect(Number(described.config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3600);
      const known = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
      expect(Object.keys(known.customAttributes ?? {})).toEqual(expect.arrayContaining(Object.keys(searchAttributes)));
    }));

  it('has the bucket, keeps MD5 as the ETag, and takes further buckets', async () => {
    const client = s3();
    const { bucket: Bucket } = stack.settings.store;
    const put = await client.send(new PutObjectCommand({ Bucket, Key: 'a/b.txt', Body: 'hello' }));
    expect(put.ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    await client.send(new CreateBucketCommand({ Bucket: 'another' }));
  });

  it('serves artifacts through MLflow', async () => {
    const url = `${stack.settings.mlflow.url}/api/2.0/mlflow-artifacts/artifacts/x/y.txt`;
    expect((await fetch(url, { method: 'PUT', body: 'kept' })).status).toBe(200);
    expect(await (await fetch(url)).text()).toBe('kept');
  });

  it('listens on the loopback address only, with keys of its own', async () => {
    const { temporalAddress, temporalUiUrl, mlflowUrl, s3Endpoint } = stack.addresses;
    for (const address of [temporalAddress, temporalUiUrl, mlflowUrl, s3Endpoint])
      expect(address).toContain('127.0.0.1:');
    expect(stack.settings.store.secretAccessKey).toMatch(/^[0-9a-f]{48}$/);
  });

  it('is shared by a second start', async () => {
    const before = await pidOf('mlflow');
    const again = await start();
    expect(again.reused).toBe(true);
    expect(again.addresses).toEqual(stack.addresses);
    expect(await pidOf('mlflow')).toBe(before);
  });

  it('is described with what it costs', async () => {
    const status = await stackStatus(root);
    expect(status.running).toBe(true);
    for (const part of status.parts) expect(part.residentBytes).toBeGreaterThan(10e6);
  });
});

describe('a part that is killed comes back where it was, with its data', () => {
  it('Temporal', async () => {
    const started = await withTemporal((connection) =>
      new Client({ connection }).workflow.start('nobody-runs-this', { workflowId: 'kept', taskQueue: 'nobody' }),
    );
    await killPart('temporal');
    await withTemporal(async (connection) => {
      const described = await new Client({ connection }).workflow.getHandle('kept').describe();
      expect(described.runId).toBe(started.firstExecutionRunId);
      expect(described.status.name).toBe('RUNNING');
    });
  });

  it('MLflow', async () => {
    const made = await mlflow('experiments/create', { name: 'kept' });
    await killPart('mlflow');
    const found = await mlflow('experiments/get-by-name?experiment_name=kept');
    expect(found.body.experiment).toMatchObject({ experiment_id: made.body.experiment_id });
  });

  it('the object store', async () => {
    const { bucket: Bucket } = stack.settings.store;
    await s3().send(new PutObjectCommand({ Bucket, Key: 'kept', Body: 'still here' }));
    await killPart('object-store');
    const found = await s3().send(new GetObjectCommand({ Bucket, Key: 'kept' }));
    expect(await found.Body?.transformToString()).toBe('still here');
  });
});

describe('a supervisor that is killed', () => {
  it('leaves its parts running, and the next start replaces them on the same ports with their data', async () => {
    const { supervisor } = await stackStatus(root);
    const parts = await Promise.all(partNames.map(async (name) => identityOf((await pidOf(name)) ?? 0)));
    process.kill(supervisor?.pid ?? 0, 'SIGKILL');
    await expect.poll(async () => (await stackStatus(root)).running).toBe(false);
    for (const part of parts) expect(part && (await isSameProcess(part))).toBe(true);
    const before = stack.addresses;
    stack = await start();
    expect(stack.reused).toBe(false);
    for (const part of parts) expect(part && (await isSameProcess(part))).toBe(false);
    const { temporalAddress, temporalUiUrl, mlflowUrl, s3Endpoint } = before;
    expect(stack.addresses).toMatchObject({ temporalAddress, temporalUiUrl, mlflowUrl, s3Endpoint });
    const found = await mlflow('experiments/get-by-name?experiment_name=kept');
    expect(found.status).toBe(200);
  });
});

describe('a stopped stack', () => {
  it('leaves nothing of ours running, and its data', async () => {
    const { supervisor } = await stackStatus(root);
    const ours = await Promise.all(
      [supervisor?.pid ?? 0, ...(await Promise.all(partNames.map(pidOf)))].map((pid) => identityOf(pid ?? 0)),
    );
    expect((await stack.stop()).sort()).toEqual([...partNames].sort());
    for (const one of ours) expect(one && (await isSameProcess(one))).toBe(false);
    expect(await stackStatus(root)).toMatchObject({ running: false, supervisor: null });
    expect(await stopStack(root)).toEqual([]);
  });

  it('has written nothing into the home folder of who started it', () => {
    expect(readdirSync(home, { recursive: true })).toEqual([]);
  });
});
