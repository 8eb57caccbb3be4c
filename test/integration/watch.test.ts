/** What the watch measures and what becomes of late labels: real MLflow, S3, DuckDB, Python and Temporal (its test server skips time). */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loopStatus, startLoop, stopLoop, tellLoop } from '#adapters/temporal/loops.ts';
import { readLedger } from '#adapters/temporal/models.ts';
import type { Decision } from '#contracts/decision.ts';
import { Estimate } from '#contracts/estimate.ts';
import { jsonBytes } from '#contracts/json.ts';
import type { LoopInput, WatchActivities, WatchFinding, WatchRequest } from '#contracts/loop/activities.ts';
import type { LoopStatus } from '#contracts/loop/answers.ts';
import { DataArrived, MetricObserved } from '#contracts/loop/evidence.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { alias } from '#contracts/names.ts';
import { decideLoop } from '#decisions/retrain.ts';
import { mapS3, S3Body } from '#gateway/webhooks/s3.ts';
import { compute } from '#measures/statistics/metric.ts';
import { rocAuc } from '#measures/statistics/roc-auc.ts';
import { decisionPages, readDecisions, writePolicy } from '#records/decisions.ts';
import { readRecord } from '#records/runs.ts';
import { attempt } from '../fixtures/runtime.ts';
import { waitUntil } from '../fixtures/wait-until.ts';
import { type Harness, step } from '../workflows/harness.ts';
import { ledgerAtRest, promotingInTurn, startWatchHarness, watchPolicy } from './watch-harness.ts';
import { DAY, LATE_DAYS, startWatchWorld, type WatchWorld } from './watch-world.ts';

/** A midnight: rows are resampled by day, and a day that was cut in two would make the intervals those of the hour of the test. */
const end = Math.floor(Date.now() / DAY) * DAY;
const asOf = new Date(end).toISOString();
let world: WatchWorld;
let harness: Harness;
let watch: WatchActivities;
const folder = mkdtempSync(join(tmpdir(), 'ratchet-watch-command-'));
beforeAll(async () => {
  world = await startWatchWorld(end);
  ({ harness, watch } = await startWatchHarness(world));
});
afterAll(async () => {
  await harness?.stop();
  await world?.close();
  rmSync(folder, { recursive: true, force: true });
});

const policyOf = (pipeline: string, more: object = {}) => watchPolicy(world, pipeline, more);
type Asked = 'watchData' | 'watchDrift' | 'watchPerformance' | 'watchEstimate' | 'watchAlias';
/** As a worker would call it. */
const ask = <N extends Asked>(name: N, request: WatchRequest) =>
  attempt().run(watch[name], request) as ReturnType<WatchActivities[N]>;
const look = (name: Exclude<Asked, 'watchAlias'>, policy: LoopPolicy) => ask(name, { policy, mark: null, asOf });

/** What a loop of this policy decides on what was found. */
function decided(policy: LoopPolicy, ...found: WatchFinding[]): Decision {
  const inputs: LoopInput[] = found
    .flatMap(({ evidence }) => evidence)
    .map(({ signal, value }) => ({ kind: 'evidence', signal, id: value.id, raw: value as never }));
  return decideLoop({ policy, memory: null, inputs, now: asOf }).decisions.at(-1) as Decision;
}
/** ROC AUC of the best that a model of this kind can know, on rows of these days before the end. */
function attainable(from: number, to: number): number {
  const some = world.rows.filter(({ at }) => Date.parse(at) >= end - from * DAY && Date.parse(at) < end - to * DAY);
  const y = Uint8Array.from(some, ({ late }) => (late ? 1 : 0));
  return compute(rocAuc, {
    task: 'binary',
    y,
    score: Float64Array.from(some, ({ a, b }) => a + 0.7 * b),
    threshold: 0.5,
  });
}

