/** Who may: tokens, scopes, where it listens, whose pages may ask. */
import { createHmac } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Audit, safeJson } from '#gateway/access/audit.ts';
import { authorize, identify } from '#gateway/access/caller.ts';
import { allows, parseScope, scopeText, verbs } from '#gateway/access/scope.ts';
import { webhookSecrets } from '#gateway/access/secrets.ts';
import { TokenStore } from '#gateway/access/token-store.ts';
import { BodyBudget, guardLength, parseJson } from '#gateway/guard/body.ts';
import { Nonces } from '#gateway/guard/nonces.ts';
import { guardHost, guardOrigin } from '#gateway/guard/origin.ts';
import { addressKey } from '#gateway/guard/rate.ts';
import { listenAddress, mayListen } from '#gateway/listen-address.ts';
import { standardKey, standardSignature } from '#gateway/webhooks/standard-signature.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ratchet-access-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('tokens', () => {
  const create = (store = new TokenStore(root), scope = '*:*') =>
    store.create({ owner: 'ann', scopes: [parseScope(scope)] });

  test('the file holds a hash and is its owner’s alone; the secret is nowhere', () => {
    const { text, token } = create();
    const folder = join(root, '.ratchet', 'gateway', 'tokens');
    const path = join(folder, `${token.id}.json`);
    expect(readdirSync(folder)).toEqual([`${token.id}.json`]);
    // It may itself hold, and begin with, the sign that parts it from the id.
    const secret = text.split('_').slice(2).join('_');
    expect(secret.length).toBeGreaterThan(20);
    expect(readFileSync(path, 'utf8')).not.toContain(secret);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(token)).not.toContain('sha256');
  });

  test('only the very text opens; what it opens, the file says', () => {
    const store = new TokenStore(root);
    const { text, token } = create(store, 'churn:run');
    expect(store.find(text)).toEqual(token);
    const last = text.at(-1) === 'A' ? 'B' : 'A';
    expect(store.find(text.slice(0, -1) + last)).toBe('unknown');
    expect(store.find(text.replace(token.id, '0'.repeat(12)))).toBe('unknown');
    expect(store.find('')).toBe('malformed');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (other) => {
        expect(typeof store.find(other)).toBe('string');
      }),
    );
  });

  test('revoked by another process it is void with the next request; expired ones are void; both only for who knew them', () => {
    let now = Date.parse('2026-11-23T12:00:00Z');
    const store = new TokenStore(root, () => now);
    const { text, token } = create(store);
    expect(store.find(text)).toEqual(token);
    new TokenStore(root).revoke(token.id);
    expect(store.find(text)).toBe('revoked');
    expect(store.find(`${text.slice(0, -4)}AAAA`)).toBe('unknown');
    const short = store.create({ owner: 'ann', scopes: [parseScope('*:view')], expiresAt: '2026-11-23T13:00:00Z' });
    expect(store.find(short.text)).toEqual(short.token);
    now += 3_600_000;
    expect(store.find(short.text)).toBe('expired');
    expect(store.live()).toEqual([]);
    expect(store.required).toBe(true);
  });

  test('a file that is none of ours opens nothing', () => {
    const store = new TokenStore(root);
    create(store);
    const folder = join(root, '.ratchet', 'gateway', 'tokens');
    for (const [name, text] of [
      ['a.json', '{}'],
      ['b.json', '{"id":"x"'],
      ['c.txt', ''],
    ] as const)
      writeFileSync(join(folder, name), text);
    expect(store.list()).toHaveLength(1);
  });

  test('without any, the local user; with one, its bearer or basic password', () => {
    const store = new TokenStore(root);
    expect(identify(store, null, true).name).toBe('local');
    const { text } = create(store);
    expect(() => identify(store, null, true)).toThrow(/no token/);
    expect(identify(store, `Bearer ${text}`, true).name).toMatch(/^ann/);
    expect(identify(store, `bearer  ${text}`, true).name).toMatch(/^ann/);
    expect(identify(store, `Basic ${Buffer.from(`anybody:${text}`).toString('base64')}`, true).name).toMatch(/^ann/);
    expect(() => identify(store, `Digest ${text}`, true)).toThrow(/holds no token/);
    expect(() => identify(store, text, true)).toThrow(/holds no token/);
  });

  test('reachable from other machines, nobody is the local user, though the files of all tokens are gone', () => {
    expect(() => identify(new TokenStore(root), null, false)).toThrow(/no token/);
  });
});

