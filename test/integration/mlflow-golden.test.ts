/** Answers of a real server, recorded: what the adapter makes of each. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTracking } from '#adapters/mlflow/tracking.ts';
import type { Tracking } from '#ports/tracking.ts';

interface Recorded {
  name: string;
  request: { method: string; path: string };
  response: { status: number; content_type: string; body: unknown };
}
const { calls } = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/mlflow/answers.json'), 'utf8')) as {
  calls: Recorded[];
};
const recorded = (name: string): Recorded => {
  const call = calls.find((each) => each.name === name);
  if (!call) throw new Error(`nothing recorded as ${name}`);
  return call;
};

let server: Server;
let tracking: Tracking;
/** Answers that are given, by method and path without its query. */
const given = new Map<string, Recorded>();
const give = (name: string, place?: string) => {
  const call = recorded(name);
  given.set(place ?? `${call.request.method} ${call.request.path.split('?')[0]}`, call);
};

beforeAll(async () => {
  server = createServer((incoming, outgoing) => {
    const call = given.get(`${incoming.method} ${incoming.url?.split('?')[0]}`);
    const { status = 404, body = {} } = call?.response ?? {};
    incoming.resume();
    outgoing.writeHead(status, { 'content-type': 'application/json' });
    outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  tracking = createTracking({ url: `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}` });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it('reads the version behind an alias', async () => {
  give('alias_get');
  expect(await tracking.alias('golden-open', 'champion')).toEqual({
    model: 'golden-open',
    version: '1',
    runId: '2cf3f248fd684051bea23e51bdb344b6',
    source: 'models:/m-d679b353f09d4fe8ba1f3a64f84c4634',
    tags: {},
    // MLflow 3.17 answers with a version's stage, and with when it was made.
    stage: 'None',
    created: expect.any(Number),
    description: '',
  });
});

it('takes the refusal of a missing alias as none, and of a bad name as a refusal', async () => {
  give('alias_missing');
  expect(await tracking.alias('golden-open', 'nope')).toBeNull();
  give('alias_bad_name');
  await expect(tracking.setAlias('golden-open', 'v1', '1')).rejects.toMatchObject({
    type: 'OutsideRefused',
    message: expect.stringContaining("'v1' is reserved"),
  });
});

it('says in MLflow’s own words what is missing', async () => {
  give('get_missing_run');
  await expect(tracking.run('nope')).rejects.toMatchObject({
    type: 'OutsideRefused',
    message: expect.stringContaining('Run with id=nope not found'),
  });
});

it('takes an experiment that somebody else has just made, and does not show the server’s SQL', async () => {
  give('get_missing_model', 'GET /api/2.0/mlflow/experiments/get-by-name');
  give('dup_experiment');
  const refused = tracking.ensureExperiment('exp-open');
  // It looks again; this recording never has it.
  await expect(refused).rejects.toMatchObject({
    type: 'OutsideRefused',
    message: expect.not.stringContaining('INSERT'),
  });
});

it('passes on that a parameter cannot change', async () => {
  give('param_change', 'POST /api/2.0/mlflow/runs/log-batch');
  await expect(
    tracking.log('2cf3f248fd684051bea23e51bdb344b6', { timestamp: 1, params: { a: '2' } }),
  ).rejects.toMatchObject({
    type: 'OutsideRefused',
    message: expect.stringContaining('Changing param values is not allowed'),
  });
});
