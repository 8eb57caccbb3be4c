/** What the bodies of webhooks mean to a loop. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matching } from '#decisions/retrain/paths.ts';
import { readEvidence } from '#gateway/deliver.ts';
import { AlertmanagerBody, mapAlerts } from '#gateway/webhooks/alertmanager.ts';
import { binaryAttributes, CloudEvent, CloudEventBatch, mapCloudEvents } from '#gateway/webhooks/cloudevents.ts';
import { GithubPush, mapPush } from '#gateway/webhooks/github.ts';
import type { Mapped } from '#gateway/webhooks/mapped.ts';
import { decodedKey, mapS3, S3Body, sequence } from '#gateway/webhooks/s3.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const bytes = (name: string) => readFileSync(new URL(`../golden/events/${name}.json`, import.meta.url));
const golden = (name: string) => JSON.parse(bytes(name).toString('utf8'));
/** As a loop is told it: what is mapped must be evidence. */
const told = ({ events }: Mapped) => events.map((event) => readEvidence(event, now));

describe('a push to GitHub', () => {
  const push = (more: object = {}) => GithubPush.parse({ ...golden('github_push'), ...more });
  const commit = (...modified: string[]) => ({ added: [], removed: [], modified });

  test('its changed paths', () => {
    expect(told(mapPush(push(), bytes('github_push'), now))).toEqual([
      {
        kind: 'codeChanged',
        id: 'github:6fa47b3095c92b1faa8620cddfbe82cc6cc81429c53423df9dedee6a2904abbe',
        at: '2026-01-02T03:04:05.000Z',
        source: 'github',
        who: 'mona in octo-org/ml-models',
        commit: 'a10867b14bb761a232cd80139fbd4c0d33264240',
        paths: ['data/raw.csv.dvc', 'params.yaml'],
      },
    ]);
  });

  test('a deleted branch, a tag, another branch and an empty push start nothing, and say so', () => {
    const deleted = mapPush(
      GithubPush.parse(golden('github_push_branch_deleted')),
      bytes('github_push_branch_deleted'),
      now,
    );
    expect(deleted).toEqual({ events: [], ignored: 'refs/heads/main was deleted' });
    expect(mapPush(push({ ref: 'refs/tags/v1' }), Buffer.of(), now).ignored).toMatch(/no branch/);
    expect(mapPush(push({ ref: 'refs/heads/try' }), Buffer.of(), now).ignored).toMatch(/only pushes to main/);
    expect(mapPush(push({ commits: [] }), Buffer.of(), now).ignored).toMatch(/no path/);
  });

  test('another branch counts when it is asked for', () => {
    expect(mapPush(push({ ref: 'refs/heads/release' }), Buffer.of(), now, 'release').events).toHaveLength(1);
    expect(mapPush(push(), Buffer.of(), now, 'release').events).toEqual([]);
  });

  test('paths of all commits, each once; of very many their folders', () => {
    const [some] = told(mapPush(push({ commits: [commit('b', 'a'), commit('a', 'c')] }), Buffer.of(), now));
    expect(some).toMatchObject({ paths: ['a', 'b', 'c'] });
    const many = Array.from({ length: 5_000 }, (_, i) => `pipelines/flights/${i % 10}/${i}.ts`);
    const [folders] = told(mapPush(push({ commits: [commit(...many, 'README.md')] }), Buffer.of(), now));
    expect(folders).toMatchObject({
      paths: expect.arrayContaining(['README.md', 'pipelines/flights/0/', 'pipelines/flights/9/']),
    });
    const flat = Array.from({ length: 3_000 }, (_, i) => `${i}.ts`);
    expect(told(mapPush(push({ commits: [commit(...flat)] }), Buffer.of(), now))).toMatchObject([{ paths: ['/'] }]);
  });

  test('any path where its commits are not all that changed', () => {
    const changes = (more: object) => told(mapPush(push(more), Buffer.of(), now));
    const many = (count: number) => Array.from({ length: count }, () => commit('README.md'));
    expect(changes({ forced: true, commits: [] })).toMatchObject([{ kind: 'codeChanged', paths: ['/'] }]);
    expect(changes({ forced: true })).toMatchObject([{ paths: ['/'] }]);
    expect(changes({ created: true, commits: [] })).toMatchObject([{ paths: ['/'] }]);
    expect(changes({ commits: many(2_048) })).toMatchObject([{ paths: ['/'] }]);
    expect(changes({ commits: many(2_047) })).toMatchObject([{ paths: ['README.md'] }]);
    const long = `src/${'a'.repeat(1_100)}`;
    expect(changes({ commits: [commit(long)] })).toMatchObject([{ paths: ['src/'] }]);
    expect(changes({ commits: [commit(`${'a'.repeat(1_100)}/b`)] })).toMatchObject([{ paths: ['/'] }]);
    for (const glob of ['pipelines/flights/**', '*.md', 'a/b/c.ts', '**'])
      expect(matching(['/'], [glob])).toEqual(['/']);
  });

  test('sent again it is the same event, under whatever delivery id', () => {
    const [first] = mapPush(push(), bytes('github_push'), now).events;
    const [again] = mapPush(push(), bytes('github_push'), now + 60_000).events;
    expect(again).toEqual(first);
  });
});

