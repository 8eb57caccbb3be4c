/** The audit pack of a version against a real Temporal, MLflow and S3: written by itself, waiting for its run, whole when Temporal has forgotten all. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { asActivities } from '#activities/dispatch/failure.ts';
import { heartbeating } from '#activities/dispatch/heartbeating.ts';
import { createAccountActivities } from '#activities/release/account-activities.ts';
import { createGate } from '#activities/release/gate.ts';
import { createModelActivities } from '#activities/release/model-activities.ts';
import { createPromote } from '#activities/release/promote.ts';
import { createRegister } from '#activities/release/register.ts';
import type { StageContext } from '#activities/stage.ts';
import { createTracking } from '#adapters/mlflow/tracking.ts';
import { createObjectStore } from '#adapters/s3/object-store.ts';
import { lookAgain, moveAlias, registerVersion, rollback } from '#adapters/temporal/models.ts';
import { workflowBundle } from '#adapters/temporal/workflow-bundle.ts';
import type { EvidenceRef, ModelRef, Verdict, VersionRef } from '#contracts/data.ts';
import { GateRules } from '#contracts/gate-rules.ts';
import { canonicalJson, type Json } from '#contracts/json.ts';
import { storeKey, taskQueue } from '#contracts/names.ts';
import { RunRecord } from '#contracts/run.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tracking } from '#ports/tracking.ts';
import { writePackFolder } from '#records/audit/folder.ts';
import { keepPack } from '#records/audit/keep-pack.ts';
import { publicPem } from '#records/audit/signing-key.ts';
import { sha256 } from '#records/audit/statement.ts';
import { filesOf, newestPack } from '#records/audit/stored-packs.ts';
import { verifyFolder } from '#records/audit/verify.ts';
import { readMoves } from '#records/moves.ts';
import { writeRecord } from '#records/runs.ts';
import { flightsEvidence } from '../fixtures/evaluation-report.ts';
import { drawnKey } from '../fixtures/signing-keys.ts';
import { runVerb } from '../fixtures/verbs.ts';
import { logModel } from '../servers/logged-model.ts';
import { startMlflow, type TestMlflow } from '../servers/mlflow.ts';
import { startObjectStore, type TestObjectStore } from '../servers/object-store.ts';
import { bundleCache, startDevServer } from '../workflows/harness.ts';

const MODEL = 'audited';
const scratch = mkdtempSync(join(tmpdir(), 'ratchet-audit-pack-'));
let mlflow: TestMlflow;
let s3: TestObjectStore;
let store: ObjectStore;
let tracking: Tracking;
let temporal: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;
let stages: {
  gate: ReturnType<typeof createGate>;
  register: ReturnType<typeof createRegister>;
  promote: ReturnType<typeof createPromote>;
};

beforeAll(async () => {
  [mlflow, s3, temporal] = await Promise.all([startMlflow(), startObjectStore(), startDevServer()]);
  const { endpoint, accessKeyId, secretAccessKey } = s3;
  const bucket = createObjectStore({
    ...{ endpoint, accessKeyId, secretAccessKey, region: 'us-east-1', bucket: 'audit', prefix: '' },
  });
  await bucket.ensureBucket();
  store = bucket;
  tracking = createTracking({ url: mlflow.url });
  const { client } = temporal;
  const promotion = {
    register: (target: never, request: never) => registerVersion(client, target, request),
    move: (target: never, request: never) => moveAlias(client, target, request),
  };
  // What the page looks like is nothing to a verdict.
  const page = { html: '<h1>page</h1>', json: '{}', confusion: null };
  stages = {
    gate: createGate({ store, tracking, tables: { compute: async () => page as never } }),
    register: createRegister({ promotion, store, tracking }),
    promote: createPromote({ promotion, tracking }),
  };
  worker = await Worker.create({
    connection: temporal.nativeConnection,
    namespace: temporal.namespace ?? 'default',
    taskQueue: taskQueue.control('dev'),
    workflowBundle: await workflowBundle({ cacheFolder: bundleCache }),
    activities: asActivities(
      heartbeating({
        ...createModelActivities(tracking),
        ...createAccountActivities({ store, registry: tracking, signingKey: drawnKey }),
      }),
    ),
  });
  running = worker.run();
}, 300_000);
afterAll(async () => {
  worker?.shutdown();
  await running;
  await temporal?.teardown();
  await Promise.all([mlflow?.close(), s3?.close()]);
  rmSync(scratch, { recursive: true, force: true });
});

const trigger = {
  kind: 'manual' as const,
  id: '1',
  reason: 'a test',
  figures: {},
  who: 'ann',
  at: '2026-01-01T00:00:00Z',
};
const context = (id: string): StageContext => ({
  run: { id, pipeline: 'audited', model: MODEL, environment: 'dev', asOf: '2026-01-01T00:00:00Z', trigger },
  ...{ node: 'n', attempt: 1, signal: new AbortController().signal, stopping: () => false },
  ...{ progress: () => undefined, workdir: '/nowhere' },
});

interface Judged {
  run: string;
  candidate: ModelRef;
  verdict: Verdict;
  rules: GateRules;
}
/** Judged by the gate itself on evidence in the store, so that digests are those that it makes. */
async function judged(run: string, against: string | null): Promise<Judged> {
  const experimentId = await tracking.ensureExperiment('audited');
  const tracked = await tracking.ensureRun({ experimentId, key: run, name: run });
  const { uri } = await logModel(mlflow.url, tracked, { content: run });
  const digest = await tracking.modelDigest(uri);
  const candidate: ModelRef = {
    ...{ kind: 'model', runId: tracked.runId, uri, digest, environment: 'sha256:lock', trainedOn: 'md5:rows' },
  };
  const whole = flightsEvidence();
  const { champion } = whole;
  const evidence = {
    ...whole,
    candidate: { ...whole.candidate, digest, runId: tracked.runId },
    champion: against === null || champion === null ? null : { ...champion, version: against },
    ...(against === null ? { comparisons: [] } : {}),
  };
  const text = canonicalJson(evidence);
  const key = storeKey.evidence(sha256(text), 'json');
  await store.put(key, text, 'application/json');
  const report = { kind: 'evidence', uri: store.uri(key), digest: `sha256:${sha256(text)}` } as EvidenceRef;
  const rules = GateRules.parse({ metric: 'roc_auc', minimumEffect: 0.002, approval: { by: ['bob'] } });
  const { record: verdict } = await stages.gate({ report, rules } as never, context(run));
  return { run, candidate, verdict, rules };
}

