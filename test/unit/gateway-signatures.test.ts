/** Signatures of webhooks, against GitHub's documented vector, recorded deliveries, and whatever fast-check makes up. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hubSignatureFits } from '#gateway/webhooks/hub-signature.ts';
import { standardSignature, TOLERANCE_S } from '#gateway/webhooks/standard-signature.ts';

const golden = new URL('../golden/events/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, golden));
const signatures = JSON.parse(read('signatures.json').toString('utf8')) as {
  secret: string;
  files: Record<string, { bytes: number; x_hub_signature_256: string }>;
  documented_vector: { secret: string; payload: string; expected: string };
  /** `valid` is a word where the documentation leaves it open: those are refused here. */
  negative: { why: string; body: string; header: string | null; valid: boolean | string }[];
};

describe("GitHub's signature", () => {
  test('the documented vector', () => {
    const { secret, payload, expected } = signatures.documented_vector;
    expect(hubSignatureFits(Buffer.from(payload), expected, [secret])).toBe(true);
    expect(hubSignatureFits(Buffer.from(payload), expected, ['another secret'])).toBe(false);
    expect(hubSignatureFits(Buffer.from(payload), expected, [])).toBe(false);
  });

  test.each(Object.entries(signatures.files))('%s: the bytes as they came', (name, { bytes, x_hub_signature_256 }) => {
    const body = read(`${name}.json`);
    expect(body).toHaveLength(bytes);
    expect(hubSignatureFits(body, x_hub_signature_256, ['the one before', signatures.secret])).toBe(true);
  });

  test.each(signatures.negative)('$why', ({ body, header, valid }) => {
    expect(hubSignatureFits(Buffer.from(body), header, [signatures.secret])).toBe(valid === true);
  });

  test('no other body and no other header passes', () => {
    const { secret, payload, expected } = signatures.documented_vector;
    fc.assert(
      fc.property(fc.uint8Array(), (body) => {
        expect(hubSignatureFits(body, expected, [secret])).toBe(Buffer.from(payload).equals(body));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (header) => {
        expect(hubSignatureFits(Buffer.from(payload), header, [secret])).toBe(header === expected);
      }),
    );
  });
});

describe('Standard Webhooks', () => {
  const secret = `whsec_${Buffer.from('a secret of 24 bytes here').toString('base64')}`;
  const now = Date.parse('2026-11-23T12:00:00Z');
  const signed = (
    body: string,
    { id = 'msg_1', time = Math.floor(now / 1_000), key = 'a secret of 24 bytes here' } = {},
  ) =>
    new Headers({
      'webhook-id': id,
      'webhook-timestamp': String(time),
      'webhook-signature': `v1,${createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')}`,
    });

  // The example of the specification's reference implementations.
  test('the known vector', () => {
    const headers = new Headers({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
    const body = Buffer.from('{"test": 2432232314}');
    const known = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'];
    expect(standardSignature(body, headers, known, 1_614_265_330_000)).toMatchObject({ fits: true });
    expect(standardSignature(body, headers, known, now)).toEqual({ fits: false, why: 'stale' });
  });

  test('one of several signatures, one of several secrets', () => {
    const headers = signed('{}');
    headers.set('webhook-signature', `v1,AAAA ${headers.get('webhook-signature')} v1a,zzzz`);
    expect(standardSignature(Buffer.from('{}'), headers, ['the one before that', secret], now)).toMatchObject({
      fits: true,
    });
  });

  test('fresh within five minutes either way, and not a second more', () => {
    const ask = (seconds: number) =>
      standardSignature(Buffer.from('{}'), signed('{}', { time: now / 1_000 + seconds }), [secret], now);
    expect(ask(TOLERANCE_S)).toMatchObject({ fits: true });
    expect(ask(-TOLERANCE_S)).toMatchObject({ fits: true });
    expect(ask(TOLERANCE_S + 1)).toEqual({ fits: false, why: 'stale' });
    expect(ask(-TOLERANCE_S - 1)).toEqual({ fits: false, why: 'stale' });
  });

  test('who has no secret never learns that a delivery is stale', () => {
    const headers = signed('{}', { time: 1, key: 'guessed' });
    expect(standardSignature(Buffer.from('{}'), headers, [secret], now)).toEqual({ fits: false, why: 'wrong' });
  });

  test.each([
    ['no id', 'webhook-id', ''],
    ['an id with a line break', 'webhook-id', 'a b'],
    ['a time that is none', 'webhook-timestamp', 'now'],
    ['a negative time', 'webhook-timestamp', '-5'],
    ['a hundred signatures', 'webhook-signature', 'v1,AAAA '.repeat(100)],
  ])('malformed: %s', (_, name, value) => {
    const headers = signed('{}');
    headers.set(name, value);
    expect(standardSignature(Buffer.from('{}'), headers, [secret], now)).toEqual({ fits: false, why: 'malformed' });
  });

  test('any change of id, time or body breaks it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (body, other) => {
        fc.pre(body !== other);
        expect(standardSignature(Buffer.from(other), signed(body), [secret], now).fits).toBe(false);
        const headers = signed(body);
        headers.set('webhook-id', 'msg_2');
        expect(standardSignature(Buffer.from(body), headers, [secret], now).fits).toBe(false);
      }),
    );
  });
});