describe('alerts', () => {
  const alerts = (more: object = {}, alert: object = {}) => {
    const body = golden('alertmanager_v4');
    return AlertmanagerBody.parse({ ...body, alerts: [{ ...body.alerts[0], ...alert }], ...more });
  };

  test('one that fires asks for a run, in its own words', () => {
    expect(told(mapAlerts(alerts()))).toEqual([
      {
        kind: 'fired',
        id: 'alertmanager:c5e2b7a5a1f0d3e4:1767323045678',
        at: '2026-01-02T03:04:05.678Z',
        source: 'alertmanager',
        who: 'ModelDrift',
        trigger: 'manual',
        detail: 'ModelDrift summary',
      },
    ]);
  });

  test('annotations make it a metric or a drift', () => {
    const metric = mapAlerts(alerts({}, { annotations: { ratchet_metric: 'roc_auc', ratchet_value: '0.61' } }));
    expect(told(metric)).toMatchObject([{ kind: 'metricObserved', metric: 'roc_auc', value: 0.61 }]);
    expect(told(mapAlerts(alerts({}, { annotations: { ratchet_drift_share: '0.4' } })))).toMatchObject([
      { kind: 'driftMeasured', share: 0.4 },
    ]);
  });

  test.each([
    ['61.2%', 0.612],
    ['61.2 %', 0.612],
    ['-0.5', -0.5],
    ['+1e-3', 0.001],
    ['.61', 0.61],
    ['35%', 0.35],
    [' 0.61 ', 0.61],
  ])('the value %j is what it is', (ratchet_value, value) => {
    const mapped = mapAlerts(alerts({}, { annotations: { ratchet_metric: 'roc_auc', ratchet_value } }));
    expect(told(mapped)).toMatchObject([{ kind: 'metricObserved', value }]);
    if (value < 0) return;
    const drift = mapAlerts(alerts({}, { annotations: { ratchet_drift_share: ratchet_value } }));
    expect(told(drift)).toMatchObject([{ kind: 'driftMeasured', share: value }]);
  });

  test.each(['NaN', '+Inf', 'Infinity', '', ' ', '61,2', '61.2%%', '0x10', '1k', '61.2 percent', '1e999', 'null', '٣'])(
    'the value %j starts nothing, and is named',
    (text) => {
      for (const annotations of [{ ratchet_metric: 'auc', ratchet_value: text }, { ratchet_drift_share: text }])
        expect(() => mapAlerts(alerts({}, { annotations }))).toThrow(`is ${JSON.stringify(text)}`);
    },
  );

  test.each([
    { ratchet_drift_share: '2' },
    { ratchet_drift_share: '-1%' },
    { ratchet_value: '0.6' },
    { ratchet_metric: 'auc' },
  ])('the annotations %j start nothing, and are named', (annotations) => {
    expect(() => mapAlerts(alerts({}, { annotations }))).toThrow(/^ModelDrift: ratchet_/);
    const [alert] = golden('alertmanager_v4').alerts;
    const wrong = { ...alert, fingerprint: 'bb', annotations };
    const beside = mapAlerts(AlertmanagerBody.parse({ ...golden('alertmanager_v4'), alerts: [alert, wrong] }));
    expect(beside.events).toHaveLength(1);
    expect(beside.ignored).toMatch(/ratchet_/);
  });

  test('resolved ones tell nothing; one that goes on is the same event, one that begins anew another', () => {
    const ended = { status: 'resolved', endsAt: '2026-01-02T04:00:00Z' };
    expect(mapAlerts(alerts({ status: 'resolved' }, ended))).toEqual({ events: [], ignored: '1 resolved' });
    const id = (more: object) => mapAlerts(alerts({}, more)).events[0]?.id;
    expect(id({ annotations: { summary: 'still' } })).toBe(id({}));
    expect(id({ startsAt: '2026-01-03T03:04:05.678Z' })).not.toBe(id({}));
    expect(id({ startsAt: '2026-01-02T04:04:05.678+01:00' })).toBe(id({}));
  });

  test('mixed and truncated groups: what fires counts, what is missing is told', () => {
    const [alert] = golden('alertmanager_v4').alerts;
    const body = AlertmanagerBody.parse({
      ...golden('alertmanager_v4'),
      truncatedAlerts: 7,
      alerts: [alert, { ...alert, fingerprint: 'aa', status: 'resolved' }, { ...alert, fingerprint: 'bb' }],
    });
    expect(mapAlerts(body).events).toHaveLength(2);
    expect(mapAlerts(body).ignored).toMatch(/1 resolved.*left 7 alerts out/);
  });

  test('another version is not understood', () => {
    expect(AlertmanagerBody.safeParse({ ...golden('alertmanager_v4'), version: '3' }).success).toBe(false);
  });
});