function register({ run, candidate, verdict }: Judged) {
  const looked = sha256(canonicalJson(verdict));
  const approval =
    verdict.outcome === 'needs-approval' ? { approved: true, by: 'bob', note: '', evidence: looked } : undefined;
  return stages.register({ candidate, verdict, approval, description: '', tags: {} }, context(run));
}

async function end({ run, candidate, verdict, rules }: Judged, ref: VersionRef): Promise<void> {
  const { run: told } = context(run);
  const outcome = (step: string, input: unknown, output: unknown) => ({
    ...{ id: step, step, cached: false, reason: 'computed', key: null, ms: 5 },
    ...{ input: JSON.parse(JSON.stringify(input)) as Json, output: JSON.parse(JSON.stringify(output)) as Json },
  });
  await writeRecord(
    store,
    RunRecord.parse({
      ...{ format: 1, run: told, plan: null, startedWith: { params: {} }, failure: null, resumedFrom: null },
      ...{ startedAt: '2026-01-01T00:00:00Z', endedAt: '2026-01-01T01:00:00Z' },
      result: {
        ...{ runId: run, pipeline: 'audited', status: 'promoted', verdict: verdict.outcome, reasons: verdict.reasons },
        ...{ modelVersion: ref.version, report: null, nodes: [], output: null },
      },
      outcomes: [
        outcome('train', {}, { model: candidate }),
        outcome('gate', { rules }, { passed: false, needsApproval: true, record: verdict }),
        outcome('register', { candidate, verdict }, { ref }),
      ],
      approvals: [
        {
          ...{ node: 'ok', approved: true, by: 'bob', note: 'fine', at: '2026-01-01T00:30:00Z' },
          evidence: sha256(canonicalJson(verdict)),
        },
      ],
    }),
  );
}

