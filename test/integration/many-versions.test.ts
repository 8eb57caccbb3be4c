/** A model of many years: what is asked of the registry does not grow with its versions. */
import { execFileSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createModelActivities } from '#activities/release/model-activities.ts';
import { pastChampion } from '#activities/release/past-champion.ts';
import { watchedModel } from '#activities/watch/watched-model.ts';
import { createTracking } from '#adapters/mlflow/tracking.ts';
import type { CreateVersionRequest } from '#contracts/activities.ts';
import type { TrackedRun, Tracking } from '#ports/tracking.ts';
import { logModel } from '../servers/logged-model.ts';
import { startMlflow, type TestMlflow } from '../servers/mlflow.ts';
import { testPython } from '../servers/programs.ts';

const COPIES = Number(process.env.RATCHET_VERSIONS ?? 2_500);
const model = 'old';

let server: TestMlflow;
let tracking: Tracking;
let run: TrackedRun;
let uri: string;
beforeAll(async () => {
  server = await startMlflow();
  tracking = createTracking({ url: server.url });
  const experimentId = await tracking.ensureExperiment('years');
  run = await tracking.ensureRun({ experimentId, key: 'years', name: 'years' });
  ({ uri } = await logModel(server.url, run));
}, 180_000);
afterAll(() => server.close());

/** Requests that `work` sends, as Node's own client tells of each. */
async function requestsOf(work: () => Promise<unknown>): Promise<string[]> {
  const sent: string[] = [];
  const hear = (message: unknown) => {
    const { request } = message as { request: { method: string; path: string; origin: string } };
    if (request.origin === server.url) sent.push(`${request.method} ${request.path}`);
  };
  subscribe('undici:request:create', hear);
  try {
    await work();
  } finally {
    unsubscribe('undici:request:create', hear);
  }
  return sent;
}

const registration = (key: string): CreateVersionRequest => ({
  ...{ model, key, description: 'why', tags: { 'ratchet.asOf': '2026-01-01T00:00:00.000Z' } },
  candidate: {
    ...{ kind: 'model', runId: run.runId, uri, digest: 'sha256:known', environment: null, trainedOn: null },
  },
  verdict: { digest: 'v', against: null, outcome: 'passed', reasons: [], report: null },
});

/** What a week of a loop asks of the registry; `time`: a name for what is registered, and when all of it is. */
async function week(name: string): Promise<Record<string, number>> {
  const { createVersion, setAliases } = createModelActivities(tracking, { attempt: () => 1 });
  const counts: Record<string, number> = {};
  const counted = async (what: string, work: () => Promise<unknown>) => {
    const began = performance.now();
    const requests = await requestsOf(work);
    counts[what] = requests.length;
    if (process.env.RATCHET_VERSIONS) console.log(name, what, requests.length, Math.round(performance.now() - began));
  };
  const digest = await tracking.modelDigest(uri);
  const asked = { ...registration(name), candidate: { ...registration(name).candidate, digest } };
  let version = '';
  await counted('register', async () => {
    ({ version } = (await createVersion(asked)).version);
  });
  const at = new Date().toISOString();
  await counted('register again', () => createVersion(asked));
  await counted('promote', () =>
    setAliases({
      ...{ model, champion: version, previous: '1' },
      moves: [{ from: '1', to: version, at, demotes: false }],
    }),
  );
  const staged = (version: string, stage: 'Production' | 'Archived') => ({
    version,
    stage,
    by: name,
    at,
    reason: name,
  });
  await counted('keep stages', () =>
    setAliases({
      ...{ model, champion: version, previous: '1' },
      stages: [staged('1', 'Archived'), staged(version, 'Production')],
    }),
  );
  await counted('plan', () => pastChampion(tracking, model, '2026-06-01T00:00:00.000Z'));
  await counted('look', () => watchedModel(tracking, model, version, new AbortController().signal));
  await counted('roll back', () => tracking.newestVersions(model, 20));
  return counts;
}

it(`a week costs as many requests with ${COPIES} versions more`, async () => {
  const { createVersion } = createModelActivities(tracking, { attempt: () => 1 });
  await createVersion(registration('first'));
  // The first week makes the aliases, too.
  await week('begin');
  const few = await week('few');
  const database = join(server.folder, 'mlflow.db');
  const script = fileURLToPath(new URL('../servers/many-versions.py', import.meta.url));
  execFileSync(testPython(), [script, database, model, '2', String(COPIES)]);
  const many = await week('many');
  // Of stages the newest versions are read in one request, and one more for each older one that the ledger names.
  expect(many).toEqual({ ...few, 'keep stages': (few['keep stages'] ?? 0) + 1 });
  expect(Math.max(...Object.values(few))).toBeLessThan(20);

  // All of them, where all are needed, page by page in an order that an update does not change.
  const pages = await requestsOf(async () => {
    const numbers: string[] = [];
    for await (const each of tracking.everyVersion()) {
      numbers.push(each.version);
      if (numbers.length === 1)
        await tracking.describeVersion({ model, version: String(COPIES / 2), description: 'between two', tags: {} });
    }
    expect(new Set(numbers).size).toBe(COPIES + 4);
  });
  expect(pages.filter((path) => path.includes('model-versions/search'))).toHaveLength(Math.ceil((COPIES + 4) / 1_000));
});