describe('events of S3', () => {
  const created = (object: object = {}, record: object = {}) => {
    const body = golden('s3_object_created');
    const [first] = body.Records;
    return S3Body.parse({
      Records: [{ ...first, ...record, s3: { ...first.s3, object: { ...first.s3.object, ...object } } }],
    });
  };
  const id = (object: object, record: object = {}) => mapS3(created(object, record)).events[0]?.id;

  test('an object that was created is data that arrived', () => {
    expect(told(mapS3(created()))).toMatchObject([
      {
        kind: 'dataArrived',
        at: '1970-01-01T00:00:00.000Z',
        source: 's3',
        who: 'mybucket',
        partitions: [{ name: 's3://mybucket/HappyFace.jpg@d41d8cd98f00b204e9800998ecf8427e', rows: null }],
      },
    ]);
  });

  test('test events and deletions start nothing', () => {
    expect(mapS3(S3Body.parse(golden('s3_test_event')))).toEqual({ events: [], ignored: 'a test event of S3' });
    expect(mapS3(created({}, { eventName: 'ObjectRemoved:Delete' })).ignored).toMatch(/1 of 1 records/);
    expect(mapS3(created({}, { eventName: 's3:ObjectCreated:CompleteMultipartUpload' })).events).toHaveLength(1);
  });

  test.each(['2.0', '2.1', '2.4', '2.17'])('version %s', (eventVersion) => {
    expect(told(mapS3(created({}, { eventVersion })))).toHaveLength(1);
  });
  test.each(['1.0', '3.0', '2', 'x'])('not version %s', (eventVersion) => {
    expect(() => created({}, { eventVersion })).toThrow();
  });

  test('keys are decoded as forms are', () => {
    expect(decodedKey('my+data/2013%2B05/%C3%BC%20x.csv')).toBe('my data/2013+05/ü x.csv');
    expect(decodedKey('100%')).toBe('100%');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        expect(decodedKey(encodeURIComponent(key).replaceAll('%20', '+'))).toBe(key);
      }),
    );
  });

  test('the same write is the same event, another write of the key another', () => {
    const none = { versionId: undefined };
    expect(id({ ...none, sequencer: '55AED6DCD90281E5' })).toBe(id({ ...none, sequencer: '0055aed6dcd90281e5' }));
    expect(id({ ...none, sequencer: '55AED6DCD90281E6' })).not.toBe(id({ ...none, sequencer: '55AED6DCD90281E5' }));
    expect(id({ versionId: 'a' })).not.toBe(id({ versionId: 'b' }));
    expect(id({ key: 'other' })).not.toBe(id({}));
    const bare = { versionId: null, sequencer: undefined };
    expect(id(bare, { eventTime: '2026-01-01T00:00:01Z' })).not.toBe(id(bare, { eventTime: '2026-01-01T00:00:02Z' }));
  });

  test('sequencers compare as numbers when padded', () => {
    const hex = fc.bigInt({ min: 0n, max: 2n ** 64n }).map((n) => ({ n, text: n.toString(16) }));
    fc.assert(
      fc.property(hex, hex, (a, b) => {
        expect(sequence(a.text) < sequence(b.text)).toBe(a.n < b.n);
      }),
    );
  });
});

