/** What is served is sampled, and held against what history says of the same moments. */
import { readdirSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLmdb } from '#adapters/lmdb/online-store.ts';
import { readDefinitions } from '#cli/verbs/features/read-definitions.ts';
import { samplePlace } from '#cli/verbs/features/sample-place.ts';
import type { OnlineStore } from '#ports/online-store.ts';
import { catalogueOf } from '#serving/definitions.ts';
import { pushRows } from '#serving/pushes.ts';
import { createSamples } from '#serving/samples.ts';
import { readVectors } from '#serving/vectors.ts';
import { featuresFile } from '../fixtures/feature-project.ts';
import { makeProject, type Project } from '../fixtures/project.ts';
import { runVerbIn } from '../fixtures/verbs.ts';

let project: Project;
let store: OnlineStore;
let defined: Awaited<ReturnType<typeof readDefinitions>>;
const CUSTOMERS = 60;
const HOUR = 3_600_000;
/** When rows of the profile were written; vectors are asked for an hour later. */
const wrote = Date.parse('2026-06-01T10:00:00Z');
const row = (id: number) => ({
  customer_id: id,
  // More digits than a double has.
  balance: 9_007_199_254_740_993n + BigInt(id),
  city: id % 7 === 0 ? null : `C "${id}", Ω`,
  opened_at: '2025-01-01T00:00:00.123456Z',
  born: '1980-02-29',
  at: new Date(wrote).toISOString(),
});

beforeAll(async () => {
  const lines = Array.from({ length: CUSTOMERS }, (_, id) => {
    const { balance, ...rest } = row(id);
    return JSON.stringify(rest).replace(/}$/, `,"balance":${balance}}`);
  });
  project = await makeProject({
    'features.ts': featuresFile.replaceAll('profile.csv', 'profile.jsonl'),
    'profile.jsonl': `${lines.join('\n')}\n`,
    'payments.csv': 'customer_id,at\n1,2026-06-01T00:00:00Z\n',
  });
  defined = await readDefinitions(join(project.root, 'features.ts'));
  store = await openLmdb({ path: join(project.root, 'online') });
});
afterAll(async () => {
  await store.close();
  await project.remove();
});

/** Pushes each customer's row, changed, and serves all of them at `at`, a vector a second or in one request. */
async function served(at: number, samples: string, changed: (id: number) => object, perMinute = 6_000_000) {
  const catalogue = catalogueOf(defined);
  const view = catalogue.views.get('profile');
  if (!view) throw new Error('there is a profile');
  const rows = Array.from({ length: CUSTOMERS }, (_, id) => ({ ...row(id), ...changed(id) }));
  const columns = Object.fromEntries(
    Object.keys(rows[0] ?? {}).map((name) => [
      name,
      rows.map((each) => (name === 'balance' ? String(Reflect.get(each, name)) : Reflect.get(each, name))),
    ]),
  );
  await pushRows([view], columns, { catalogue, store, dialect: 'text', now: () => at });
  const place = samplePlace(join(project.root, samples), project.root);
  if (!place) throw new Error('a folder was named');
  const told: [string, number][] = [];
  const taking = createSamples({
    ...{ sink: place, perMinute, told: (outcome: string, vectors: number) => told.push([outcome, vectors]) },
    versions: new Map(defined.document.services.map(({ name, version }) => [name, version])),
  });
  const asked = {
    service: 'fraud',
    entities: {
      customer_id: Array.from({ length: CUSTOMERS }, (_, id) => id),
      amount: Array.from({ length: CUSTOMERS }, (_, id) => (id === 3 ? 'NaN' : id / 3)),
    },
  };
  taking.offer('fraud', await readVectors(asked, { catalogue, store, dialect: 'feast', now: () => at }));
  taking.offer(undefined, await readVectors(asked, { catalogue, store, dialect: 'feast', now: () => at }));
  await taking.close();
  return told;
}

const skew = (samples: string, at: number, ...more: string[]) =>
  runVerbIn(
    project.root,
    {},
    ...['features', 'skew', '--service', 'fraud', '--samples', samples],
    ...['--from', new Date(at).toISOString(), '--to', new Date(at + HOUR).toISOString(), ...more],
  );

test('what is served as history has it shows no skew: null, quotes, more digits than a double and NaN included', async () => {
  expect(await served(wrote + HOUR, 'same', () => ({}))).toEqual([['kept', CUSTOMERS]]);
  const told = await skew('same', wrote + HOUR, '--json');
  expect(told).toMatchObject({ code: 0, stderr: '' });
  expect(told.json()).toMatchObject({ vectors: CUSTOMERS, skewed: [], version: defined.document.services[0]?.version });
  expect(told.json<{ features: object[] }>().features).toEqual(
    ['profile:city', 'profile:balance', 'account:open', 'account:doubled'].map((feature) => ({
      ...{ feature, vectors: CUSTOMERS, differ: 0, missing: 0, extra: 0, examples: [] },
      nulls: feature === 'profile:city' ? 9 : 0,
    })),
  );
});