test('while labels are late the champion’s performance is estimated from its own scores, and the trigger is fed', async () => {
  await world.crown('good', 'estimated');
  const triggers = (below: number) => ({ kind: 'estimatedPerformance', metric: 'roc_auc', below, windows: 1 });
  const found = await look('watchEstimate', policyOf('estimated', { triggers: triggers(0.7) }));
  const seen = MetricObserved.parse(found.evidence[0]?.value);
  // What an estimate is worth stands beside it, in the evidence and in the reason.
  expect(seen.conditions?.join(' ')).toMatch(/calibrated.*only P\(X\) has moved/);
  const truth = attainable(LATE_DAYS, 0);
  // The holdout that it was promoted on, and what it has come to since.
  expect(Number(seen.champion)).toBeGreaterThan(0.75);
  expect(truth).toBeLessThan(0.65);
  expect(Math.abs(Number(seen.value) - truth)).toBeLessThan(0.08);
  expect(Number(seen.lower)).toBeLessThan(Number(seen.value));
  expect(seen).toMatchObject({ estimated: true, metric: 'roc_auc', rows: LATE_DAYS * 24, version: '1' });
  expect(seen.window).toEqual({ from: new Date(end - LATE_DAYS * DAY).toISOString(), to: asOf });
  // The whole estimate lies in the store, under the digest that the evidence names.
  const { uri = '', digest = '' } = seen.result ?? {};
  const body = Buffer.from((await world.store.get(world.store.key(uri))) ?? []);
  expect(`sha256:${createHash('sha256').update(body).digest('hex')}`).toBe(digest);
  expect(Estimate.parse(JSON.parse(body.toString())).estimator.name).toBe('CBPE');

  const fires = decided(policyOf('estimated', { triggers: triggers(0.7) }), found);
  expect(fires).toMatchObject({ outcome: 'run', reasons: [{ kind: 'estimatedPerformance', source: 'watch' }] });
  expect(fires.words).toContain('estimated roc_auc is 0.');
  expect(decided(policyOf('estimated', { triggers: triggers(0.45) }), found).outcome).toBe('no-run');
  // Figures that were measured are another trigger's business.
  expect(decided(policyOf('estimated', { triggers: { ...triggers(0.7), kind: 'performance' } }), found).outcome).toBe(
    'no-run',
  );
});

test('of several classes, too; and nothing is estimated that nobody asks for', async () => {
  await world.crown('kinds', 'estimated-kinds', { target: 'kind', task: 'multiclass' });
  const kinds = policyOf('estimated-kinds', {
    triggers: { kind: 'estimatedPerformance', metric: 'accuracy', below: 0.5 },
    watch: {
      target: 'kind',
      task: 'multiclass',
      features: {
        views: [{ name: 'weather', source: world.weather, time: 'time', on: { place: 'place' } }],
        select: ['at', 'a', 'b', 'c', 'kind'],
      },
    },
  });
  const { evidence } = await look('watchEstimate', kinds);
  expect(evidence).toHaveLength(1);
  expect(Number(MetricObserved.parse(evidence[0]?.value).value)).toBeGreaterThan(0.3);
  const unasked = policyOf('estimated', { triggers: { kind: 'performance', metric: 'roc_auc', below: 0.7 } });
  expect(await look('watchEstimate', unasked)).toEqual({ evidence: [], mark: {} });
});

test('a metric has an interval, and a trigger with confidence fires only when all of it is beyond the limit', async () => {
  await world.crown('good', 'measured');
  const triggers = (below: number, confidence?: number) => ({
    ...{ kind: 'performance', metric: 'roc_auc', below, windows: 1 },
    ...(confidence ? { confidence } : {}),
  });
  const found = await look('watchPerformance', policyOf('measured', { triggers: triggers(0.7, 0.95) }));
  const seen = found.evidence[0]?.value as { value: number; lower: number; upper: number } & Record<string, unknown>;
  const { value, lower, upper } = seen;
  expect(Math.abs(value - attainable(LATE_DAYS + 28, LATE_DAYS))).toBeLessThan(0.02);
  expect(lower).toBeLessThan(value);
  expect(upper).toBeGreaterThan(value);
  expect(upper - lower).toBeLessThan(0.12);
  expect(seen).toMatchObject({ confidence: 0.95, estimated: false, rows: 28 * 24 });
  const outcome = (below: number, confidence?: number) =>
    decided(policyOf('measured', { triggers: triggers(below, confidence) }), found).outcome;
  // Within the interval: the value alone is beyond the limit, chance may be why. So it is without a confidence, too.
  expect(outcome((value + upper) / 2)).toBe('no-run');
  expect(outcome((value + upper) / 2, 0.95)).toBe('no-run');
  expect(outcome(upper + 0.001, 0.95)).toBe('run');
  // What a trigger without one asks for: 8,766 looks a year, of which one may be wrong in twenty years.
  const year = await look('watchPerformance', policyOf('measured', { triggers: triggers(0.7) }));
  const ruled = year.evidence[0]?.value as typeof seen & { confidence: number };
  expect(1 - ruled.confidence).toBeCloseTo((2 * 0.05) / 8_766, 9);
  expect(ruled.upper - ruled.value).toBeGreaterThan(2 * (upper - value));
  const few = await look(
    'watchPerformance',
    policyOf('measured', { triggers: triggers(0.7), watch: { leastRows: 700 } }),
  );
  expect(few.evidence[0]?.value).toMatchObject({ value: 'NaN', tooFew: { rows: 28 * 24, least: 700 } });
  // Nobody measured so surely.
  expect(outcome(upper + 0.001, 0.99)).toBe('no-run');
  const surer = await look('watchPerformance', policyOf('measured', { triggers: triggers(0.7, 0.99) }));
  const wider = surer.evidence[0]?.value as typeof seen;
  expect(wider.upper - wider.lower).toBeGreaterThan(upper - lower);
  // How surely one metric must be known is no other's business.
  const both = { kind: 'any', of: [triggers(0.7, 0.95), { ...triggers(0.7, 0.99), metric: 'accuracy' }] };
  const { evidence } = await look('watchPerformance', policyOf('measured', { triggers: both }));
  expect(evidence.map((each) => each.value)).toMatchObject([
    { metric: 'roc_auc', confidence: 0.95, lower, upper },
    { metric: 'accuracy', confidence: 0.99 },
  ]);
});

