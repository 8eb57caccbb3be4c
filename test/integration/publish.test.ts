/** publish against a real MLflow and S3 and the double of the Hub: one commit and one tag, wherever it dies. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVersionActivity } from '#activities/release/create-version.ts';
import { createPublish } from '#activities/release/publish.ts';
import { sha256 } from '#activities/sha256.ts';
import type { StageContext } from '#activities/stage.ts';
import { modelHub } from '#adapters/hugging-face/hub.ts';
import { createTracking } from '#adapters/mlflow/tracking.ts';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import type { VersionRef } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { storeKey, versionTag } from '#contracts/names.ts';
import { publish } from '#contracts/stages/index.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tracking } from '#ports/tracking.ts';
import { ensurePythonEnvironment } from '#stack/python-environment.ts';
import { flightsEvidence } from '../fixtures/evaluation-report.ts';
import { type CuttingProxy, startCuttingProxy } from '../servers/cutting-proxy.ts';
import { type HubDouble, startHubDouble } from '../servers/hub/hugging-face-hub.ts';
import { logModel } from '../servers/logged-model.ts';
import { startMlflow, type TestMlflow } from '../servers/mlflow.ts';
import { startObjectStore, type TestObjectStore } from '../servers/object-store.ts';

const TOKEN = 'hf_thisIsTheSecret';
let mlflow: TestMlflow;
let s3: TestObjectStore;
let hub: HubDouble;
let proxy: CuttingProxy;
let store: ObjectStore;
let tracking: Tracking;
let folder: string;
let version: VersionRef;
let files: Record<string, string>;
let settings: Parameters<typeof createObjectStore>[0];

beforeAll(async () => {
  [mlflow, s3, hub] = await Promise.all([startMlflow(), startObjectStore(), startHubDouble()]);
  proxy = await startCuttingProxy(hub.url);
  const { endpoint, accessKeyId, secretAccessKey } = s3;
  settings = { endpoint, accessKeyId, secretAccessKey, region: 'us-east-1', bucket: 'publish', prefix: '' };
  const bucket = createObjectStore(settings);
  await bucket.ensureBucket();
  store = bucket;
  tracking = createTracking({ url: mlflow.url });
  folder = mkdtempSync(join(tmpdir(), 'ratchet-publish-'));
  hub.tokens.set(TOKEN, { user: 'ann', name: 'ci', role: 'write' });
  hub.tokens.set('hf_reads', { user: 'bob', name: 'laptop', role: 'read' });
  ({ version, files } = await registered('first'));
}, 300_000);
afterAll(async () => {
  await Promise.all([hub.close(), proxy.close(), mlflow.close(), s3.close()]);
  rmSync(folder, { recursive: true, force: true });
});

/** A version as `register` leaves it. */
async function registered(content: string, model = 'flight-delays') {
  const experimentId = await tracking.ensureExperiment('publishing');
  const { runId } = await tracking.ensureRun({ experimentId, key: content, name: content });
  const logged = await logModel(mlflow.url, { runId, experimentId }, { content });
  const digest = await tracking.modelDigest(logged.uri);
  const measured = flightsEvidence();
  const text = JSON.stringify({ ...measured, candidate: { ...measured.candidate, digest } });
  const key = storeKey.evidence(sha256(text), 'json');
  await store.put(key, text, 'application/json');
  const made = await createVersionActivity(tracking)({
    ...{ model, key: sha256(content), description: '' },
    candidate: { kind: 'model', runId, uri: logged.uri, digest, environment: null, trainedOn: null },
    verdict: {
      digest: `sha256:${sha256(`of ${content}`)}`,
      against: '3',
      outcome: 'passed',
      reasons: ['roc_auc is better by 0.018', 'no slice lost'],
      report: null,
    },
    tags: {
      [versionTag.pipeline]: 'flight-delays',
      [versionTag.asOf]: '2013-10-01T00:00:00Z',
      'ratchet.evidence': store.uri(key),
    },
  });
  return { version: made.version, files: logged.files };
}

