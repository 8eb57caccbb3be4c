/** Two MLflow servers, and a proxy before the second that can cut. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { copyVersion } from '#activities/release/copy-version.ts';
import { createTracking } from '#adapters/mlflow/tracking.ts';
import type { RegisteredVersion, Tracking } from '#ports/tracking.ts';
import { type CuttingProxy, startCuttingProxy } from '../servers/cutting-proxy.ts';
import { logModel } from '../servers/logged-model.ts';
import { startMlflow, type TestMlflow } from '../servers/mlflow.ts';

export let servers: TestMlflow[];
export let proxy: CuttingProxy;
export let staging: Tracking;
export let production: Tracking;
/** Production behind the proxy. */
export let cut: Tracking;
const folder = mkdtempSync(join(tmpdir(), 'ratchet-copy-test-'));
let made = 0;

/** Two servers for the tests of one file: call it at its top. */
export function copyWorld(): void {
  beforeAll(start, 240_000);
  afterAll(async () => {
    await proxy.close();
    for (const server of servers) await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
}

async function start(): Promise<void> {
  servers = await Promise.all([startMlflow(), startMlflow()]);
  const [there, here] = servers.map(({ url }) => url) as [string, string];
  proxy = await startCuttingProxy(here);
  [staging, production, cut] = [there, here, proxy.url].map((url) => createTracking({ url })) as [
    ...[Tracking, Tracking, Tracking],
  ];
}

export async function registered(name: string, tags: Record<string, string> = { 'ratchet.verdict': 'passed' }) {
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
export const copied = (version: RegisteredVersion, to: Tracking = production, as = version.model) =>
  copyVersion(
    staging,
    to,
    { version, as, folder: join(folder, String(made++)), by: 'anna' },
    () => undefined,
    new AbortController().signal,
  );