const newest = (version: string) => newestPack(store, MODEL, version);
const kinds = async (version: string) => {
  const pack = await newest(version);
  const events = pack && (await filesOf(store, pack)).get('events.jsonl');
  return (
    String(events ?? '')
      .match(/"kind":"[a-z-]+"/g)
      ?.map((kind) => kind.slice(8, -1)) ?? []
  );
};
let folders = 0;
async function proven(version: string) {
  const folder = join(scratch, `${++folders}`);
  await writePackFolder(folder, await filesOf(store, (await newest(version)) as never));
  return verifyFolder(folder, { expect: { model: MODEL, version } });
}

it('is written when a version is registered and moved, waits for its run, and outlives Temporal’s history and ledger', async () => {
  const { client } = temporal;
  const first = await judged('run/audited/one', null);
  expect(first.verdict.outcome).toBe('needs-approval');
  const one = (await register(first)).ref;
  await stages.promote({ version: one }, context(first.run));
  // Nobody waited: the run that made it has not even ended.
  await expect.poll(() => kinds('1')).toContain('promoted');
  expect((await newest('1'))?.contents?.missing.join()).toMatch(
    /run\.json: the store has no record of run\/audited\/one/,
  );
  await end(first, one);
  await expect.poll(async () => (await newest('1'))?.contents?.missing).toEqual([]);
  expect(await kinds('1')).toEqual(
    expect.arrayContaining([
      'triggered',
      'started',
      'trained',
      'judged',
      'approved',
      'registered',
      'ended',
      'promoted',
    ]),
  );

  const second = await judged('run/audited/two', '1');
  const two = (await register(second)).ref;
  await stages.promote({ version: two }, context(second.run));
  await end(second, two);
  await rollback(client, { model: MODEL, asker: 'anna' }, { by: 'anna', reason: 'it smells' });
  await tracking.setAlias(MODEL, 'champion', '2');
  await lookAgain(client, { model: MODEL });
  await expect
    .poll(() => kinds('2'))
    .toEqual(expect.arrayContaining(['approved', 'promoted', 'rolled-back-from', 'moved-by-hand']));
  await expect.poll(() => kinds('1')).toEqual(expect.arrayContaining(['demoted', 'rolled-back-to', 'moved-by-hand']));
  await expect.poll(async () => (await newest('2'))?.contents?.missing).toEqual([]);

  // Temporal forgets.
  const workflowExecution = { workflowId: `model/${MODEL}` };
  const { namespace = 'default' } = temporal;
  await client.workflowService.deleteWorkflowExecution({ namespace: namespace ?? 'default', workflowExecution });
  await expect
    .poll(() =>
      client.workflow
        .getHandle(`model/${MODEL}`)
        .describe()
        .then(
          () => 'there',
          () => 'gone',
        ),
    )
    .toBe('gone');
  for (const version of ['1', '2']) {
    const target = { model: MODEL, version };
    expect(await keepPack({ store, registry: tracking }, target, drawnKey)).toMatchObject({
      already: true,
      contents: { missing: [] },
    });
    const { verified, problems, holds } = await proven(version);
    expect([verified, problems]).toEqual([true, []]);
    expect(holds.join('\n')).toMatch(
      /the verdict is the one[\s\S]*what the verdict was given on[\s\S]*of the model that was registered[\s\S]*bob approved this verdict[\s\S]*made this model champion on this verdict/,
    );
  }

  // The ledger that starts anew counts from 1, and takes nothing away of what was.
  await rollback(client, { model: MODEL, asker: 'bob' }, { by: 'bob', reason: 'again', to: '1' });
  await expect.poll(async () => (await readMoves(store, MODEL)).map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 1]);
  await expect
    .poll(() => kinds('1'))
    .toEqual(expect.arrayContaining(['promoted', 'demoted', 'moved-by-hand', 'rolled-back-to']));
  await expect.poll(async () => (await kinds('1')).filter((kind) => kind === 'rolled-back-to')).toHaveLength(2);
  expect(await proven('1')).toMatchObject({ verified: true });
});

