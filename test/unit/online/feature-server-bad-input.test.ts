/** What callers get wrong, and what they are told: a status that says whose fault it is, the value, the limit, what to do. */
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '#contracts/failures.ts';
import { parseScope } from '#gateway/access/scope.ts';
import { TokenStore } from '#gateway/access/token-store.ts';
import { listenAddress } from '#gateway/listen-address.ts';
import type { OnlineStore } from '#ports/online-store.ts';
import { startFeatureServer } from '#serving/server.ts';
import { goldenCatalogue } from '../../fixtures/golden-features.ts';
import { startTestFeatureServer, type TestFeatureServer } from '../../servers/feature-server.ts';

let server: TestFeatureServer;
beforeAll(async () => {
  server = await startTestFeatureServer();
});
afterAll(() => server.close());

const get = (features: string[], entities: object, more: object = {}) =>
  server.post('/get-online-features', { features, entities, ...more });
const customer = (columns: object) => ({
  push_source_name: 'customer_stats',
  df: { customer_id: ['n'], spend: [1.5], trips: [1], event_timestamp: ['2024-01-01T00:00:00Z'], ...columns },
});
const push = (columns: object) => server.post('/push', customer(columns));

describe('a question', () => {
  test.each([
    ['of an unknown view', ['nope:x'], { driver_id: [1] }, 404, /There are: driver_stats/],
    ['of an unknown feature', ['driver_stats:nope'], { driver_id: [1] }, 422, /There are: conv_rate, score/],
    [
      'of a feature that is not served',
      ['driver_stats:trips_7d'],
      { driver_id: [1] },
      422,
      /defined with online: false/,
    ],
    ['of no reference', ['score'], { driver_id: [1] }, 422, /Write view:feature/],
    ['without its entity', ['driver_stats:score'], { other: [1] }, 422, /have no \\?"driver_id/],
    [
      'with entities of two lengths',
      ['pair_stats:rides'],
      { driver_id: [1, 2], customer_id: ['a'] },
      422,
      /1 values.* 2/,
    ],
    ['for an entity that is null', ['driver_stats:score'], { driver_id: [null] }, 422, /row 0: driver_id is null/],
    [
      'for an entity that is no number',
      ['driver_stats:score'],
      { driver_id: ['x'] },
      422,
      /an int64 is wanted, and \\?"x/,
    ],
    ['for one beyond int64', ['driver_stats:score'], { driver_id: ['9223372036854775808'] }, 422, /an int64 is wanted/],
    [
      'for a key that is too long',
      ['customer_stats:spend'],
      { customer_id: ['x'.repeat(2_000)] },
      422,
      /1500 are the most/,
    ],
    [
      'whose names collide',
      ['driver_stats:trips', 'customer_stats:trips'],
      { driver_id: [1], customer_id: ['a'] },
      422,
      /FeatureNameCollisionError/,
    ],
    [
      'without request data',
      ['odfv:score_plus_bonus'],
      { driver_id: [1] },
      404,
      /RequestDataNotFoundInEntityRowsException/,
    ],
  ])('%s', async (_, features, entities, status, words) => {
    const answer = await get(features, entities);
    expect(answer).toMatchObject({ status, text: expect.stringMatching(words) });
  });

  test('for a million entities is refused with the limit', async () => {
    const answer = await get(['driver_stats:score'], { driver_id: Array.from({ length: 1_000_000 }, (_, id) => id) });
    expect(answer).toMatchObject({ status: 413, text: expect.stringMatching(/1000000 entities.*10000 are the most/) });
  });

  test('of an unknown service is 404, also for people', async () => {
    const answer = await server.post('/get-online-features', { feature_service: 'nope', entities: { driver_id: [1] } });
    expect(answer).toMatchObject({ status: 404, text: expect.stringMatching(/FeatureServiceNotFoundException/) });
    expect((await fetch(`${server.url}/v1/features/nope?driver_id=1`)).status).toBe(404);
  });

  test('that is no JSON, not whole, or of another kind', async () => {
    expect((await server.post('/get-online-features', '{')).status).toBe(422);
    expect((await server.post('/get-online-features', { features: ['a:b'] })).status).toBe(422);
    expect((await server.post('/push', '[]')).status).toBe(422);
    expect((await server.post('/push', 'x', { 'content-type': 'text/plain' })).status).toBe(415);
  });
});

describe('a push', () => {
  test.each([
    ['of a wrong type', { spend: ['much'] }, /spend\[0\]: a number.*much/],
    ['of a fraction for an int64', { trips: [1.5] }, /trips\[0\]: an int64 is wanted, and 1.5/],
    ['of a number for a text', { customer_id: [7] }, /customer_id\[0\]: a text is wanted, and 7/],
    ['without a column', { spend: undefined }, /have no spend/],
    ['of columns of two lengths', { spend: [1, 2] }, /spend has 2 values, and event_timestamp 1/],
    ['of an event without a time', { event_timestamp: [null] }, /event_timestamp\[0\]: a time such as/],
    ['of a day that there is not', { event_timestamp: ['2023-02-30T00:00:00Z'] }, /a day that there is/],
    ['of an event that is ahead', { event_timestamp: ['2999-01-01T00:00:00Z'] }, /five minutes ahead/],
  ])('%s is 422 and writes nothing', async (_, columns, words) => {
    expect(await push(columns)).toMatchObject({ status: 422, text: expect.stringMatching(words) });
    const { text } = await get(['customer_stats:spend'], { customer_id: ['n'] });
    expect(text).toContain('"NOT_FOUND"');
  });

  test('one bad row among good ones writes none of them', async () => {
    const answer = await push({
      ...{ customer_id: ['good', 'bad'], spend: [1, 'x'], trips: [1, 1] },
      event_timestamp: ['2024-01-01T00:00:00Z', '2024-01-01T00:00:00Z'],
    });
    expect(answer.status).toBe(422);
    expect((await get(['customer_stats:spend'], { customer_id: ['good'] })).text).toContain('"NOT_FOUND"');
  });

  test('for an unknown source is 422, to an unknown view 404', async () => {
    expect(await server.post('/push', { push_source_name: 'nope', df: {} })).toMatchObject({ status: 422 });
    const answer = await server.post('/write-to-online-store', { feature_view_name: 'nope', df: {} });
    expect(answer).toMatchObject({ status: 404, text: expect.stringMatching(/FeatureViewNotFoundException/) });
  });

  test('of more rows than there may be is 413', async () => {
    const column = (value: unknown) => Array<unknown>(10_001).fill(value);
    const answer = await push({
      ...{ customer_id: column('x'), spend: column(1), trips: column(1) },
      event_timestamp: column('2024-01-01T00:00:00Z'),
    });
    expect(answer).toMatchObject({ status: 413, text: expect.stringMatching(/10001 rows.*10000 are the most/) });
  });
});

describe('values', () => {
  test('are exact both ways: int64 beyond 2^53, NaN and infinities as Python writes them, null', async () => {
    const body = `{"push_source_name":"customer_stats","df":{"customer_id":["big","nan","null"],"spend":[-Infinity,NaN,null],
      "trips":[-9223372036854775808,9007199254740993,9007199254741023],"event_timestamp":["2024-01-01T00:00:00","2024-01-01T00:00:00","2024-01-01T00:00:00.5"]}}`;
    expect((await server.post('/push', body)).status).toBe(200);
    const { text } = await get(['customer_stats:spend', 'customer_stats:trips'], {
      customer_id: ['big', 'nan', 'null', 'no'],
    });
    expect(text).toContain('[-9223372036854775808,9007199254740993,9007199254741023,null]');
    expect(text).toContain('["-Infinity","NaN",null,null],"statuses":["PRESENT","PRESENT","NULL_VALUE","NOT_FOUND"]');
    expect(text).toContain('2024-01-01T00:00:00.500Z');
  });

  test('for people have no value when they are too old, and say when they are of', async () => {
    const answer = await fetch(`${server.url}/v1/features/svc_all?driver_id=1000&customer_id=c0`);
    expect(JSON.parse(await answer.text())).toMatchObject({
      features: {
        e1: { value: null, status: 'OUTSIDE_MAX_AGE', at: '2021-01-01T00:00:00Z' },
        rides: { value: 1, status: 'PRESENT', at: '2020-01-01T00:00:00Z' },
        blob: { value: 'AP8=', status: 'PRESENT' },
      },
    });
  });

  test('that are too old are null beside their status where that is asked for', async () => {
    const strict = await startTestFeatureServer({ hideExpired: true });
    const { text } = await strict.post('/get-online-features', {
      features: ['driver_expired:e1'],
      entities: { driver_id: [1_000] },
    });
    expect(text).toContain('"values":[null],"statuses":["OUTSIDE_MAX_AGE"]');
    await strict.close();
  });

  test('go by the ttl at the time of reading, to the microsecond', async () => {
    let now = Date.parse('2021-01-02T00:00:00Z');
    const timed = await startTestFeatureServer({ now: () => now });
    const status = async () => {
      const { text } = await timed.post('/get-online-features', {
        features: ['driver_expired:e1'],
        entities: { driver_id: [1_000] },
      });
      return /"statuses":\["(\w+)"\],"event_timestamps":\["2021/.exec(text)?.[1];
    };
    expect(await status()).toBe('PRESENT');
    now += 1;
    expect(await status()).toBe('OUTSIDE_MAX_AGE');
    await timed.close();
  });
});

describe('the door', () => {
  test('other methods are 405, other paths 404', async () => {
    const answer = await fetch(`${server.url}/push`);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await fetch(`${server.url}/nope`)).status).toBe(404);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  test('a page of another site gets nothing, by Host or by Origin', async () => {
    const { port } = new URL(server.url);
    const status = (headers: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        const asked = httpRequest({ port, host: '127.0.0.1', path: '/health', headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        });
        asked.once('error', reject).end();
      });
    expect(await status({ host: 'evil.example' })).toBe(421);
    expect(await status({ origin: 'https://evil.example' })).toBe(403);
  });

  test('with tokens, each opens the views and the verbs of its scopes', async () => {
    const guarded = await startTestFeatureServer();
    const tokens = new TokenStore(guarded.root);
    const token = (scope: string) => tokens.create({ owner: 'me', scopes: [parseScope(scope)] }).text;
    const ask = (path: string, body: object, bearer?: string) =>
      guarded.post(path, body, bearer ? { authorization: `Bearer ${bearer}` } : {});
    const reader = token('driver_*:features');
    const writer = token('customer_stats:push');
    const question = { features: ['driver_stats:score'], entities: { driver_id: [1_000] } };
    expect((await ask('/get-online-features', question)).status).toBe(401);
    expect((await ask('/get-online-features', question, reader)).status).toBe(200);
    expect((await ask('/get-online-features', question, writer)).status).toBe(403);
    const other = { features: ['customer_stats:spend'], entities: { customer_id: ['c0'] } };
    expect((await ask('/get-online-features', other, reader)).status).toBe(403);
    expect((await ask('/push', customer({}), reader)).status).toBe(403);
    expect((await ask('/push', customer({}), writer)).status).toBe(200);
    await guarded.close();
  });

  test('beyond loopback it does not open without a token', async () => {
    const { root, store } = server;
    const started = startFeatureServer({
      ...{ root, store, catalogue: goldenCatalogue, listen: listenAddress('0.0.0.0:0') },
      log: (await import('pino')).default({ level: 'silent' }),
    });
    await expect(started).rejects.toThrow(/there is no token/);
  });

  test('a store that is away is 503, and says so without a stack', async () => {
    const gone = async () => {
      throw new UserError('OutsideUnreachable', 'the online store redis:x cannot be reached');
    };
    const store: OnlineStore = { ...{ at: 'x', promise: '' }, read: gone, write: gone, close: async () => {} };
    const away = await startTestFeatureServer({ store, catalogue: { ...goldenCatalogue } });
    const answer = await away.post('/get-online-features', {
      features: ['driver_stats:score'],
      entities: { driver_id: [1] },
    });
    expect(answer).toMatchObject({ status: 503, text: expect.stringMatching(/redis:x cannot be reached/) });
    await away.close();
  });

  test('an on-demand function that fails is 422: the same again would fail the same', async () => {
    const [odfv] = goldenCatalogue.onDemand.values();
    const compute = () => {
      throw new UserError('InvalidOutput', 'the on-demand odfv, row 0: compute threw Error: no');
    };
    const onDemand = new Map(odfv ? [['odfv', { ...odfv, compute }]] : []);
    const failing = await startTestFeatureServer({ catalogue: { ...goldenCatalogue, onDemand } });
    const answer = await failing.post('/get-online-features', {
      features: ['odfv:score_plus_bonus'],
      entities: { driver_id: [1], bonus: [1] },
    });
    expect(answer).toMatchObject({ status: 422, text: expect.stringMatching(/compute threw Error: no/) });
    await failing.close();
  });

  test('Prometheus is told what was found', async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).toMatch(/ratchet_features_rows_total\{view="driver_expired",outcome="expired"\} 1/);
    expect(text).toMatch(/ratchet_features_request_seconds_count\{route="\/get-online-features"\} [1-9]/);
    expect(text).toMatch(/ratchet_features_requests_total\{route="\/push",status="422"\} [1-9]/);
  });
});