let repos = 0;
const newRepo = () => `acme/flights-${++repos}`;
const said: string[] = [];
/** As a worker has it; `stop` aborts the attempt. */
function attempt(given: object, options: { endpoint?: string; token?: string; stop?: AbortSignal } = {}) {
  const { endpoint = hub.url, token = TOKEN, stop = new AbortController().signal } = options;
  const stage = createPublish({
    ...{ tracking, store, endpoint, modelFolder: join(folder, 'models') },
    hub: async () => modelHub,
    token: () => token,
  });
  const context: StageContext = {
    run: {
      ...{ id: 'run/p/1', pipeline: 'p', model: 'flight-delays', environment: 'dev', asOf: '2026-01-01T00:00:00Z' },
      trigger: { kind: 'manual', id: '1', reason: 'a test', figures: {}, who: 'ann', at: '2026-01-01T00:00:00Z' },
    },
    ...{ node: 'publish', attempt: 1, signal: stop, stopping: () => false, workdir: '/nowhere' },
    progress: (text) => said.push(text),
  };
  return stage(publish.input.parse({ version, create: true, ...given }), context);
}
/** As Temporal does: again, as long as an outside system is away. */
async function untilDone(given: object, options: Parameters<typeof attempt>[1] = {}) {
  for (let tries = 1; ; tries++)
    try {
      return { ...(await attempt(given, options)), tries };
    } catch (error) {
      if (!(error instanceof UserError && error.type === 'OutsideUnreachable') || tries === 9) throw error;
    }
}
const commitsOf = (repo: string) => hub.repos.get(repo)?.history('main') ?? [];
const textOf = (repo: string, path: string) => commitsOf(repo)[0]?.tree.get(path)?.bytes.toString() ?? '';
async function failure(doing: Promise<unknown>): Promise<Error & { type?: string }> {
  return doing.then(
    () => Promise.reject(new Error('it did not fail')),
    (error) => error,
  );
}
const asked = async <T>(doing: () => Promise<T>) => {
  const before = hub.asked.length;
  const done = await doing();
  return { done, requests: hub.asked.slice(before) };
};