test('what differs is counted by feature, with examples, and exit code 1', async () => {
  const at = wrote + 2 * HOUR;
  // Pushed later than the file's rows: a city in another spelling, and in one row none at all.
  const changed = (id: number) =>
    id < 20 ? { city: id === 0 ? null : 'elsewhere', at: new Date(wrote + 1_000).toISOString() } : {};
  await served(at, 'changed', changed);
  const told = await skew('changed', at, '--json');
  expect(told.code).toBe(1);
  const { features, skewed } = told.json<{ skewed: string[]; features: { feature: string; examples: object[] }[] }>();
  expect(skewed).toEqual(['profile:city']);
  // Customers 7 and 14 have a city now; customer 0 has none on both sides.
  expect(features[0]).toMatchObject({ feature: 'profile:city', vectors: CUSTOMERS, differ: 19, missing: 0, extra: 2 });
  expect(features[0]?.examples).toHaveLength(3);
  for (const example of features[0]?.examples ?? [])
    expect(example).toMatchObject({ of: { customer_id: expect.stringMatching(/^\d+$/) }, served: 'elsewhere' });
  expect((await skew('changed', at, '--share', '0.4')).code).toBe(0);
  expect((await skew('changed', at)).stdout).toMatch(/profile:city +19 +31\.67 %/);
});

test('no more are kept a minute than are asked for, evenly by the second', async () => {
  const told = await served(wrote + 5 * HOUR, 'few', () => ({}), 120);
  expect(told).toEqual([['kept', 2]]);
});

test('a sink that fails costs the samples, and nothing else', async () => {
  const outcomes: string[] = [];
  const samples = createSamples({
    sink: { at: 'nowhere', put: () => Promise.reject(new Error('gone')) },
    versions: new Map([['fraud', 'sha256:00']]),
    perMinute: 60_000,
    told: (outcome) => outcomes.push(outcome),
  });
  const catalogue = catalogueOf(defined);
  const asked = { service: 'fraud', entities: { customer_id: [1], amount: [1] } };
  samples.offer('fraud', await readVectors(asked, { catalogue, store, dialect: 'feast', now: Date.now }));
  await samples.close();
  expect(outcomes).toEqual(['failed']);
});

test('the feature server samples what is asked by the name of a service, and writes it when it ends', async () => {
  const { startFeatureServer } = await import('#serving/server.ts');
  const sink = samplePlace(join(project.root, 'server'), project.root);
  if (!sink) throw new Error('a folder was named');
  const server = await startFeatureServer({
    ...{ root: project.root, catalogue: catalogueOf(defined), store, log: pino({ level: 'silent' }) },
    listen: { host: '127.0.0.1', port: 0, loopback: true },
    samples: { sink, versions: new Map([['fraud', 'sha256:0123456789abcdef']]), perMinute: 60_000 },
  });
  for (const query of ['customer_id=5&amount=1', 'customer_id=6&amount=1'])
    expect((await fetch(`${server.url}/v1/features/fraud?${query}`)).status).toBe(200);
  await server.close();
  const [file, ...more] = readdirSync(join(project.root, 'server', 'features', 'served', 'fraud', '0123456789ab'));
  expect(more).toEqual([]);
  expect(file).toMatch(/^\d{8}T\d{9}Z-[0-9a-f-]{36}\.jsonl$/);
});

test.each([
  ['an unknown service', ['--service', 'nope', '--samples', 'same'], /nope/],
  ['nothing sampled', ['--service', 'fraud', '--samples', 'none'], /no vector of fraud was sampled/],
  ['no place', ['--service', 'fraud'], /name the folder with --samples/],
  [
    'a window that ends before it begins',
    ['--service', 'fraud', '--samples', 'same', '--from', '2026-07-01', '--to', '2026-06-01'],
    /is not before/,
  ],
])('%s is told in words, with exit code 2', async (_, args, words) => {
  const told = await runVerbIn(project.root, { RATCHET_STORE: '' }, 'features', 'skew', ...args);
  expect(told).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(words) });
});

test('samples of other definitions are named, and what is no sample is told', async () => {
  const put = async (version: string) => {
    const folder = join(project.root, 'odd/features/served/fraud', version);
    await mkdir(folder, { recursive: true });
    writeFileSync(join(folder, 'notes.txt'), 'x');
    writeFileSync(join(folder, '20260601T110000000Z-00000000-0000-0000-0000-000000000000.jsonl'), 'no json\n');
  };
  await put('0123456789ab');
  const others = await skew('odd', wrote + HOUR);
  expect(others).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/other versions of its definitions: 0123456789ab/),
  });
  await put(defined.document.services[0]?.version.slice(7, 19) ?? '');
  const torn = await skew('odd', wrote + HOUR);
  expect(torn).toMatchObject({ code: 2, stderr: expect.stringMatching(/not as the feature server writes them/) });
});
