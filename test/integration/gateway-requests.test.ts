/** The gateway over real connections: what is taken, what is refused and how, and that a refusal tells and leaves nothing. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ApproveRequest } from '#contracts/approve-request.ts';
import { ApprovalDesk } from '#workflows/run/interpreter/approvals.ts';
import { startTestGateway, type TestGateway } from '../servers/gateway.ts';

const secret = "It's a Secret to Everybody";
const golden = (name: string) => readFileSync(new URL(`../golden/events/${name}.json`, import.meta.url));
const signatures = JSON.parse(golden('signatures').toString('utf8'));
/** Between the push's own time and three days later. */
const dayOfPush = Date.parse('2026-01-02T12:00:00Z');

let gateway: TestGateway;
let now = dayOfPush;
let bearer: Record<string, string>;
let text: string;

beforeAll(async () => {
  gateway = await startTestGateway({
    now: () => now,
    env: { RATCHET_GITHUB_SECRET: secret, RATCHET_WEBHOOK_SECRET: 'sixteen characters and more' },
  });
  text = gateway.token('churn:run,trigger,view', 'team-*:trigger');
  bearer = { authorization: `Bearer ${text}` };
});
afterAll(() => gateway.close());
afterEach(() => {
  gateway.loops.told.length = 0;
  gateway.loops.asked.length = 0;
  gateway.loops.failure = null;
  now = dayOfPush;
});

/** The problem that is answered; its log line, by the request's id. */
async function refused(response: Response) {
  const problem = (await response.json()) as Record<string, unknown>;
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(JSON.stringify(problem)).not.toMatch(/\.[cm]?[jt]s:\d|node:|at .*:\d+:\d+|stack/);
  expect(gateway.loops.told).toEqual([]);
  expect(gateway.loops.asked).toEqual([]);
  const request = response.headers.get('x-request-id');
  expect(problem.instance).toBe(`urn:ratchet:request:${request}`);
  const line = gateway.log('refused').find((one) => one.request === request);
  expect(line).toMatchObject({ status: response.status });
  return { status: response.status, kind: String(problem.type).split(':').at(-1), problem, line };
}

const trigger = (body: unknown, headers = bearer, pipeline = 'churn') =>
  gateway.post(`${pipeline}/triggers`, typeof body === 'string' ? body : JSON.stringify(body), headers);