it('is written and proven from the command line, also after its version was deleted from MLflow', async () => {
  const key = join(scratch, 'key.pem');
  const trusted = join(scratch, 'trusted.pem');
  writeFileSync(key, drawnKey().export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(trusted, publicPem(drawnKey()));
  const { endpoint, accessKeyId, secretAccessKey } = s3;
  for (const [name, value] of Object.entries({
    ...{ RATCHET_ROOT: scratch, RATCHET_AUDIT_KEY: `file:${key}`, RATCHET_STORE: 's3://audit' },
    ...{ MLFLOW_TRACKING_URI: mlflow.url, TEMPORAL_ADDRESS: temporal.address },
    ...{ AWS_ENDPOINT_URL_S3: endpoint, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    AWS_REGION: 'us-east-1',
  }))
    vi.stubEnv(name, value);
  const audit = (...args: string[]) => runVerb('model', 'audit', ...args);
  const folder = join(scratch, 'written');
  const written = await audit(`${MODEL}@2`, '--out', folder, '--json');
  expect([written.code, JSON.parse(written.stdout)]).toMatchObject([
    0,
    {
      model: MODEL,
      version: '2',
      folder,
      waitsFor: null,
      missing: [],
      stored: expect.stringMatching(/^s3:\/\/audit\/audit\//),
    },
  ]);
  for (const what of [folder, `${MODEL}@2`]) {
    const proof = await audit(what, '--verify', '--key', trusted, '--json');
    expect([proof.code, JSON.parse(proof.stdout)]).toMatchObject([
      0,
      { verified: true, model: MODEL, version: '2', signer: { trusted: true } },
    ]);
  }
  expect((await audit(`${MODEL}@2`, '--out', folder)).code).toBe(0);
  expect(await audit(`${MODEL}@1`, '--out', folder)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/holds another pack/),
  });
  expect(await audit(`${MODEL}@9`)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/The store has no audit pack of audited@9/),
  });

  await tracking.setAlias(MODEL, 'previous', null);
  await tracking.deleteVersion(MODEL, '2');
  const last = join(scratch, 'last');
  const told = await audit(`${MODEL}@2`, '--out', last);
  expect(told).toMatchObject({ code: 0, stdout: expect.stringMatching(/no version 2 of audited any more/) });
  expect(await verifyFolder(last)).toMatchObject({ verified: true, contents: { version: '2' } });

  // What somebody changed in the store is named, too.
  const { contents } = (await newest('1')) as { contents: { files: { name: string; sha256: string }[] } };
  const run = contents.files.find(({ name }) => name === 'run.json');
  await store.put(storeKey.pack(MODEL, '1', `files/${run?.sha256}`), '{}');
  const changed = await audit(`${MODEL}@1`, '--verify');
  expect(changed).toMatchObject({ code: 3, stdout: expect.stringMatching(/run\.json: it has 2 bytes/) });
  await audit(`${MODEL}@1`, '--out', join(scratch, 'mended'));
  expect((await audit(`${MODEL}@1`, '--verify')).code).toBe(0);
  vi.unstubAllEnvs();
});
