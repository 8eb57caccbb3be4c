/** Each way in, to a real loop: the event that comes is in a decision, and a run of one step was started for it. */
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tellLoop } from '#adapters/temporal/loops.ts';
import { pipelineLoop } from '#pipelines/client.ts';
import { type GatewayWorld, startGatewayWorld } from '../servers/gateway-world.ts';
import { testProgram } from '../servers/programs.ts';

const run = promisify(execFile);
const secret = "It's a Secret to Everybody";
const golden = (name: string) => readFileSync(new URL(`../golden/events/${name}.json`, import.meta.url), 'utf8');
const at = '2026-11-23T12:00:00.000Z';

let world: GatewayWorld;
let token: string;
beforeAll(async () => {
  world = await startGatewayWorld({ RATCHET_GITHUB_SECRET: secret });
  token = world.gateway.token('*:*');
});
afterAll(() => world?.close());

/** An id behind the token that sent it. */
const sent = (id: string) => `token:${token.split('_')[1]}:${id}`;

const any = [
  { kind: 'newRows', atLeast: 1_000 },
  { kind: 'newPartitions', atLeast: 1 },
  { kind: 'performance', metric: 'roc_auc', below: 0.65, windows: 1 },
  { kind: 'codeChange', paths: ['*.yaml'] },
] as const;

/** Deploys, tells, and waits for the run. The reason's kind, the ids that it rests on. */
async function throughDoor(name: string, tell: (pipeline: string) => Promise<unknown>) {
  await world.deploy(name, { triggers: { kind: 'any', of: [...any] } });
  await tell(name);
  const runs = (await world.afterRun(name)).filter(({ outcome }) => outcome === 'run');
  expect(runs).toHaveLength(1);
  const [{ kind, source, evidence } = { kind: '', source: '', evidence: [] }] = runs[0]?.reasons ?? [];
  return { kind, source, evidence, runId: runs[0]?.runId ?? '' };
}

/** With curl, as a person would. */
async function curl(
  path: string,
  body: string,
  ...headers: string[]
): Promise<{ status: number; body: Record<string, unknown> }> {
  const file = join(world.gateway.root, 'body.json');
  writeFileSync(file, body);
  const named = [`Authorization: Bearer ${token}`, 'Content-Type: application/json', ...headers];
  const { stdout } = await run('curl', [
    ...['-sS', '-X', 'POST', '--data-binary', `@${file}`, '-w', '\n%{http_code}'],
    ...named.flatMap((header) => ['-H', header]),
    `${world.gateway.url}/v1/pipelines/${path}`,
  ]);
  const at = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(at + 1)), body: JSON.parse(stdout.slice(0, at)) };
}

test.concurrent("a signal of Temporal's own command line", async () => {
  const told = await throughDoor('by-signal', (pipeline) =>
    run(testProgram('temporal', 'RATCHET_TEMPORAL'), [
      ...['workflow', 'signal', '--address', world.address, '--workflow-id', `loop/${pipeline}`],
      ...['--name', 'dataArrived', '--input', JSON.stringify({ id: 'cli-1', at, rows: 2_000 })],
    ]),
  );
  expect(told).toMatchObject({ kind: 'newRows', evidence: ['cli-1'] });
});

test.concurrent('the TypeScript client', async () => {
  const told = await throughDoor('by-client', (pipeline) =>
    pipelineLoop(world.loops.harness.environment.client, pipeline).tell('metricObserved', {
      id: 'ts-1',
      at,
      metric: 'roc_auc',
      value: 0.6,
    }),
  );
  expect(told).toMatchObject({ kind: 'performance', evidence: ['ts-1'] });
});

test('the gateway, with curl; the run is read there, too', async () => {
  const told = await throughDoor('by-curl', async (pipeline) => {
    const answer = await curl(
      `${pipeline}/triggers`,
      '{"kind":"metricObserved","id":"curl-1","metric":"roc_auc","value":0.6}',
    );
    expect(answer).toMatchObject({ status: 202, body: { acknowledged: [sent('curl-1')] } });
  });
  expect(told).toMatchObject({ kind: 'performance', source: 'gateway', evidence: [sent('curl-1')] });
  const read = async (path: string) =>
    (await fetch(`${world.gateway.url}${path}`, { headers: { authorization: `Bearer ${token}` } })).json();
  const id = encodeURIComponent(told.runId.replace('run/by-curl/', ''));
  expect(await read(`/v1/pipelines/by-curl/runs/${id}`)).toMatchObject({ runId: told.runId, status: 'finished' });
  expect(await read('/v1/pipelines/by-curl/decisions')).toMatchObject({
    decisions: expect.arrayContaining([expect.objectContaining({ outcome: 'run', evidence: [sent('curl-1')] })]),
  });
  expect(await read('/v1/pipelines/by-curl/status')).not.toHaveProperty('policy');
});