describe('a version', () => {
  it('is read by the Hub’s own client: the card and its figures, the bytes by the tag', async () => {
    const repo = newRepo();
    const { revision } = await attempt({ repo, tag: 'v1', license: 'mit' });
    const here = join(import.meta.dirname, '..', 'conformance', 'hub');
    const root = join(import.meta.dirname, '..', '..');
    const { python } = await ensurePythonEnvironment({ root, name: 'hub', lock: join(here, 'requirements.lock') });
    const home = mkdtempSync(join(folder, 'home-'));
    const env = { PATH: process.env.PATH, HF_HOME: home, HF_HUB_DISABLE_XET: '1', HF_ENDPOINT: hub.url };
    const given = [join(here, 'card.py'), hub.url, TOKEN, repo, 'v1', join(home, 'cache')];
    const read = JSON.parse((await promisify(execFile)(python, given, { env })).stdout);
    const { metrics } = flightsEvidence().candidate;
    expect(read).toMatchObject({
      ...{ revision, same: revision, license: 'mit', library: 'sklearn', tags: ['mlflow', 'ratchet', 'sklearn'] },
      results: Object.entries(metrics).map(([name, value]) => [
        ...['tabular-classification', 'holdout of flight-delays, version 1', name, value],
      ]),
      files: Object.fromEntries(Object.entries(files).map(([path, text]) => [path, sha256(text)])),
    });
  });

  it('is one commit with its files, a card and ratchet.json, tagged, and the second time nothing is sent', async () => {
    const repo = newRepo();
    const given = { repo, tag: 'v1', license: 'apache-2.0' };
    const first = await attempt(given);
    const [commit, initial, ...others] = commitsOf(repo);
    expect(first).toEqual({
      repo,
      revision: commit?.id,
      tag: 'v1',
      url: `${hub.url}/${repo}/tree/${commit?.id}`,
      already: false,
    });
    expect([initial?.title, others]).toEqual(['initial commit', []]);
    expect([...(commit?.tree.keys() ?? [])].sort()).toEqual(
      ['.gitattributes', 'README.md', 'ratchet.json', ...Object.keys(files)].sort(),
    );
    for (const [path, text] of Object.entries(files)) expect(textOf(repo, path)).toBe(text);
    expect(JSON.parse(textOf(repo, 'ratchet.json'))).toMatchObject({
      ...{ format: 1, model: 'flight-delays', version: version.version, digest: version.digest },
      files: Object.entries(files)
        .map(([path, text]) => ({ path, sha256: sha256(text) }))
        .sort((a, b) => (a.path < b.path ? -1 : 1)),
    });
    expect(textOf(repo, 'README.md')).toMatch(/^---\nlicense: apache-2.0\nlibrary_name: sklearn\n/);
    expect(hub.repos.get(repo)?.isPrivate).toBe(true);
    const { done, requests } = await asked(() => attempt(given));
    expect(done).toEqual({ ...first, already: true });
    expect(requests.filter((line) => !line.startsWith('GET'))).toEqual([]);
    // Without the tag it is found by its key, wherever the branch is by now, and a second tag is put on the same commit.
    expect(await attempt({ ...given, tag: 'stable' })).toEqual({ ...first, tag: 'stable', already: true });
    expect(commitsOf(repo)).toHaveLength(2);
    // A run that finds it champion already has a verdict of its own on it.
    const later = { ...version, verdict: { digest: 'sha256:later', against: version.version } };
    expect(await attempt({ ...given, version: later })).toEqual({ ...first, already: true });
  });

  it('keeps what its owner wrote on the Hub, and takes away only files that it had put there itself', async () => {
    const repo = newRepo();
    await attempt({ repo });
    const there = hub.repos.get(repo);
    const tree = new Map(commitsOf(repo)[0]?.tree);
    const card = `${textOf(repo, 'README.md').replace('---\n', '---\n# by hand\nlanguage: de\n')}\n## Limits\nNot for  planes.\n`;
    if (!there) throw new Error('no repo');
    tree.set('README.md', there.regular(Buffer.from(card)));
    tree.set('plots/roc.png', there.regular(Buffer.from('a picture')));
    there.commit('main', 'by hand', '', tree);
    const next = await registered('second');
    // A model that has one file less.
    const second = await attempt({ repo, version: next.version, tag: 'v{version}' });
    expect(second.tag).toBe(`v${next.version.version}`);
    expect([...there.tags]).toEqual([[second.tag, second.revision]]);
    expect(second.already).toBe(false);
    expect(textOf(repo, 'README.md')).toContain('# by hand\nlanguage: de\n');
    expect(textOf(repo, 'README.md')).toContain('\n## Limits\nNot for  planes.\n');
    expect(textOf(repo, 'README.md')).toContain(`version ${next.version.version}`);
    expect(textOf(repo, 'README.md')).not.toContain(`## flight-delays, version ${version.version}`);
    expect(textOf(repo, 'plots/roc.png')).toBe('a picture');
    // The older version is where it was, and the branch stays at the newer one.
    const head = commitsOf(repo)[0]?.id;
    expect(await attempt({ repo })).toMatchObject({ already: true, revision: commitsOf(repo)[2]?.id });
    expect(commitsOf(repo)[0]?.id).toBe(head);
    const gone = new Map(commitsOf(repo)[0]?.tree);
    const manifest = JSON.parse(textOf(repo, 'ratchet.json'));
    manifest.files.push({ path: 'old/weights.bin' }, { path: 'README.md' }, { path: '.gitattributes' });
    gone.set('ratchet.json', there.regular(Buffer.from(JSON.stringify(manifest))));
    gone.set('old/weights.bin', there.regular(Buffer.from('of an earlier one')));
    there.commit('main', 'an earlier release', '', gone);
    await attempt({ repo, version: (await registered('third')).version });
    expect([...(commitsOf(repo)[0]?.tree.keys() ?? [])].sort()).toEqual(
      ['.gitattributes', 'README.md', 'plots/roc.png', 'ratchet.json', ...Object.keys(files)].sort(),
    );
  });

  it('is one commit and one tag wherever the attempt dies: before each request, after it, and in the middle of an upload', async () => {
    const { requests } = await asked(() => attempt({ repo: newRepo(), tag: 'v1' }));
    expect(requests.filter((line) => /commit\/main|^PUT|repos\/create|tag\//.test(line))).toHaveLength(4);
    const deaths = requests.flatMap((line, at) =>
      (['cut', 'lost', ...(line.includes('/lfs/') ? (['halfway'] as const) : [])] as const).map((how) => ({ at, how })),
    );
    expect(deaths.length).toBe(2 * requests.length + 2);
    for (const { at, how } of deaths) {
      const repo = newRepo();
      const stop = new AbortController();
      let seen = 0;
      hub.instead = () => {
        if (seen++ !== at) return undefined;
        if (how === 'lost') setImmediate(() => stop.abort(new Error('the worker died')));
        return how;
      };
      const end = await failure(attempt({ repo, tag: 'v1' }, { stop: stop.signal })).finally(
        () => (hub.instead = undefined),
      );
      expect(end.message, `${how} ${requests[at]}`).toMatch(/the worker died|cannot be reached/);
      const { done, requests: again } = await asked(() => untilDone({ repo, tag: 'v1' }));
      const where = `${how} at ${requests[at]}`;
      expect(
        commitsOf(repo).map(({ title }) => title),
        where,
      ).toEqual([`flight-delays version ${version.version}`, 'initial commit']);
      expect([...(hub.repos.get(repo)?.tags ?? [])], where).toEqual([['v1', done.revision]]);
      expect(done.revision, where).toBe(commitsOf(repo)[0]?.id);
      // What was uploaded whole is not uploaded again.
      const uploaded =
        at > requests.findIndex((line) => line.includes('/lfs/objects/batch')) + (how === 'lost' ? 0 : 1);
      if (uploaded)
        expect(
          again.filter((line) => line.startsWith('PUT')),
          where,
        ).toEqual([]);
    }
  });

  it('is one commit and one tag when its process is killed as it uploads or commits, and another one goes on', async () => {
    const script = fileURLToPath(new URL('../fixtures/publish-once.ts', import.meta.url));
    const inProcess = (repo: string) => {
      const given = {
        ...{ mlflow: mlflow.url, store: settings, endpoint: hub.url, token: TOKEN },
        ...{ modelFolder: join(folder, repo, 'models'), input: { version, create: true, repo, tag: 'v1' } },
      };
      return spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(given)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    };
    const deaths = [
      { place: /^PUT/, how: 'cut' },
      { place: /commit\/main/, how: 'lost' },
    ] as const;
    for (const { place, how } of deaths) {
      const repo = newRepo();
      const child = inProcess(repo);
      hub.instead = (line) => {
        if (!place.test(line)) return undefined;
        child.kill('SIGKILL');
        return how;
      };
      const [, signal] = await once(child, 'exit');
      hub.instead = undefined;
      expect(signal, `${how} at ${place}`).toBe('SIGKILL');
      const { revision } = await untilDone({ repo, tag: 'v1' });
      expect(commitsOf(repo).map(({ title }) => title)).toEqual([
        ...[`flight-delays version ${version.version}`, 'initial commit'],
      ]);
      expect([...(hub.repos.get(repo)?.tags ?? [])]).toEqual([['v1', revision]]);
    }
  });

  it('is one commit when two workers publish it at once, and when a request arrives late', async () => {
    for (let round = 0; round < 5; round++) {
      const repo = newRepo();
      const ends = await Promise.all([1, 2, 3].map(() => untilDone({ repo, tag: 'v1' })));
      expect(commitsOf(repo)).toHaveLength(2);
      expect(new Set(ends.map(({ revision }) => revision)).size).toBe(1);
    }
    const repo = newRepo();
    const late = proxy.delay(/^POST .*commit\/main/);
    const first = failure(attempt({ repo, tag: 'v1' }, { endpoint: proxy.url }));
    const deliver = await late;
    expect((await first).message).toContain('cannot be reached');
    const { revision } = await untilDone({ repo, tag: 'v1' });
    expect(await deliver()).toBe(412);
    expect(commitsOf(repo).map(({ id }) => id)[0]).toBe(revision);
    expect(commitsOf(repo)).toHaveLength(2);
  });

  it('ends at once where somebody cancels it in the middle of an upload, and nothing of it is to be seen', async () => {
    const repo = newRepo();
    const stop = new AbortController();
    const why = new Error('CANCELLED');
    hub.instead = (line) => {
      if (line.startsWith('PUT')) setImmediate(() => stop.abort(why));
      return line.startsWith('PUT') ? 'held' : undefined;
    };
    const end = await failure(attempt({ repo, tag: 'v1' }, { stop: stop.signal })).finally(
      () => (hub.instead = undefined),
    );
    expect(end).toBe(why);
    expect(commitsOf(repo)).toHaveLength(1);
    expect([...(hub.repos.get(repo)?.tags ?? [])]).toEqual([]);
  });

  it('sees a commit of somebody else that comes in between, and writes nothing over it', async () => {
    const repo = newRepo();
    await attempt({ repo });
    const there = hub.repos.get(repo);
    const next = (await registered('in between')).version;
    let seen = false;
    hub.instead = (line) => {
      if (seen || !line.includes('/preupload/') || !there) return undefined;
      seen = true;
      const tree = new Map(commitsOf(repo)[0]?.tree);
      tree.set('notes.md', there.regular(Buffer.from('mine')));
      there.commit('main', 'by hand', '', tree);
      return undefined;
    };
    const done = await untilDone({ repo, version: next }).finally(() => (hub.instead = undefined));
    expect(done.tries).toBe(2);
    expect(commitsOf(repo).map(({ title }) => title)).toEqual([
      `flight-delays version ${next.version}`,
      'by hand',
      `flight-delays version ${version.version}`,
      'initial commit',
    ]);
    expect(textOf(repo, 'notes.md')).toBe('mine');
  });
});

describe('what cannot be done is said', () => {
  it.each([
    [
      'a token that is not known',
      { repo: 'acme/none' },
      'hf_other',
      'OutsideRefused',
      'The token in HF_TOKEN is not valid there',
    ],
    [
      'a token that only reads',
      { repo: 'acme/none' },
      'hf_reads',
      'OutsideRefused',
      'The token in HF_TOKEN ("laptop", role read, of bob) may not write to acme/none',
    ],
    [
      'a namespace of others',
      { repo: 'not-ours/x' },
      TOKEN,
      'OutsideRefused',
      `You don't have the rights to create a model under the namespace "not-ours"`,
    ],
    ['no such repo', { repo: 'acme/nowhere', create: false }, TOKEN, 'OutsideRefused', 'There is no acme/nowhere on'],
    [
      'no such branch',
      { repo: 'acme/flights-1', branch: 'dev' },
      TOKEN,
      'OutsideRefused',
      'has no branch dev: it has main',
    ],
    [
      'a tag that is called like a branch',
      { repo: 'acme/flights-1', tag: 'main' },
      TOKEN,
      'InvalidInput',
      'has a branch that is called main',
    ],
    [
      'a version that MLflow does not have',
      { repo: 'acme/x', version: { model: 'flight-delays', version: '99' } },
      TOKEN,
      'InvalidInput',
      'MLflow has no version 99 of flight-delays',
    ],
    [
      'a version of other bytes',
      { repo: 'acme/x', version: { digest: 'sha256:other' } },
      TOKEN,
      'InvalidInput',
      'The tag ratchet.digest of version 1 of flight-delays in MLflow is sha256:',
    ],
  ] as const)('%s', async (_, given, token, type, words) => {
    const whole = 'version' in given ? { ...given, version: { ...version, ...given.version } } : given;
    const before = hub.repos.size;
    const end = await failure(attempt(whole, { token }));
    expect(end).toMatchObject({ name: 'UserError', type });
    expect(end.message).toContain(words);
    expect(hub.repos.size).toBe(before);
  });

  it('a tag on another commit is never moved', async () => {
    const repo = newRepo();
    const { revision } = await attempt({ repo, tag: 'v1' });
    const next = (await registered('fourth')).version;
    const end = await failure(attempt({ repo, tag: 'v1', version: next }));
    expect(end).toMatchObject({ type: 'InvalidInput' });
    expect(end.message).toContain(
      `The tag v1 of ${repo} is on commit ${revision}, which has other bytes (MLmodel, model.pkl, ratchet.json)`,
    );
    expect(hub.repos.get(repo)?.tags.get('v1')).toBe(revision);
    expect(commitsOf(repo)).toHaveLength(2);
  });

  it('nothing goes to a public repo that was to be private', async () => {
    const repo = newRepo();
    await attempt({ repo, private: false });
    expect(hub.repos.get(repo)?.isPrivate).toBe(false);
    const next = (await registered('fifth')).version;
    expect((await failure(attempt({ repo, private: true, version: next }))).message).toContain(
      'is public, and publish was given private: true',
    );
    expect(commitsOf(repo)).toHaveLength(2);
  });

  it('a Hub that throttles says when it is asked again, and one that fails is waited for', async () => {
    const answers: { status: number; headers: Record<string, string> }[] = [
      { status: 429, headers: { 'retry-after': '7' } },
      { status: 429, headers: { ratelimit: '"api";r=0;t=42' } },
      { status: 503, headers: { 'retry-after': new Date(Date.now() + 86_400_000).toUTCString() } },
      { status: 500, headers: {} },
    ];
    const waits = [];
    for (const answer of answers) {
      hub.instead = (line) =>
        line.includes('/preupload/') ? { ...answer, body: { error: `slow down, ${TOKEN}` } } : undefined;
      const end = await failure(attempt({ repo: newRepo() })).finally(() => (hub.instead = undefined));
      expect(end).toMatchObject({ type: 'OutsideUnreachable' });
      expect(end.message).not.toContain(TOKEN);
      waits.push('retryAfterMs' in end ? end.retryAfterMs : null);
    }
    expect(waits).toEqual([7_000, 42_000, 3_600_000, null]);
  });

  it('a card that cannot be read, and evidence that is gone', async () => {
    const repo = newRepo();
    await attempt({ repo });
    const there = hub.repos.get(repo);
    const next = (await registered('sixth')).version;
    for (const [card, words] of [
      ['---\nlicense: [\n---\n', 'is no YAML of keys and values'],
      ['---\n---\n<!-- ratchet: generated to here -->', 'put the missing one back'],
    ] as const) {
      const tree = new Map(commitsOf(repo)[0]?.tree);
      if (there) tree.set('README.md', there.regular(Buffer.from(card)));
      there?.commit('main', 'by hand', '', tree);
      expect((await failure(attempt({ repo, version: next }))).message).toContain(words);
      expect(commitsOf(repo)[0]?.title).toBe('by hand');
    }
    const tags = (await tracking.version('flight-delays', next.version))?.tags ?? {};
    await store.put(store.key(tags['ratchet.evidence'] ?? ''), '{}');
    expect(await failure(attempt({ repo: newRepo(), version: next }))).toMatchObject({
      type: 'ArtifactDamaged',
      uri: tags['ratchet.evidence'],
    });
  });

  it('and no word of the token is anywhere', () => {
    expect(said.length).toBeGreaterThan(50);
    expect(said.join('\n')).not.toContain(TOKEN);
    expect(hub.leaked).toEqual([]);
  });
});
