/** Evidence from outside that cannot be is refused, in whatever way it comes. */
import { describe, expect, test } from 'vitest';
import { readEvidence } from '#gateway/deliver.ts';
import { CloudEvent, mapCloudEvents } from '#gateway/webhooks/cloudevents.ts';
import type { MappedEvidence } from '#gateway/webhooks/mapped.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const at = '2026-11-23T11:00:00Z';
const window = { from: '2026-11-01T00:00:00Z', to: '2026-11-08T00:00:00Z' };
const result = { uri: 'file:///etc/passwd', digest: '0' };

const drift = { kind: 'driftMeasured', share: 0.3, window, tested: 5 };
const metric = { kind: 'metricObserved', metric: 'roc_auc', value: 0.6, lower: 0.5, upper: 0.7, window };
const labels = { kind: 'labelsArrived', until: '2026-11-23T00:00:00Z' };
const fired = { kind: 'fired', trigger: 'manual' };
const believable = [
  drift,
  metric,
  labels,
  fired,
  { ...drift, share: 0 },
  { ...drift, share: 1 },
  { ...drift, share: null },
];

const doubtful: [string, object][] = [
  ['share', { ...drift, share: 2 }],
  ['share', { ...drift, share: -1 }],
  ['share', { ...drift, share: 'NaN' }],
  ['window', { ...drift, window: { from: window.to, to: window.from } }],
  ['window', { ...drift, window: { from: window.to, to: window.to } }],
  ['window.from', { ...drift, window: { ...window, from: '0000-01-01T00:00:00Z' } }],
  ['window.to', { ...metric, window: { ...window, to: '2999-01-01T00:00:00Z' } }],
  ['tested', { ...drift, tested: 0, columns: [{ name: 'a', drifted: true }] }],
  ['columns.0.value', { ...drift, columns: [{ name: 'a', drifted: true, value: 'Infinity' }] }],
  ['result', { ...drift, result }],
  ['result', { ...metric, result: { ...result, uri: 's3://ratchet/drift/other/1.json' } }],
  ['value', { ...metric, value: 'NaN' }],
  ['upper', { ...metric, upper: 'Infinity' }],
  ['champion', { ...metric, champion: '-Infinity' }],
  ['lower', { ...metric, lower: 0.8 }],
  ['rows', { ...metric, rows: 0 }],
  ['until', { ...labels, until: '2999-01-01T00:00:00Z' }],
  ['until', { ...labels, until: '0001-01-01T00:00:00Z' }],
  ['at', { ...fired, at: '0000-01-01T00:00:00Z' }],
  ['at', { ...fired, at: '1969-12-31T23:59:59Z' }],
  ['trigger', { ...fired, trigger: 'schedule', detail: '0 2 * * 1 UTC' }],
];

const asked = (told: object) => ({ id: 'one', at, ...told }) as MappedEvidence;

describe('evidence of a caller', () => {
  test.each(believable)('%j is believed', (told) => {
    expect(readEvidence(asked(told), now)).toMatchObject({ kind: told.kind });
  });
  test.each(doubtful)('%s of %j is refused, and named', (path, told) => {
    expect(() => readEvidence(asked(told), now)).toThrow(
      expect.objectContaining({ kind: 'unprocessable', message: expect.stringContaining(`cannot be: ${path}: `) }),
    );
  });
  test.each(doubtful)('%s of %j as a CloudEvent', (path, told) => {
    const { kind, at: time = at, ...data } = told as { kind: string; at?: string };
    const event = CloudEvent.parse({
      specversion: '1.0',
      id: '1',
      source: 's',
      type: `dev.ratchet.${kind}`,
      time,
      data,
    });
    const read = () => mapCloudEvents([event], now).events.map((one) => readEvidence(one, now));
    expect(read).toThrow(`cannot be: ${path}: `);
  });
});
