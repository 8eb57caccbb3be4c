/** A version goes from one MLflow server to another, whatever is cut on the way. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyVersion } from '#activities/release/copy-version.ts';
import { createTracking } from '#adapters/mlflow/tracking.ts';
import type { RegisteredVersion, Tracking } from '#ports/tracking.ts';
import { type CuttingProxy, startCuttingProxy } from '../servers/cutting-proxy.ts';
import { logModel } from '../servers/logged-model.ts';
import { startMlflow, type TestMlflow } from '../servers/mlflow.ts';

let servers: TestMlflow[];
let proxy: CuttingProxy;
let staging: Tracking;
let production: Tracking;
/** Production behind the proxy. */
let cut: Tracking;
const folder = mkdtempSync(join(tmpdir(), 'ratchet-copy-test-'));
let made = 0;

beforeAll(async () => {
  servers = await Promise.all([startMlflow(), startMlflow()]);
  const [there, here] = servers.map(({ url }) => url) as [string, string];
  proxy = await startCuttingProxy(here);
  [staging, production, cut] = [there, here, proxy.url].map((url) => createTracking({ url })) as [
    ...[Tracking, Tracking, Tracking],
  ];
}, 240_000);
afterAll(async () => {
  await proxy.close();
  for (const server of servers) await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function registered(name: string, tags: Record<string, string> = { 'ratchet.verdict': 'passed' }) {
  const experimentId = await staging.ensureExperiment('training');
  const run = await staging.ensureRun({ experimentId, key: name, name });
  await staging.log(run.runId, { metrics: { roc_auc: 0.75 }, params: { rate: '0.1' }, timestamp: 1 });
  const { uri } = await logModel(staging.url, run, { content: name, signature: true });
  const digest = await staging.modelDigest(uri);
  const version = await staging.createVersion({
    ...{ model: name, source: uri, runId: run.runId, description: 'better by 0.02' },
    tags: {
      ...tags,
      'ratchet.key': `key-${name}`,
      'ratchet.digest': digest,
      'ratchet.champion': '2020-01-01T00:00:00.000Z',
    },
  });
  return { version, digest };
}
const copied = (version: RegisteredVersion, to: Tracking = production, as = version.model) =>
  copyVersion(
    staging,
    to,
    { version, as, folder: join(folder, String(made++)), by: 'anna' },
    () => undefined,
    new AbortController().signal,
  );

describe('a copy', () => {
  it('has the same files, verdict and figures, and is champion of nothing', async () => {
    const { version, digest } = await registered('flights');
    const first = await copied(version, production, 'flights-prod');
    expect(first).toEqual({ version: '1', digest, already: false });
    const [there] = await production.versions('flights-prod');
    expect(there?.tags).toMatchObject({
      ...{ 'ratchet.verdict': 'passed', 'ratchet.key': 'key-flights', 'ratchet.digest': digest },
      ...{ 'ratchet.champion': 'not yet', 'ratchet.copied.by': 'anna' },
      'ratchet.copied.from': `${staging.url} flights@1`,
    });
    expect(await production.modelDigest(there?.source ?? '')).toBe(digest);
    const { metrics, params, status } = await production.run(there?.runId ?? '');
    expect({ metrics, params, status }).toEqual({
      ...{ metrics: { roc_auc: 0.75 }, params: { rate: '0.1' }, status: 'FINISHED' },
    });
    expect(await copied(version, production, 'flights-prod')).toEqual({ version: '1', digest, already: true });
    expect(await production.versions('flights-prod')).toHaveLength(1);
  });

  it('is one version, whichever request its maker dies at', async () => {
    const requests = [
      /experiments\/create/,
      /runs\/create/,
      /log-batch/,
      /PUT .*mlflow-artifacts/,
      /runs\/update/,
      /model-versions\/create/,
    ];
    for (const [at, match] of requests.entries())
      for (const when of ['before', 'after'] as const) {
        const { version, digest } = await registered(`cut-${at}-${when}`);
        proxy.cut({ match, when, action: async () => undefined });
        // Where the experiment is there already nothing is created, and nothing cut.
        await copied(version, cut).catch(() => undefined);
        expect((await copied(version)).digest).toBe(digest);
        expect(await production.versions(version.model), `${match} ${when}`).toHaveLength(1);
      }
  });

  it('made by two at once is one version', async () => {
    const { version } = await registered('twice');
    const answers = await Promise.all([copied(version), copied(version), copied(version)]);
    expect(new Set(answers.map((each) => each.version)).size).toBe(1);
    expect(await production.versions('twice')).toHaveLength(1);
  });

  it.each([
    ['passed no gate', {}, /has no verdict of a gate/],
    ['was refused', { 'ratchet.verdict': 'refused' }, /has the verdict "refused"/],
    ['waits for approval', { 'ratchet.verdict': 'needs-approval' }, /has the verdict "needs-approval"/],
  ])('of one that %s is none', async (name, tags, message) => {
    const { version } = await registered(name.replaceAll(' ', '-'), tags);
    await expect(copied(version)).rejects.toMatchObject({
      type: 'InvalidInput',
      message: expect.stringMatching(message),
    });
    expect(await production.versions(version.model)).toEqual([]);
  });

  it('onto itself is refused', async () => {
    const { version } = await registered('itself');
    await expect(copied(version, staging)).rejects.toThrow(/would be copied onto itself/);
  });

  it('of files that were changed is refused, on this side and on the other', async () => {
    const { version } = await registered('changed');
    const broken = { ...version, tags: { ...version.tags, 'ratchet.digest': `sha256:${'0'.repeat(64)}` } };
    await expect(copied(broken)).rejects.toThrow(/are not those that were logged/);
    await copied(version);
    const artifacts = join(servers[1]?.folder ?? '', 'artifacts');
    const files = await readdir(artifacts, { recursive: true, withFileTypes: true });
    const [there] = await production.versions('changed');
    const file = files.find(({ name, parentPath }) => name === 'MLmodel' && parentPath.includes(there?.runId ?? '?'));
    writeFileSync(join(file?.parentPath ?? '', 'MLmodel'), 'flavors: {}\n');
    await expect(copied(version)).rejects.toThrow(/on the other server are not those that were copied/);
  });
});