describe('scopes', () => {
  test('a verb on a pipeline, or on those that begin alike', () => {
    const scopes = ['churn:run,view', 'team-*:trigger'].map(parseScope);
    expect(allows(scopes, 'churn', 'run')).toBe(true);
    expect(allows(scopes, 'churn', 'trigger')).toBe(false);
    expect(allows(scopes, 'churn2', 'run')).toBe(false);
    expect(allows(scopes, 'team-a', 'trigger')).toBe(true);
    expect(allows(scopes, 'team', 'trigger')).toBe(false);
    expect(() => authorize({ key: 'k', name: 'n', scopes }, 'churn', 'labels')).toThrow(/no scope "labels" on churn/);
  });

  test('what is written is what is shown', () => {
    for (const text of ['*:*', 'churn:view', 'a*:run,trigger']) expect(scopeText(parseScope(text))).toBe(text);
    expect(parseScope('*:*').verbs).toEqual(verbs);
  });

  test.each(['', 'churn', 'churn:', ':run', 'churn:fly', '../x:run', 'a*b:run', '**:run', 'churn:run;view'])(
    'not "%s"',
    (text) => {
      expect(() => parseScope(text)).toThrow(/cannot be read/);
    },
  );
});

describe('where it listens', () => {
  test.each([
    ['8787', '127.0.0.1', true],
    ['localhost:80', 'localhost', true],
    ['127.8.8.8:1', '127.8.8.8', true],
    ['[::1]:8787', '::1', true],
    ['0.0.0.0:8787', '0.0.0.0', false],
    ['[::]:8787', '::', false],
    ['10.0.0.1:0', '10.0.0.1', false],
    ['127.0.0.1.evil.example:80', '127.0.0.1.evil.example', false],
  ])('%s', (text, host, loopback) => {
    expect(listenAddress(text)).toMatchObject({ host, loopback });
  });
  test.each(['', 'x', '127.0.0.1', '127.0.0.1:99999', ':80', 'a b:80', '::1:80'])('not "%s"', (text) => {
    expect(() => listenAddress(text)).toThrow(/write HOST:PORT/);
  });
  test('beyond loopback only with a token that opens something', () => {
    expect(() => mayListen(listenAddress('0.0.0.0:80'), 0)).toThrow(/tokens create/);
    mayListen(listenAddress('0.0.0.0:80'), 1);
    mayListen(listenAddress('80'), 0);
  });
});

describe('pages of other sites', () => {
  test.each(['127.0.0.1:8787', 'localhost:8787', 'LOCALHOST:8787', '[::1]:8787'])('%s is this machine', (host) => {
    guardHost(host, 8787);
  });
  test.each([
    null,
    '',
    'evil.example',
    'evil.example:8787',
    '127.0.0.1',
    '127.0.0.1:80',
    'localhost.evil.example:8787',
    '127.0.0.1:8787@evil.example',
    'localhost:8787:8787',
    '127.0.0.1:08787x',
  ])('%s is not', (host) => {
    expect(() => guardHost(host, 8787)).toThrow(/does not name this machine/);
  });
  test('an origin must be ours', () => {
    guardOrigin(null, 'localhost:8787');
    guardOrigin('http://localhost:8787', 'localhost:8787');
    for (const origin of ['null', 'http://evil.example', 'http://localhost', 'file://', ''])
      expect(() => guardOrigin(origin, 'localhost:8787')).toThrow(/another origin/);
  });
});