test('drift is measured on the joined columns, as the champion was trained on them', async () => {
  await world.crown('good', 'drifting');
  const triggers = { kind: 'drift', column: 'b', windows: 1 };
  const methods = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { method: 'psi', threshold: 0.2 }]));
  const policy = policyOf('drifting', { triggers, watch: { window: '14d', drift: { methods } } });
  const found = await look('watchDrift', policy);
  const seen = found.evidence[0]?.value as {
    columns: { name: string; drifted: boolean; method: string }[];
    share: number;
    result: { uri: string };
  };
  const { columns } = seen;
  expect(columns[0]).toMatchObject({ name: 'b', drifted: true, method: 'psi', threshold: 0.2 });
  expect(Object.fromEntries(columns.map(({ name, drifted }) => [name, drifted]))).toMatchObject({ a: true, c: false });
  expect(jsonBytes(found)).toBeLessThan(16 * 1024);
  const whole = JSON.parse(Buffer.from((await world.store.get(world.store.key(seen.result.uri))) ?? []).toString());
  expect(whole.result.columns.b.distribution.edges.length).toBeGreaterThan(5);
  expect(decided(policy, found)).toMatchObject({ outcome: 'run', reasons: [{ kind: 'drift' }] });
  // Four days have 96 rows: nothing is said of them but that.
  const short = policyOf('drifting', { triggers, watch: { window: '4d', drift: { methods } } });
  const few = await look('watchDrift', short);
  expect(few.evidence[0]?.value).toMatchObject({ columns: [], share: null, tooFew: { rows: 96, least: 200 } });
  expect(decided(short, few).lacking).toEqual(['b drifted: too few rows to judge (96 of 200)']);
});

test('an object is one partition, told by the store’s notification and counted by the watch', async () => {
  const { store } = world;
  const body = 'at,late\n2026-01-01T00:00:00Z,1\n2026-01-02T00:00:00Z,0\n';
  await store.put('incoming/day one+1.csv', body);
  const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/events/s3_object_created.json'), 'utf8'));
  const [bucket, ...path] = store.uri('incoming/day one+1.csv').slice('s3://'.length).split('/');
  const object = golden.Records[0].s3.object;
  // What S3 sends of a PUT: the key as forms have it, the ETag of the answer.
  golden.Records[0].s3.bucket.name = bucket;
  object.key = encodeURIComponent(path.join('/')).replaceAll('%2F', '/').replaceAll('%20', '+');
  object.eTag = createHash('md5').update(body).digest('hex');
  const [event] = mapS3(S3Body.parse(golden)).events;
  const policy = LoopPolicy.parse({ pipeline: 'objects', watch: { source: store.uri('incoming/*.csv') } });
  const { evidence } = await look('watchData', policy);
  const [partition] = DataArrived.parse(evidence[0]?.value).partitions;
  expect(partition?.rows).toBe(2);
  expect(event).toMatchObject({ partitions: [{ name: partition?.name, rows: null }] });
  // By the loop itself, in either order.
  const { client } = harness.environment;
  await startLoop(client, policy);
  const { kind: _, ...told } = event as never as Record<string, never>;
  await tellLoop(client, { pipeline: 'objects' }, 'dataArrived', told as never);
  await tellLoop(client, { pipeline: 'objects' }, 'dataArrived', evidence[0]?.value as never);
  const status = await until('objects', ({ taken, undecided }) => taken === 2 && undecided === 0);
  expect({ partitions: status.newPartitions, rows: status.newRows }).toEqual({ partitions: 1, rows: 2 });
});

