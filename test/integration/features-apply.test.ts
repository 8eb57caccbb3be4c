/** `ratchet features apply` on the embedded store's own server; what was sampled into that store is found by `features skew`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import type { FeatureDocument } from '#features/document.ts';
import { appliedFeatures } from '#records/applied-features.ts';
import { featuresFile } from '../fixtures/feature-project.ts';
import { makeProject, type Project } from '../fixtures/project.ts';
import { runVerbIn } from '../fixtures/verbs.ts';
import { startObjectStore, type TestObjectStore } from '../servers/object-store.ts';

let project: Project;
let server: TestObjectStore;
let store: ReturnType<typeof createObjectStore>;
let environment: Record<string, string>;
beforeAll(async () => {
  server = await startObjectStore();
  project = await makeProject({
    'package.json': '{ "name": "shop" }',
    'team/features.ts': featuresFile,
    'team/profile.csv':
      'customer_id,at,city,balance,opened_at,born\n1,2026-06-01T00:00:00Z,Oslo,1,2025-01-01T00:00:00Z,1980-02-29\n',
    'team/payments.csv': 'customer_id,at\n1,2026-06-01T00:00:00Z\n',
  });
  const { endpoint, accessKeyId, secretAccessKey } = server;
  store = createObjectStore({
    endpoint,
    region: 'us-east-1',
    bucket: 'shop',
    prefix: '',
    accessKeyId,
    secretAccessKey,
  });
  await store.ensureBucket();
  environment = {
    ...{ RATCHET_STORE: 's3://shop', AWS_ENDPOINT_URL_S3: endpoint, AWS_REGION: 'us-east-1' },
    ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    // Neither is asked.
    ...{ TEMPORAL_ADDRESS: '127.0.0.1:9', MLFLOW_TRACKING_URI: 'http://127.0.0.1:9' },
  };
}, 120_000);
afterAll(async () => {
  await store?.close();
  await server?.close();
  await project?.remove();
});

/** In a file of its own: a process reads a module once. */
let files = 0;
function written(change: (text: string) => string): string {
  const file = `team/features-${++files}.ts`;
  writeFileSync(join(project.root, file), change(featuresFile));
  return file;
}
const apply = (...args: string[]) => applied('team/features.ts', ...args);
const applied = (file: string, ...args: string[]) =>
  runVerbIn(project.root, environment, 'features', 'apply', '--definitions', file, ...args);
const changed = (change: (text: string) => string, ...args: string[]) => applied(written(change), ...args);

test('definitions are put in force, found by project, and told apart from the next ones', async () => {
  const tried = await apply('--dry-run', '--json');
  expect(tried).toMatchObject({ code: 0, stderr: '' });
  expect(tried.json()).toMatchObject({ project: 'shop', dryRun: true, digest: null });
  expect(await appliedFeatures(store, 'shop')).toBeNull();

  const first = (await apply('--json')).json<{ digest: string; changes: object[] }>();
  expect(first.changes).toHaveLength(5);
  const inForce = await appliedFeatures(store, 'shop');
  expect(inForce).toMatchObject({ digest: first.digest, folder: 'team' });
  expect(inForce?.document.views.map(({ name }) => name)).toEqual(['profile', 'payments']);

  const again = await apply();
  expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/^shop: in force, as they were, sha256:/) });

  const later = await changed((text) => text.replace("ttl: '30d'", "ttl: '31d'"));
  expect(later.stdout).toMatch(/changed +view profile: ttl\n/);
  expect(later.stdout).toMatch(/changed +service fraud: version; sha256:\w+ → sha256:\w+\n/);
  const before = await store.get(`features/definitions/${first.digest.slice(7)}.json`);
  const { views } = JSON.parse(Buffer.from(before ?? []).toString()) as FeatureDocument;
  expect(views[0]?.ttl).toBe('30d');
});

test('a source is looked at first: what it lacks refuses, before anything is stored', async () => {
  const now = await appliedFeatures(store, 'shop');
  const missing = await changed((text) =>
    text.replace("city: 'string'", "town: 'string'").replace('profile:city', 'profile:town'),
  );
  expect(missing).toMatchObject({ code: 2, stdout: '' });
  expect(missing.stderr).toMatch(/the view profile, profile\.csv, town: .*town/);
  const gone = await changed((text) => text.replace("source: 'payments.csv'", "source: 'days/*.csv'"), '--dry-run');
  expect(gone).toMatchObject({ code: 0, stderr: expect.stringMatching(/payments: days\/\*\.csv was not looked at/) });
  expect(await appliedFeatures(store, 'shop')).toEqual(now);
});

test('a column of another type than declared is refused where the file says its types', async () => {
  writeFileSync(join(project.root, 'team/entities.csv'), 'customer_id,at\n1,2026-06-02T00:00:00Z\n');
  const made = await runVerbIn(
    project.root,
    {},
    ...['features', 'history', '--definitions', 'team/features.ts', '--entities', 'team/entities.csv', '--time', 'at'],
    ...['--features', 'profile:city', '--out', 'team/typed.parquet'],
  );
  expect(made).toMatchObject({ code: 0 });
  const told = await changed((text) =>
    text
      .replace("source: 'profile.csv'", "source: 'typed.parquet'")
      .replace(
        "{ city: 'string', balance: 'int64', opened_at: 'timestamp', born: 'date' }",
        "{ city: 'int64', opened_at: 'timestamp' }",
      )
      .replace("'profile:balance', ", ''),
  );
  expect(told).toMatchObject({ code: 2, stderr: expect.stringMatching(/city is VARCHAR, and city is declared int64/) });
});

test('what lies outside of the project is refused', async () => {
  const other = await makeProject({ 'features.ts': featuresFile });
  const told = await runVerbIn(
    project.root,
    environment,
    'features',
    'apply',
    '--definitions',
    join(other.root, 'features.ts'),
  );
  expect(told).toMatchObject({ code: 2, stderr: expect.stringMatching(/lies outside of the project/) });
  await other.remove();
});