describe('what is taken', () => {
  test('a trigger, under the name of its token', async () => {
    const response = await trigger({ kind: 'metricObserved', metric: 'roc_auc', value: 0.6 });
    expect(response.status).toBe(202);
    expect(gateway.loops.told).toMatchObject([
      {
        kind: 'metricObserved',
        source: 'gateway',
        who: expect.stringMatching(/^somebody \(token /),
        at: new Date(now).toISOString(),
      },
    ]);
    const [id] = gateway.loops.told.map((event) => event.id);
    expect(gateway.log('audit').at(-1)).toMatchObject({
      status: 202,
      triggers: [id],
      pipeline: 'churn',
      route: expect.stringContaining('triggers'),
    });
  });

  test('the same Idempotency-Key is the same event; another caller’s is another', async () => {
    const key = { ...bearer, 'idempotency-key': 'k1' };
    const other = { authorization: `Bearer ${gateway.token('churn:trigger')}`, 'idempotency-key': 'k1' };
    for (const headers of [key, key, other]) expect((await trigger({ kind: 'fired' }, headers)).status).toBe(202);
    const [first, again, others] = gateway.loops.told.map(({ id }) => id);
    expect(again).toBe(first);
    expect(others).not.toBe(first);
    expect((await trigger({ kind: 'fired', detail: 'another body' }, key)).status).toBe(422);
  });

  test('who and where from cannot be made up', async () => {
    expect((await trigger({ kind: 'fired', source: 'watch', who: 'root' })).status).toBe(422);
    expect((await trigger({ kind: 'fired', trigger: 'schedule' })).status).toBe(422);
  });

  test('a run is asked for, and has an address', async () => {
    const response = await gateway.post('churn/runs', '{"reason":"new labels"}', {
      ...bearer,
      'idempotency-key': 'a/b',
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toMatch(/^\/v1\/pipelines\/churn\/runs\/retrain%3A[0-9a-f]{64}$/);
  });

  test('a push of GitHub, sent again under another delivery id: told once', async () => {
    const push = (delivery: string) =>
      gateway.post('churn/webhooks/github', golden('github_push'), {
        'x-github-event': 'push',
        'x-github-delivery': delivery,
        'x-hub-signature-256': signatures.files.github_push.x_hub_signature_256,
      });
    expect((await push('one')).status).toBe(202);
    const again = await push('two');
    expect([again.status, await again.json()]).toMatchObject([200, { ignored: expect.stringMatching(/before/) }]);
    expect(gateway.loops.told).toHaveLength(1);
  });

  test('a ping and a deleted branch are answered and start nothing', async () => {
    const ping = JSON.stringify(signatures.ping_event);
    const sign = (body: string) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
    const pinged = await gateway.post('churn/webhooks/github', ping, {
      'x-github-event': 'ping',
      'x-hub-signature-256': sign(ping),
    });
    const deleted = await gateway.post('churn/webhooks/github', golden('github_push_branch_deleted'), {
      'x-github-event': 'push',
      'x-hub-signature-256': signatures.files.github_push_branch_deleted.x_hub_signature_256,
    });
    expect([pinged.status, deleted.status]).toEqual([200, 200]);
    expect(gateway.loops.told).toEqual([]);
  });

  test('Alertmanager with basic authentication, S3 and CloudEvents with a bearer token', async () => {
    const basic = { authorization: `Basic ${Buffer.from(`alertmanager:${text}`).toString('base64')}` };
    expect((await gateway.post('churn/webhooks/alertmanager', golden('alertmanager_v4'), basic)).status).toBe(202);
    expect((await gateway.post('churn/webhooks/s3', golden('s3_object_created'), bearer)).status).toBe(202);
    expect((await gateway.post('churn/webhooks/s3', golden('s3_test_event'), bearer)).status).toBe(200);
    const { structured, batch, binary } = JSON.parse(golden('cloudevents').toString('utf8'));
    for (const { headers, body } of [structured, batch, binary])
      expect(
        (await gateway.post('churn/webhooks/cloudevents', JSON.stringify(body), { ...headers, ...bearer })).status,
      ).toBe(202);
    expect(gateway.loops.told.map(({ kind }) => kind)).toEqual(['fired', ...Array(5).fill('dataArrived')]);
  });
});

describe('what is refused', () => {
  test.each([
    ['no token', {}, 401, 'unauthenticated'],
    ['a token that is none', { authorization: 'Bearer nonsense' }, 401, 'unauthenticated'],
    [
      'a token that was guessed',
      { authorization: `Bearer ratchet_${'0'.repeat(12)}_${'A'.repeat(43)}` },
      401,
      'unauthenticated',
    ],
  ])('%s', async (_, headers, status, kind) => {
    expect(await refused(await trigger({ kind: 'fired' }, headers as Record<string, string>))).toMatchObject({
      status,
      kind,
    });
  });

  test('a scope that is lacking, before a name that is unknown', async () => {
    expect(await refused(await gateway.post('churn/labels', '{"until":"2026-01-01T00:00:00Z"}', bearer))).toMatchObject(
      { status: 403 },
    );
    const event = {
      ...{ specversion: '1.0', id: 'labels-1', source: 'labeller', type: 'dev.ratchet.labelsArrived' },
      data: { until: '2026-01-01T00:00:00Z' },
    };
    const headers = { 'content-type': 'application/cloudevents+json', ...bearer };
    expect(
      await refused(await gateway.post('churn/webhooks/cloudevents', JSON.stringify(event), headers)),
    ).toMatchObject({ status: 403 });
    expect(await refused(await trigger({ kind: 'fired' }, bearer, 'unknown'))).toMatchObject({ status: 403 });
    expect(await refused(await trigger({ kind: 'fired' }, bearer, 'team-x'))).toMatchObject({
      status: 404,
      kind: 'unknown-pipeline',
    });
  });

  test.each([
    ['..%2f..%2fetc', 400],
    ['churn%2f..', 400],
    ['%00', 400],
    ['churn%20', 400],
    ['-churn', 400],
    ['a'.repeat(65), 400],
    ['loop%2fchurn', 400],
    ['%ff', 400],
    ['..', 404],
    ['.', 404],
  ])('the name %s', async (name, status) => {
    const response = await fetch(`${gateway.url}/v1/pipelines/${name}/triggers`, {
      method: 'POST',
      headers: { ...bearer, 'content-type': 'application/json' },
      body: '{"kind":"fired"}',
    });
    expect((await refused(response)).status).toBe(status);
  });

  test.each([
    '..%2f..%2fother%2fr',
    '.',
    '%2e%2e',
    'a%2f%2fb',
    'a%20b',
    '%0a',
    '%5c',
    'a%5cb',
    '..%5cother',
    '%7f',
    '%c3%a9',
    '%00',
  ])('the run %s', async (id) => {
    const response = await fetch(`${gateway.url}/v1/pipelines/churn/runs/${id}`, { headers: bearer });
    expect([400, 404]).toContain((await refused(response)).status);
  });

  test('the run of any text is found, not found or refused, and no defect of ours', async () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: fc.constantFrom(...'ab/.\\%~ ') }),
    );
    await fc.assert(
      fc.asyncProperty(any, async (id) => {
        const url = `${gateway.url}/v1/pipelines/churn/runs/${encodeURIComponent(Buffer.from(id).toString())}`;
        for (const path of [url, `${url}/events`])
          expect((await fetch(path, { headers: bearer })).status).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['not JSON', '{"kind":', 400, 'malformed-body'],
    ['a polluting key', '{"kind":"fired","__proto__":{"x":1}}', 400, 'malformed-body'],
    ['nested too deep', '['.repeat(100_000), 400, 'malformed-body'],
    ['another shape', '{"kind":"fired","detail":5}', 422, 'unprocessable'],
    ['another kind', '{"kind":"constructor"}', 422, 'unprocessable'],
    ['a time far ahead', '{"kind":"fired","at":"2030-01-01T00:00:00Z"}', 400, 'stale'],
    ['oversized', `{"kind":"fired","detail":"${'x'.repeat(300_000)}"}`, 413, 'too-large'],
  ])('a body: %s', async (_, body, status, kind) => {
    expect(await refused(await trigger(body))).toMatchObject({ status, kind });
  });

  test('oversized in chunks, without end', async () => {
    let sent = 0;
    const endless = new ReadableStream({
      pull: (stream) => {
        sent += 65_536;
        stream.enqueue(new Uint8Array(65_536).fill(0x20));
      },
    });
    const request = {
      method: 'POST',
      headers: { ...bearer, 'content-type': 'application/json' },
      body: endless,
      duplex: 'half',
    };
    // The connection may end before all of the answer is read: the sender is still sending.
    const response = await fetch(`${gateway.url}/v1/pipelines/churn/triggers`, request as RequestInit).catch(
      () => null,
    );
    if (response) expect(await refused(response)).toMatchObject({ status: 413 });
    expect(gateway.log('refused').at(-1)).toMatchObject({ status: 413 });
    expect(sent).toBeLessThan(50_000_000);
  });

  test.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['application/json; charset=utf-16', 415],
    ['application/jsonx', 415],
    ['', 415],
  ])('the content type "%s"', async (type, status) => {
    expect((await refused(await trigger('{"kind":"fired"}', { ...bearer, 'content-type': type }))).status).toBe(status);
  });

  test('signatures: wrong, missing, of another body; a push from before', async () => {
    const push = (signature: string | null, body: Uint8Array = golden('github_push')) =>
      gateway.post('churn/webhooks/github', body, {
        'x-github-event': 'push',
        ...(signature ? { 'x-hub-signature-256': signature } : {}),
      });
    const { x_hub_signature_256: good } = signatures.files.github_push;
    for (const [signature, body] of [
      [null, golden('github_push')],
      [good.toUpperCase(), golden('github_push')],
      [good.replace('sha256', 'sha1'), golden('github_push')],
      [good, Buffer.concat([golden('github_push'), Buffer.from(' ')])],
      [`sha256=${'0'.repeat(64)}`, golden('github_push')],
    ] as const)
      expect(await refused(await push(signature, body))).toMatchObject({ status: 401, kind: 'unauthenticated' });
    now += 4 * 24 * 3_600_000;
    expect(await refused(await push(good))).toMatchObject({ status: 400, kind: 'stale' });
    // A token instead of a signature opens nothing there.
    const tokened = await gateway.post('churn/webhooks/github', golden('github_push'), {
      ...bearer,
      'x-github-event': 'push',
    });
    expect(await refused(tokened)).toMatchObject({ status: 401 });
  });

  test('signed deliveries: taken once, then replayed; stale; by another key', async () => {
    const body = golden('s3_object_created').toString('utf8');
    const signed = (key: string, at: number, id = 'msg_1') => {
      const time = Math.floor(at / 1_000);
      const mac = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
      return gateway.post('churn/webhooks/s3', body, {
        'webhook-id': id,
        'webhook-timestamp': String(time),
        'webhook-signature': `v1,${mac}`,
      });
    };
    const key = 'sixteen characters and more';
    expect(await refused(await signed('another key of sixteen', now))).toMatchObject({ status: 401 });
    expect(await refused(await signed(key, now - 301_000))).toMatchObject({ status: 400, kind: 'stale' });
    expect(await refused(await signed(key, now + 301_000))).toMatchObject({ status: 400, kind: 'stale' });
    expect((await signed(key, now)).status).toBe(202);
    gateway.loops.told.length = 0;
    expect(await refused(await signed(key, now))).toMatchObject({ status: 409, kind: 'replayed' });
    // Tried again by its sender, it is signed anew, and taken: the event in it has the same id.
    expect((await signed(key, now + 1_000)).status).toBe(202);
  });

  test('a delivery that the loop did not acknowledge is no replay when it comes again', async () => {
    const body = golden('s3_object_created').toString('utf8');
    const time = Math.floor(now / 1_000);
    const mac = createHmac('sha256', 'sixteen characters and more').update(`msg_9.${time}.${body}`).digest('base64');
    const headers = { 'webhook-id': 'msg_9', 'webhook-timestamp': String(time), 'webhook-signature': `v1,${mac}` };
    gateway.loops.failure = Object.assign(new Error('gone'), { type: 'OutsideUnreachable' });
    const failed = await gateway.post('churn/webhooks/s3', body, headers);
    expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, '5']);
    gateway.loops.failure = null;
    expect((await gateway.post('churn/webhooks/s3', body, headers)).status).toBe(202);
  });

  test('a defect of ours tells its id and nothing more', async () => {
    gateway.loops.failure = new Error('at /secret/path with password hunter2');
    const response = await trigger({ kind: 'fired' });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toMatch(/hunter2|secret/);
  });

  test('methods, paths and queries that are not offered', async () => {
    const ask = (path: string, method = 'GET') => fetch(`${gateway.url}${path}`, { method, headers: bearer });
    const wrong = await ask('/v1/pipelines/churn/runs', 'DELETE');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST, GET']);
    expect((await ask('/v1/pipelines/churn/triggers')).status).toBe(405);
    expect((await refused(await ask('/admin'))).status).toBe(404);
    for (const query of ['limit=0', 'limit=1e9', 'limit=x', 'limit=1&limit=2', 'depth=3', '__proto__=1'])
      expect((await refused(await ask(`/v1/pipelines/churn/runs?${query}`))).status).toBe(400);
  });
});

