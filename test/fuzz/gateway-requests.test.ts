/**
 * Requests that nobody would send: every operation of the gateway, well asked, then spoilt in its path, its query, its headers
 * or any place of its body. Whatever comes, the answer is below 500, in the words of a problem where it is a refusal, and the
 * gateway answers the next one. schemathesis (gateway.test.ts) draws from the document; this one from what a sender really sends.
 * `RATCHET_FUZZ_REQUESTS` (default 3,000) says how many, `RATCHET_FUZZ_SEED` which.
 */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostileTexts } from '../fixtures/hostile-texts.ts';
import { startTestGateway, type TestGateway } from '../servers/gateway.ts';

const count = Number(process.env.RATCHET_FUZZ_REQUESTS ?? '3000');
const seed = Number(process.env.RATCHET_FUZZ_SEED ?? Date.now() % 2 ** 31);
const secret = 'what the senders sign with';
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
const golden = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../golden/events/${name}.json`, import.meta.url), 'utf8'));

let gateway: TestGateway;
let bearer: string;
beforeAll(async () => {
  gateway = await startTestGateway({
    rate: 1_000_000,
    env: { RATCHET_GITHUB_SECRET: secret, RATCHET_WEBHOOK_SECRET: secret },
  });
  bearer = `Bearer ${gateway.token('*:*')}`;
});
afterAll(async () => {
  agent.destroy();
  await gateway.close();
});

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null: no body. */
  readonly body: string | null;
}

/** What is well asked: method, path below `/v1/pipelines/churn/`, and the body. */
const sound: readonly (readonly [method: string, path: string, body?: unknown])[] = [
  ['GET', 'status'],
  ['GET', 'decisions?limit=5'],
  ['GET', 'runs?limit=5'],
  ['GET', 'runs/run%2Fchurn%2F1'],
  ['GET', 'runs/run%2Fchurn%2F1/events'],
  ['POST', 'runs', { params: { rows: 10, name: 'x' }, asOf: '2024-01-01T00:00:00Z', reason: 'new data' }],
  ['POST', 'triggers', { kind: 'metricObserved', metric: 'roc_auc', value: 0.6, id: 'm1', at: '2024-01-01T00:00:00Z' }],
  ['POST', 'triggers', { kind: 'dataArrived', rows: 100, id: 'd1' }],
  ['POST', 'triggers', { kind: 'driftMeasured', share: 0.4, window: { from: '2024-01-01', to: '2024-01-08' } }],
  [
    'POST',
    'triggers',
    { kind: 'codeChanged', repository: 'a/b', ref: 'refs/heads/main', commit: 'ab12', paths: ['x.py'] },
  ],
  ['POST', 'triggers', { kind: 'fired', trigger: 'manual', reason: 'by hand' }],
  ['POST', 'labels', { rows: 10, id: 'l1', uri: 's3://lake/labels.csv' }],
  ['POST', 'webhooks/github', golden('github_push')],
  ['POST', 'webhooks/alertmanager', golden('alertmanager_v4')],
  ['POST', 'webhooks/s3', golden('s3_object_created')],
  ['POST', 'webhooks/cloudevents', golden('cloudevents')],
];

const deep = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown;
const oddText = fc.oneof(
  fc.constantFrom(...hostileTexts.slice(0, 40)),
  fc.constantFrom(
    '',
    ' ',
    '.',
    '..',
    '../..',
    '\\',
    '\u0000',
    '__proto__',
    'constructor',
    '\ud800',
    'x'.repeat(5_000),
    '['.repeat(50_000),
  ),
  fc.constantFrom(
    '2024-02-30',
    '0000-01-01T00:00:00Z',
    '+275760-09-13T00:00:00Z',
    'NaN',
    '1e999',
    'schedule/x',
    '61.2%',
  ),
  fc.constantFrom('file:///etc/passwd', 's3://', 's3://a/../b', 'http://127.0.0.1', 'javascript:0', '*', 'a:b'),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: oddText },
  {
    weight: 4,
    arbitrary: fc.constantFrom<unknown>(
      ...[null, true, false, 0, -0, -1, 0.5, 2, 1e21, -1e308, 5e-324, 2 ** 53, Number.MAX_SAFE_INTEGER],
      ...[[], {}, [[]], [null], { __proto__: null }, { a: { a: {} } }],
    ),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(20, 200, 2_000).map(deep) },
);

/** The same with one place of it replaced, removed, doubled or added to: `choices` are drawn numbers that say which. */
function spoilt(value: unknown, choices: readonly number[], odd: unknown): unknown {
  const [choice = 0, ...rest] = choices;
  if (typeof value !== 'object' || value === null || choice % 7 === 0) return odd;
  if (Array.isArray(value)) {
    if (value.length === 0 || choice % 5 === 0) return [...value, odd];
    const at = choice % value.length;
    return value.with(at, spoilt(value[at], rest, odd));
  }
  const entries = Object.entries(value);
  const at = choice % (entries.length + 1);
  const entry = entries[at];
  if (!entry) return Object.fromEntries([...entries, [typeof odd === 'string' ? odd : 'more', odd]]);
  if (choice % 11 === 0) return Object.fromEntries(entries.toSpliced(at, 1));
  return Object.fromEntries(entries.with(at, [entry[0], spoilt(entry[1], rest, odd)]));
}

/** Texts that Node's own client would refuse to put into a path or a header are percent-encoded. */
const sendable = (path: string) =>
  path.replace(/[^\x21-\x7e]/g, (mark) => {
    try {
      return encodeURIComponent(mark);
    } catch {
      return '%ED%A0%80';
    }
  });
/** A half of a surrogate pair cannot be written as UTF-8. */
const wellFormed = (word: string) => Buffer.from(word).toString();
const headerSafe = (value: string) => value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');

const signed = (path: string, body: string): Record<string, string> =>
  path.startsWith('webhooks/github')
    ? {
        'x-github-event': 'push',
        'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
        'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      }
    : { authorization: bearer };

const drawn: fc.Arbitrary<Asked> = fc
  .record({
    form: fc.constantFrom(...sound),
    pipeline: fc.oneof({ weight: 8, arbitrary: fc.constant('churn') }, { weight: 1, arbitrary: oddText }),
    place: fc.constantFrom('body', 'body', 'body', 'text', 'path', 'query', 'headers', 'method'),
    choices: fc.array(fc.nat({ max: 1_000 }), { minLength: 6, maxLength: 6 }),
    odd: oddValue,
    word: oddText,
    header: fc.constantFrom(
      ...['content-type', 'authorization', 'idempotency-key', 'accept', 'content-encoding', 'origin', 'last-event-id'],
      ...['x-hub-signature-256', 'x-github-event', 'ce-type', 'ce-id', 'ce-time', 'if-none-match', 'range', 'expect'],
    ),
    method: fc.constantFrom('GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'POST', 'TRACE', 'PROPFIND'),
  })
  .map(({ form: [method, path, body], pipeline, place, choices, odd, word, header, method: other }): Asked => {
    const [first = 0, second = 0] = choices;
    let said = body === undefined ? null : JSON.stringify(place === 'body' ? spoilt(body, choices, odd) : body);
    if (said !== null && place === 'text') {
      const at = first % said.length;
      said = second % 2 ? said.slice(0, at) : `${said.slice(0, at)}${word}${said.slice(at + (second % 5))}`;
    }
    const segments = path.split('/');
    const asked =
      place === 'path'
        ? segments.with(first % segments.length, second % 2 ? encodeURI(wellFormed(word)) : word).join('/')
        : place === 'query'
          ? `${path}${path.includes('?') ? '&' : '?'}${second % 2 ? 'limit' : word}=${word}`
          : path;
    const type = path.endsWith('cloudevents') ? 'application/cloudevents+json' : 'application/json';
    return {
      method: place === 'method' ? other : method,
      path: sendable(`/v1/pipelines/${encodeURIComponent(wellFormed(pipeline))}/${asked}`),
      headers: {
        // Node writes no length for a GET by itself, and its body would be read as the next request.
        ...(said === null ? {} : { 'content-type': type, 'content-length': String(Buffer.byteLength(said)) }),
        ...signed(path, said ?? ''),
        ...(place === 'headers' ? { [header]: headerSafe(word) } : {}),
      },
      body: said,
    };
  });

const ask = ({ method, path, headers, body }: Asked) =>
  new Promise<{ status: number; type: string; said: string }>((answered, failed) => {
    const { port, hostname } = new URL(gateway.url);
    const sent = request({ agent, hostname, port, method, path, headers, timeout: 60_000 }, (response) => {
      text(response).then(
        (said) => answered({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', said }),
        failed,
      );
    });
    sent.on('error', failed).on('timeout', () => sent.destroy(new Error('no answer in a minute')));
    sent.end(body);
  });

/** Headers that are too long, and an `Expect` other than 100-continue, are refused by Node's own parser, without a body. */
const refusedByUs = (status: number) => status >= 400 && status !== 431 && status !== 417;

test(`${count} requests of seed ${seed} are answered, none by a failure of ours`, {
  timeout: count * 1_000,
}, async () => {
  const statuses: Record<string, number> = {};
  const wrong: unknown[] = [];
  for (const asked of fc.sample(drawn, { numRuns: count, seed })) {
    const answer = await ask(asked).catch((error: unknown) => ({ status: 0, type: '', said: String(error) }));
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    const { status, type, said } = answer;
    const faults = [
      ...(status === 0 || status >= 500 ? [`status ${status}`] : []),
      ...(refusedByUs(status) && asked.method !== 'HEAD' && type !== 'application/problem+json'
        ? [`a refusal ${status} of type ${type}`]
        : []),
      ...(/\.[cm]?[jt]s:\d|node:internal|\\n +at /.test(said) ? ['a stack'] : []),
    ];
    if (faults.length > 0)
      wrong.push({ faults, asked: { ...asked, body: asked.body?.slice(0, 300) }, said: said.slice(0, 300) });
  }
  console.log(`answers to ${count} requests: ${JSON.stringify(statuses)}`);
  expect(wrong.slice(0, 20)).toEqual([]);
  // It came behind the doors: some of what was drawn was taken.
  expect(statuses[202] ?? 0).toBeGreaterThan(count / 50);
});