test('one look tells the loop all of it, in evidence that a history can hold', async () => {
  await world.crown('good', 'watched');
  const pipeline = harness.pipeline({ nodes: [step('work', 'work')], steps: { work: () => null } }, 'watched');
  const policy = policyOf(pipeline, {
    watch: { drift: { numerical: { method: 'psi', threshold: 0.2 } } },
    triggers: {
      kind: 'all',
      of: [
        { kind: 'newRows', atLeast: 2_000 },
        { kind: 'drift', column: 'b', windows: 1 },
        { kind: 'performance', metric: 'roc_auc', below: 0.99, confidence: 0.95 },
        { kind: 'estimatedPerformance', metric: 'roc_auc', dropFromChampion: 0.1 },
      ],
    },
  });
  await writePolicy(world.store, policy);
  const { client } = harness.environment;
  await startLoop(client, policy);
  const handle = await client.workflow.start('watch', {
    ...{ taskQueue: 'ratchet', workflowId: 'watch/watched-1', args: [{ pipeline, environment: 'dev' }] },
  });
  const { told } = (await harness.result(handle)) as never as { told: string[] };
  expect(told.sort()).toEqual(['dataArrived', 'driftMeasured', 'labelsArrived', 'metricObserved', 'metricObserved']);
  const { decisions } = await until(pipeline, (status) => status.decisions.some(({ outcome }) => outcome === 'run'));
  const run = decisions.find(({ outcome }) => outcome === 'run');
  expect(run?.reasons.map(({ kind, source }) => [kind, source])).toEqual([
    ['newRows', 'watch'],
    ['drift', 'watch'],
    ['performance', 'watch'],
    ['estimatedPerformance', 'watch'],
  ]);
  const { events } = await handle.fetchHistory();
  const largest = Math.max(...(events ?? []).map((event) => JSON.stringify(event).length));
  expect(largest).toBeLessThan(64 * 1024);
});

test('what was recorded is decided upon anew, and drift is shown by column over time, from the command line', async () => {
  const rule = join(folder, 'rule.json');
  const page = join(folder, 'drift.html');
  writeFileSync(rule, JSON.stringify({ triggers: { kind: 'newRows', atLeast: 1 } }));
  const [said, other, history] = await Promise.all([
    ratchet('backtest', 'watched', '--threshold', 'psi=9'),
    ratchet('backtest', 'watched', '--triggers', rule, '--threshold', 'psi=0.1', '--bad', 'roc_auc<0.1', '--json'),
    ratchet('loop', 'drift', 'watched', '--html', page),
  ]);
  // The labelled window of 28 days was below what the trigger wants.
  expect(said).toContain('PSI 9 would have meant 1 fewer training and saved no bad weeks (of 4).');
  expect(said).toMatch(/− 20\d\d-\d\d-\d\d {2}newRows/);
  expect(JSON.parse(other)).toMatchObject({ same: 1, more: [], fewer: [], days: { bad: 0, saved: 0 } });
  expect(history).toMatch(/^b +✗ +1 of 1 +psi \d/m);
  expect(history).toMatch(/^c +· +0 of 1 +psi 0\.\d/m);
  expect(readFileSync(page, 'utf8')).toContain('Drift of watched');
});