describe('connections', () => {
  /** Bytes as they are, and what comes back until the other side closes. */
  async function raw(...parts: string[]): Promise<string> {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.setEncoding('latin1').on('data', (some) => {
      answer += some;
    });
    socket.on('error', () => {});
    for (const part of parts) socket.write(part);
    await once(socket, 'close');
    return answer;
  }
  const body = '{"kind":"fired"}';
  const head = () =>
    `POST /v1/pipelines/churn/triggers HTTP/1.1\r\nHost: ${new URL(gateway.url).host}\r\nAuthorization: Bearer ${text}\r\nContent-Type: application/json\r\nConnection: close\r\n`;

  test('two readings of one length: refused, nothing is smuggled', async () => {
    const smuggled = `POST /v1/pipelines/churn/runs HTTP/1.1\r\nHost: x\r\n\r\n`;
    for (const lengths of [
      `Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n`,
      `Transfer-Encoding: chunked\r\nContent-Length: ${body.length}\r\n`,
      `Content-Length: ${body.length}\r\nContent-Length: ${body.length + 10}\r\n`,
      `Transfer-Encoding: chunked, identity\r\n`,
      `Transfer-Encoding : chunked\r\n`,
      `Content-Length: +${body.length}\r\n`,
    ])
      expect(await raw(`${head()}${lengths}\r\n${body}${smuggled}`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(gateway.loops.told).toEqual([]);
  });

  test('an absolute address, a foreign host and no host at all', async () => {
    const ask = (line: string, host: string) => raw(`${line} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
    const own = `Host: ${new URL(gateway.url).host}\r\n`;
    expect(await ask('GET http://evil.example/livez', own)).toMatch(/^HTTP\/1\.1 (200|4\d\d) /);
    expect(await ask('GET /livez', 'Host: evil.example\r\n')).toMatch(/^HTTP\/1\.1 421 /);
    expect(await ask('GET /livez', `${own}Host: evil.example\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await ask('GET /livez', '')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await ask('GET /livez', 'Host:\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await ask('GET /livez', 'Host:   \r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw('GET /livez HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 (400|421) /);
    // What is no address never comes to an operation, and is told as a problem all the same.
    for (const [line, host] of [
      ['GET /v1/pipelines/churn/\\', own],
      ['GET /livez', 'Host: a b\r\n'],
    ] as const)
      expect(await ask(line, host)).toMatch(
        /^HTTP\/1\.1 400 .*application\/problem\+json.*"detail":"The address .*"next":/s,
      );
  });

  test('a sender that goes away in mid-body is no defect of ours', async () => {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    socket.write(`${head()}Content-Length: 1000\r\n\r\n{"kind":`, () => socket.destroy());
    await expect
      .poll(() => gateway.log('refused').at(-1))
      .toMatchObject({ problem: 'malformed-body', detail: expect.stringMatching(/did not come to its end/) });
    expect(gateway.loops.told).toEqual([]);
  });

  test('too many and too large headers', async () => {
    expect(await raw(`${head()}X-Large: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('pages of other sites', async () => {
    const ask = (headers: Record<string, string>) =>
      fetch(`${gateway.url}/v1/pipelines/churn/runs`, { headers: { ...bearer, ...headers } });
    expect((await refused(await ask({ origin: 'http://evil.example' }))).status).toBe(403);
    expect((await ask({ origin: gateway.url })).status).toBe(200);
  });
});

test('a caller that asks too often waits; others do not', async () => {
  const slow = await startTestGateway({ rate: 20 });
  try {
    const [busy, calm] = [slow.token('churn:view'), slow.token('churn:view')];
    const ask = (token: string) =>
      fetch(`${slow.url}/v1/pipelines/churn/status`, { headers: { authorization: `Bearer ${token}` } });
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask(busy)));
    const late = answers.filter(({ status }) => status === 429);
    expect(late.length).toBeGreaterThan(0);
    expect(late[0]?.headers.get('retry-after')).toBe('1');
    const strangers = await Promise.all(Array.from({ length: 60 }, () => ask('nonsense')));
    expect(new Set(strangers.map(({ status }) => status))).toEqual(new Set([401, 429]));
    expect((await ask(calm)).status).toBe(200);
  } finally {
    await slow.close();
  }
});

const noAnswer = (): never => {
  throw new Error('nobody is asked here');
};

test('an approval counts under the name of the token’s owner, for the evidence that they looked at, and with the scope for it', async () => {
  const given: ApproveRequest[] = [];
  const desk = new ApprovalDesk();
  desk.open('ok', { title: 'Ship?', by: ['somebody'], roles: [], quorum: 1, evidence: 'e2' });
  const running = { runId: 'run/churn/r', pipeline: 'churn', status: 'waiting', nodes: [], approvals: [] } as const;
  const asking = await startTestGateway({
    runs: {
      find: async () => ({ kind: 'live', progress: { ...running, nodes: [], approvals: desk.listOpen() } }),
      list: async () => [],
      approve: async (_, request) => {
        desk.validate(request);
        given.push(request);
        return desk.give(request);
      },
    },
  });
  try {
    const say = async (scope: string, more: object) => {
      const response = await asking.post(
        'churn/runs/r/approvals',
        JSON.stringify({ node: 'ok', approved: true, evidence: 'e2', ...more }),
        { authorization: `Bearer ${asking.token(scope)}` },
      );
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    expect((await say('churn:run,view', {})).status).toBe(403);
    expect((await say('churn:approve', { by: 'anna' })).status).toBe(422);
    const old = await say('churn:approve', { evidence: 'e1' });
    expect(old).toMatchObject({
      status: 409,
      body: {
        detail: expect.stringContaining('is for evidence e2, not e1: it changed since you looked'),
        next: 'GET /v1/pipelines/churn/runs/r shows what it waits for now.',
      },
    });
    expect(await say('churn:approve', { note: 'fine' })).toEqual({
      status: 200,
      body: { node: 'ok', given: ['somebody'], quorum: 1 },
    });
    expect(given).toMatchObject([{ by: 'somebody', note: 'fine', evidence: 'e2' }]);
    expect((await say('churn:approve', {})).status).toBe(409);
  } finally {
    await asking.close();
  }
});

test('streams: so many of one caller; a place is free when its client is gone; all end with the gateway', async () => {
  const running = { runId: 'run/churn/r', pipeline: 'churn', status: 'running', nodes: [], approvals: [] } as const;
  const progress = { ...running, nodes: [], approvals: [] };
  const busy = await startTestGateway({
    runs: { find: async () => ({ kind: 'live', progress }), list: async () => [], approve: async () => noAnswer() },
  });
  const authorization = `Bearer ${busy.token('churn:view')}`;
  const open = (signal?: AbortSignal) =>
    fetch(`${busy.url}/v1/pipelines/churn/runs/r/events`, {
      headers: { authorization },
      ...(signal ? { signal } : {}),
    });
  const leaving = new AbortController();
  const first = await open(leaving.signal);
  const others = await Promise.all(Array.from({ length: 7 }, () => open()));
  expect(new Set([first, ...others].map(({ status }) => status))).toEqual(new Set([200]));
  const ninth = await open();
  expect([ninth.status, ninth.headers.get('retry-after')]).toEqual([429, '30']);
  leaving.abort();
  await expect.poll(async () => (await open()).status, { timeout: 120_000 }).toBe(200);
  const texts = others.map((response) => response.text());
  await busy.close();
  for (const text of await Promise.all(texts)) expect(text).toContain('"live":true');
});

test('a revoked token is void at once', async () => {
  const own = gateway.token('churn:view');
  const ask = () => fetch(`${gateway.url}/v1/pipelines/churn/status`, { headers: { authorization: `Bearer ${own}` } });
  expect((await ask()).status).toBe(200);
  gateway.tokens.revoke(own.split('_')[1] ?? '');
  expect((await ask()).status).toBe(401);
});

test('it listens beyond loopback only with a token, and then answers to any name', async () => {
  const open = { listen: { host: '0.0.0.0', port: 0, loopback: false } };
  await expect(startTestGateway(open)).rejects.toThrow(/there is no token/);
  const wide = await startTestGateway({ ...open, tokens: ['churn:view'] });
  await wide.close();
});

test('nothing that it wrote holds a secret', () => {
  const written = gateway.written();
  expect(written.length).toBeGreaterThan(1_000);
  for (const token of [
    text,
    text.split('_').slice(2).join('_'),
    secret,
    'sixteen characters and more',
    'sha256=',
    'v1,',
  ])
    expect(written).not.toContain(token);
});