test('who may only trigger takes no id of the calendar, and none of a run', async () => {
  const line = { kind: 'schedule', cron: '0 2 * * 1', timezone: 'UTC' } as const;
  const pipeline = 'by-squatter';
  const { loops, gateway } = world;
  await world.deploy(pipeline, { triggers: line, limits: { coolDown: '0s' } });
  const headers = {
    authorization: `Bearer ${gateway.token(`${pipeline}:trigger`)}`,
    'content-type': 'application/json',
  };
  const post = (path: string, body: object) =>
    gateway.post(`${pipeline}/${path}`, JSON.stringify(body), { ...headers, 'content-type': typeOf(path) });
  const typeOf = (path: string) => (path === 'triggers' ? 'application/json' : 'application/cloudevents+json');
  const fires = '2026-11-23T02:00:00.000Z';
  const id = `schedule/0_2_*_*_1/${fires}`;
  expect((await post('triggers', { kind: 'dataArrived', id, rows: 0 })).status).toBe(422);
  // The first run of the calendar would be called so.
  const run = 'schedule-20261123T020000Z-3';
  for (const taken of [run, `schedule-20261123T020000Z-2`, `schedule-20261123T020000Z-4`])
    expect((await post('triggers', { kind: 'fired', id: taken, at })).status).toBe(202);
  const event = {
    specversion: '1.0',
    id,
    source: 'schedule/',
    type: 'dev.ratchet.dataArrived',
    time: at,
    data: { id },
  };
  expect((await post('webhooks/cloudevents', event)).status).toBe(202);
  await world.afterRun(pipeline);
  await tellLoop(loops.harness.environment.client, { pipeline }, 'fired', {
    ...{ id, at: fires, source: 'schedule', who: 'the calendar', trigger: 'schedule', detail: '0 2 * * 1 UTC' },
  });
  // It may have to wait for a run of the others first.
  const { decisions } = await loops.until(pipeline, (status) =>
    status.decisions.some(
      ({ outcome, reasons }) => outcome === 'run' && reasons.some(({ kind }) => kind === 'schedule'),
    ),
  );
  expect(decisions.some(({ evidence }) => evidence.includes(id))).toBe(true);
  const named = decisions.flatMap(({ runId }) => (runId === null ? [] : [runId]));
  expect(named.filter((each) => each.startsWith(`run/${pipeline}/schedule-`))).toHaveLength(1);
});

test('a push of GitHub, twice; a run that is asked for', async () => {
  const push = JSON.parse(golden('github_push'));
  push.repository.pushed_at = Math.floor(Date.now() / 1_000);
  const body = JSON.stringify(push);
  const signature = `X-Hub-Signature-256: sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  const told = await throughDoor('by-push', async (pipeline) => {
    expect((await curl(`${pipeline}/webhooks/github`, body, 'X-GitHub-Event: push', signature)).status).toBe(202);
    expect((await curl(`${pipeline}/webhooks/github`, body, 'X-GitHub-Event: push', signature)).status).toBe(200);
  });
  expect(told).toMatchObject({ kind: 'codeChange', source: 'github' });
  const asked = () => curl('by-push/runs', '{"reason":"to be sure"}', 'Idempotency-Key: once');
  const first = await asked();
  expect([201, 202]).toContain(first.status);
  expect(await asked()).toMatchObject({ body: { runId: first.body.runId } });
});

test('an object in S3 and a CloudEvent', async () => {
  const s3 = await throughDoor('by-s3', async (pipeline) => {
    expect((await curl(`${pipeline}/webhooks/s3`, golden('s3_object_created'))).status).toBe(202);
  });
  expect(s3).toMatchObject({ kind: 'newPartitions', source: 's3' });
  const event = JSON.parse(golden('cloudevents')).structured.body;
  const type = 'Content-Type: application/cloudevents+json';
  const told = await throughDoor('by-event', async (pipeline) => {
    const response = await world.gateway.post(`${pipeline}/webhooks/cloudevents`, JSON.stringify(event), {
      authorization: `Bearer ${token}`,
      'content-type': type.slice(14),
    });
    expect(response.status).toBe(202);
  });
  expect(told).toMatchObject({ kind: 'newPartitions', source: 'cloudevents' });
});

test('a pipeline that nobody deployed gets no loop by being told', async () => {
  expect(await curl('nobody/triggers', '{"kind":"fired"}')).toMatchObject({ status: 404 });
  expect(await curl('nobody/runs', '{"reason":"please"}')).toMatchObject({ status: 404 });
  await expect(world.loops.harness.environment.client.workflow.getHandle('loop/nobody').describe()).rejects.toThrow();
});

test('progress as server-sent events, to the end', async () => {
  const { status, body } = await curl('by-s3/runs', '{"reason":"to be followed"}');
  expect([201, 202]).toContain(status);
  const { href } = body as { href: string };
  const headers = { authorization: `Bearer ${token}` };
  let response = await fetch(`${world.gateway.url}${href}/events`, { headers });
  while (response.status === 404) response = await fetch(`${world.gateway.url}${href}/events`, { headers });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(await response.text()).toMatch(/^retry: 2000\n\n[\s\S]*event: (progress|end)\nid: 1\ndata: \{.*\}\n\n/);
});