describe('CloudEvents', () => {
  const modes = golden('cloudevents');
  const map = (...events: unknown[]) => told(mapCloudEvents(CloudEventBatch.parse(events), now));

  test('structured: data arrived, with its rows', () => {
    expect(map(modes.structured.body)).toMatchObject([
      {
        kind: 'dataArrived',
        at: '2018-04-05T17:31:00.000Z',
        source: 'cloudevents',
        who: '/datasets/churn',
        partitions: [{ name: '/datasets/churn#v12@A234-1234-1234', rows: 10 }],
      },
    ]);
  });

  test('binary: attributes in headers, percent-encoded', () => {
    const attributes = binaryAttributes(new Headers(modes.binary.headers));
    expect(attributes).toMatchObject({
      id: 'A234-1234-1234',
      source: '/datasets/churn',
      comexampleextension1: 'Euro € 😀',
      datacontenttype: 'application/json',
    });
    expect(map({ ...attributes, data: modes.binary.body })).toEqual(map(modes.structured.body));
    expect(binaryAttributes(new Headers())).toBeNull();
  });

  test('base64, batch, and one without a source', () => {
    expect(map(modes.structured_data_base64.body)).toMatchObject([{ partitions: [{ rows: null }] }]);
    const encoded = Buffer.from('{"rows":7}').toString('base64');
    const json = { ...modes.structured_data_base64.body, datacontenttype: 'application/json', data_base64: encoded };
    expect(map(json)).toMatchObject([{ partitions: [{ rows: 7 }] }]);
    expect(new Set(map(...modes.batch.body).map(({ id }) => id)).size).toBe(2);
    expect(CloudEvent.safeParse(modes.invalid_missing_source.body).success).toBe(false);
    expect(CloudEvent.safeParse({ ...json, data: 1 }).success).toBe(false);
  });

  test('source and id together name it', () => {
    const [one] = map({ ...modes.structured.body, data: undefined });
    const [same] = map({ ...modes.structured.body, time: undefined });
    const [other] = map({ ...modes.structured.body, source: '/other' });
    expect(same?.id).toBe(one?.id);
    expect(other?.id).not.toBe(one?.id);
  });

  test('types of our own carry what a signal does, and nothing else', () => {
    const own = (type: string, data: unknown) => ({ ...modes.structured.body, type: `dev.ratchet.${type}`, data });
    expect(map(own('metricObserved', { metric: 'roc_auc', value: 0.6 }))).toMatchObject([
      { kind: 'metricObserved', metric: 'roc_auc', value: 0.6, source: 'cloudevents' },
    ]);
    expect(
      map(own('metricObserved', { metric: 'x', value: 1, source: 'watch', who: 'root', id: 'mine' })),
    ).toMatchObject([{ source: 'cloudevents', who: '/datasets/churn', id: expect.stringMatching(/^ce:/) }]);
    expect(() => map(own('metricObserved', { metric: 'roc_auc' }))).toThrow(
      /not what dev.ratchet.metricObserved carries/,
    );
    expect(() => map(own('constructor', {}))).toThrow(/no type/);
  });
});

test('whatever is understood is evidence, and whatever is not is refused: nothing throws', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('__proto__', '../..', '\n', '{"a":1}', '2026-01-01T00:00:00Z'),
  );
  const event = fc.record({
    specversion: fc.constant('1.0'),
    id: texts,
    source: texts,
    type: texts,
    subject: texts,
    data: fc.jsonValue(),
  });
  fc.assert(
    fc.property(event, (given) => {
      const parsed = CloudEvent.safeParse(given);
      if (parsed.success && !parsed.data.type.startsWith('dev.ratchet.'))
        expect(told(mapCloudEvents([parsed.data], now))).toHaveLength(1);
    }),
  );
  const key = fc.record({
    key: texts,
    eTag: texts,
    sequencer: fc.constantFrom('1', 'F', '00'),
    versionId: fc.option(texts),
  });
  fc.assert(
    fc.property(key, (object) => {
      const body = golden('s3_object_created');
      body.Records[0].s3.object = object;
      const parsed = S3Body.safeParse(body);
      if (parsed.success && 'Records' in parsed.data) expect(told(mapS3(parsed.data))).toHaveLength(1);
    }),
  );
});