describe('bodies', () => {
  const parse = (text: string | Uint8Array) => parseJson(typeof text === 'string' ? Buffer.from(text) : text);
  test('JSON as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        fc.pre(!JSON.stringify(value).includes('__proto__'));
        expect(parse(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
    expect(parse('{"a":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\"[["}')).toHaveProperty('a');
  });
  test.each([
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['empty', ''],
    ['cut off', '{"a":1'],
    ['two values', '{} {}'],
    ['NaN', 'NaN'],
    ['a polluting key', '{"a":[{"\\u005f_proto__":{"admin":true}}]}'],
    ['the same, spelled otherwise', '{"a":{"__p\\u0072oto__":{}}}'],
    ['a million brackets', '['.repeat(1_000_000)],
    ['a million objects', '{"a":'.repeat(1_000_000)],
  ])('refused: %s', (_, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ kind: 'malformed-body' }));
  });
  test('lengths that are announced', () => {
    const guard = (length: string) => guardLength(new Headers({ 'content-length': length }), 100);
    guard('100');
    guardLength(new Headers({ 'transfer-encoding': 'chunked' }), 100);
    for (const length of ['101', '-1', '1e9', '99999999999999999999', '0x10'])
      expect(() => guard(length)).toThrow(/larger/);
  });
  test('all together take no more than there is, and each no more than its part', () => {
    const budget = new BodyBudget(100, 60);
    budget.take('a', 60);
    expect(() => budget.take('a', 1)).toThrow(/at once/);
    expect(() => budget.take('b', 41)).toThrow(/at once/);
    budget.take('b', 40);
    budget.giveBack('a', 60);
    budget.take('c', 60);
    expect(() => budget.take('c', 1)).toThrow(/at once/);
  });
});

describe('nonces', () => {
  test('outlive the process, end with their time, and a torn last line harms none', async () => {
    let now = 1_000;
    const path = join(root, 'a', 'nonces');
    const nonces = new Nonces(path, () => now);
    await nonces.note('one', 2_000);
    await nonces.note('two', 5_000);
    expect(nonces.has('one')).toBe(true);
    appendFileSync(path, '99');
    now = 2_000;
    const later = new Nonces(path, () => now);
    expect([later.has('one'), later.has('two'), later.has('three')]).toEqual([false, true, false]);
    expect(readFileSync(path, 'utf8')).toBe('5000 two\n');
  });
});

describe('the audit log', () => {
  const line = { request: 'r', remote: '::1', caller: null, method: 'POST', route: '/x', pipeline: null };
  const read = (name: string) => readFileSync(join(root, '.ratchet', 'gateway', name), 'utf8');

  test('deeds and refusals apart, one line each', async () => {
    const audit = new Audit(root);
    await audit.write({ ...line, status: 202, triggers: ['t'] });
    await audit.write({ ...line, status: 401, problem: 'unauthenticated' });
    expect(JSON.parse(read('audit.jsonl'))).toMatchObject({ status: 202, triggers: ['t'] });
    expect(JSON.parse(read('refused.jsonl'))).toMatchObject({ status: 401 });
  });

  test('nothing that comes from outside makes a line, a colour or a reversal', () => {
    const hostile = 'a\n{"status":202}\r\u001b[31m\u009b31m\u2028\u202e\u007f';
    const text = safeJson({ a: hostile });
    expect(text).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(text)).toEqual({ a: hostile });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (any) => {
        expect(safeJson({ any })).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
        expect(JSON.parse(safeJson({ any }))).toEqual({ any });
      }),
    );
    expect(safeJson({ a: 'x'.repeat(10_000) }).length).toBeLessThan(400);
  });
});