test('a promotion is judged on its cohort when the labels are due: confirmed or rolled back, with the figures', async () => {
  const { client } = harness.environment;
  const { tracking } = world.judged.evaluateDeps;
  const model = 'cohorts';
  const pipeline = promotingInTurn(harness, world, model, ['weak', 'good', 'weak']);
  const policy = policyOf(pipeline, {
    triggers: { kind: 'newRows', atLeast: 1 },
    limits: { coolDown: '1d' },
    watch: { provisional: { cohort: '14d', metric: 'roc_auc', tolerance: 0.005 } },
  });
  await writePolicy(world.store, policy);
  await startLoop(client, policy);
  const promoted = async (days: number, version: string) => {
    const at = new Date(end - days * DAY).toISOString();
    await tellLoop(client, { pipeline }, 'dataArrived', { id: `data-${days}`, at, rows: 10 });
    const status = await until(
      pipeline,
      ({ decisions }) => decisions.filter(({ outcome }) => outcome === 'ended').length === Number(version),
    );
    await ledgerAtRest(client, model);
    return status;
  };
  const judged = async (outcome: Decision['outcome']) => {
    await harness.environment.sleep(29 * DAY);
    // Whatever was decided of it: another outcome than the wanted one is told, and not waited out.
    const { decisions } = await until(pipeline, ({ provisional }) => provisional.length === 0);
    expect(decisions.at(-1)).toMatchObject({ outcome });
    await ledgerAtRest(client, model);
    return decisions.at(-1);
  };
  // The first champion has none before it: it is provisional to nobody.
  expect((await promoted(110, '1')).provisional).toEqual([]);
  const { provisional } = await promoted(100, '2');
  expect(provisional).toMatchObject([{ version: '2', previous: '1' }]);
  expect(Date.parse(provisional[0]?.maturesAt ?? '') - (end - 100 * DAY)).toBe(28 * DAY);
  const confirmed = await judged('confirmed');
  expect(confirmed?.words).toMatch(
    /^version 2 is confirmed: roc_auc 0\.\d+ against 0\.\d+ of the one before, on 336 labelled rows \(95 % interval of the difference /,
  );
  expect(Number(confirmed?.figures.champion)).toBeGreaterThan(Number(confirmed?.figures.previous));

  expect((await promoted(60, '3')).provisional).toMatchObject([{ version: '3', previous: '2' }]);
  expect((await tracking.champion(model))?.version).toBe('3');
  const back = await judged('rolledBack');
  expect(back?.words).toMatch(
    /version 3 turned out worse: roc_auc 0\.\d+ against 0\.\d+ .* 0\.005 is tolerated; version 2 is champion again/,
  );
  expect((await tracking.champion(model))?.version).toBe('2');
  expect(await readLedger(client, { model })).toMatchObject({ champion: '2' });

  // Nothing moved by hand so far; then somebody does, in MLflow.
  const seen = await ask('watchAlias', { policy, mark: null, asOf });
  expect(seen.handMove).toBeNull();
  await tracking.setAlias(model, alias.champion, '1');
  const moved = await ask('watchAlias', { policy, mark: seen.mark, asOf });
  expect(moved.handMove?.words).toBe('the alias champion of cohorts was moved by hand from version 2 to version 1');
  const again = await ask('watchAlias', { policy, mark: moved.mark, asOf });
  // Told once: the cursor knows of it.
  expect(again.handMove).toBeNull();
  // What was decided, and what it was decided from, outlives the loop.
  const pages = [];
  for await (const page of decisionPages(world.store, pipeline)) pages.push(page);
  expect(pages.flatMap(({ decisions }) => decisions.map(({ outcome }) => outcome))).toContain('rolledBack');
  expect((await readRecord(world.store, back?.runId ?? '')).result.status).toBe('promoted');
});

const until = async (pipeline: string, holds: (status: LoopStatus) => boolean): Promise<LoopStatus> => {
  const look = () => loopStatus(harness.environment.client, { pipeline }).catch(() => null);
  return (await waitUntil(look, (status) => status !== null && holds(status), 500_000)) as LoopStatus;
};

const main = fileURLToPath(new URL('../../cli/bin.mjs', import.meta.url));
/** @returns what it printed; rejects with its words when it fails */
async function ratchet(...args: string[]): Promise<string> {
  const { endpoint, accessKeyId, secretAccessKey } = world.judged.s3;
  const env = {
    ...process.env,
    ...{ RATCHET_STORE: 's3://train', AWS_ENDPOINT_URL_S3: endpoint, AWS_REGION: 'us-east-1', NO_COLOR: '1' },
    ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    ...{ MLFLOW_TRACKING_URI: world.judged.mlflow.url, TEMPORAL_ADDRESS: '127.0.0.1:1' },
  };
  return (await promisify(execFile)(process.execPath, [main, ...args], { cwd: folder, env })).stdout;
}

test('a loop that was taken down and deployed again goes on counting: nothing it decided before is written over', async () => {
  const { client } = harness.environment;
  const policy = LoopPolicy.parse({ pipeline: 'again' });
  const numbers = async () => (await readDecisions(world.store, 'again')).map(({ number }) => number);
  for (const told of [[1], [2, 1]]) {
    await startLoop(client, policy);
    const evidence = { id: `e${told[0]}`, at: asOf, rows: 1 };
    await tellLoop(client, policy, 'dataArrived', evidence);
    await expect.poll(numbers, { timeout: 120_000 }).toEqual(told);
    await stopLoop(client, 'again', 'the pipeline is gone');
  }
});