describe('secrets of webhooks', () => {
  const warned: string[] = [];
  const read = (env: NodeJS.ProcessEnv, kind: 'raw' | 'standard' = 'standard') =>
    webhookSecrets('S', kind, env, (words) => warned.push(words));
  const whsec = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;

  test('by variable, by file, one a line', () => {
    const file = join(root, 'secrets');
    writeFileSync(file, `${'a'.repeat(32)}\n\n  ${'b'.repeat(32)}\r\n`, { mode: 0o600 });
    expect(read({})).toEqual([]);
    expect(read({ S: 'c'.repeat(16), S_FILE: file })).toEqual(['c'.repeat(16), 'a'.repeat(32), 'b'.repeat(32)]);
    expect(warned).toEqual([]);
    expect(() => read({ S_FILE: join(root, 'none') })).toThrow(/S_FILE names .* cannot be read/);
  });

  test.each([
    ['tiny-one', 'shorter than 16'],
    [' '.repeat(32), 'is blank'],
    ['\t\n', 'is blank'],
    [`${'a'.repeat(32)}\n`, 'white space'],
  ])('%j is refused, and not told', (secret, why) => {
    for (const kind of ['raw', 'standard'] as const) {
      expect(() => read({ S: secret }, kind)).toThrow(why);
      if (secret.trim() !== '') expect(() => read({ S: secret }, kind)).not.toThrow(secret);
    }
  });

  test.each([
    'whsec_',
    'whsec_****',
    'whsec_********************************',
    whsec(15),
    whsec(32).slice(0, -1),
    `${whsec(32)}=`,
    whsec(33).replace('B', '*'),
    whsec(32).replaceAll('B', '-'),
    `whsec_ ${whsec(32).slice(6)}`,
    `${whsec(32)}%%%`,
    // The last bits of it are not zero: another text of the same bytes.
    `whsec_${'A'.repeat(42)}B=`,
  ])('%j is no base64 of 16 bytes', (secret) => {
    expect(() => read({ S: secret })).toThrow('not the base64 of 16 bytes');
    const file = join(root, 'weak');
    writeFileSync(file, `${'a'.repeat(32)}\n${secret}\n`);
    expect(() => read({ S_FILE: file })).toThrow('A secret in S_FILE is whsec_');
    expect(standardKey(secret)).toBeNull();
  });

  test('what they would sign with no key is not accepted', () => {
    const headers = (key: string | Buffer) =>
      new Headers({
        'webhook-id': 'a',
        'webhook-timestamp': '1000',
        'webhook-signature': `v1,${createHmac('sha256', key).update('a.1000.{}').digest('base64')}`,
      });
    const fits = (key: string | Buffer, secret: string) =>
      standardSignature(Buffer.from('{}'), headers(key), [secret], 1_000_000).fits;
    for (const weak of ['whsec_****', 'whsec_', '', ' ']) expect(fits('', weak)).toBe(false);
    expect(fits(Buffer.alloc(24, 7), whsec(24))).toBe(true);
  });

  test('of GitHub are their own bytes, whatever they begin with', () => {
    expect(read({ S: 'whsec_****************' }, 'raw')).toEqual(['whsec_****************']);
  });

  test.each([0o644, 0o640, 0o604])('in a file that others may read (mode %o) are told of', (mode) => {
    const file = join(root, `open-${mode}`);
    writeFileSync(file, 'a'.repeat(32));
    chmodSync(file, mode);
    warned.length = 0;
    expect(read({ S_FILE: file })).toHaveLength(1);
    expect(warned).toEqual([expect.stringMatching(/others may read \(mode 6[0-4]{2}\): chmod 600/)]);
  });

  test('in a file that holds none are missing, which is said', () => {
    const file = join(root, 'empty');
    writeFileSync(file, '\n \n');
    expect(() => read({ S_FILE: file })).toThrow('holds no secret');
  });
});

test('strangers are counted by address, IPv6 ones by network', () => {
  expect(addressKey('10.0.0.1')).toBe('10.0.0.1');
  expect(addressKey('::ffff:10.0.0.1')).toBe('10.0.0.1');
  expect(addressKey('2001:db8:1:2:3:4:5:6')).toBe(addressKey('2001:db8:1:2::9'));
  expect(addressKey('2001:db8:1:2::9')).not.toBe(addressKey('2001:db8:1:3::9'));
  expect(addressKey('::1')).toBe('0:0:0:0::/64');
});
