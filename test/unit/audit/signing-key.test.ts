/** The key that packs are signed with: by reference, made once where there is none, and never told. */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { packedKey, publicPem, signingKey, trustedKey } from '#records/audit/signing-key.ts';

const root = mkdtempSync(join(tmpdir(), 'ratchet-key-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const made = generateKeyPairSync('ed25519').privateKey;
const pem = String(made.export({ type: 'pkcs8', format: 'pem' }));
const file = (name: string, text: string) => {
  writeFileSync(join(root, name), text);
  return join(root, name);
};
const said = (work: () => unknown): string => {
  try {
    return `nothing: ${work()}`;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('the reference', () => {
  it('names a file or a variable, in which the lines may be written as \\n', () => {
    const path = file('key.pem', pem);
    expect(publicPem(signingKey(root, { RATCHET_AUDIT_KEY: `file:${path}` }))).toBe(publicPem(made));
    expect(publicPem(signingKey(root, { RATCHET_AUDIT_KEY: 'env:K', K: pem }))).toBe(publicPem(made));
    expect(publicPem(signingKey(root, { RATCHET_AUDIT_KEY: 'env:K', K: pem.replaceAll('\n', '\\n') }))).toBe(
      publicPem(made),
    );
  });

  it('that leads to no such key says what it is and what to do, and never what it holds', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    const locked = made.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
    const of = (reference: string, more: object = {}) =>
      said(() => signingKey(root, { RATCHET_AUDIT_KEY: reference, ...more }));
    expect(of(pem)).toMatch(/^RATCHET_AUDIT_KEY is no reference: write file:PATH or env:NAME/);
    expect(of(`file:${join(root, 'none')}`)).toMatch(/none, which cannot be read \(ENOENT\)/);
    expect(of('env:NONE')).toMatch(/NONE, which is not set/);
    expect(of('env:K', { K: 'secret text' })).toMatch(/the variable K holds no PEM of a private key/);
    expect(of('env:K', { K: String(rsa) })).toMatch(/a key of type rsa, and audit packs are signed with Ed25519/);
    expect(of(`file:${file('locked.pem', String(locked))}`)).toMatch(/without a passphrase/);
    expect(of(`file:${file('public.pem', publicPem(made))}`)).toMatch(/no PEM of a private key/);
    for (const words of [of(pem), of('env:K', { K: 'secret text' }), of('env:K', { K: String(rsa) })])
      expect(words).not.toMatch(/secret text|BEGIN|MC4C/);
  });

  it('a key that is trusted is a public one', () => {
    expect(publicPem(trustedKey(file('trusted.pem', publicPem(made))))).toBe(publicPem(made));
    expect(said(() => trustedKey(file('private.pem', pem)))).toMatch(/holds a private key.*-pubout/);
    expect(said(() => trustedKey(join(root, 'none.pem')))).toMatch(/--key names .*none.pem/);
  });

  it('in a pack has one spelling', () => {
    expect(packedKey(publicPem(made))).not.toBeNull();
    for (const other of [
      publicPem(made).trim(),
      `${publicPem(made)}\n`,
      `x\n${publicPem(made)}`,
      publicPem(made).replaceAll('\n', '\r\n'),
      pem,
      '',
    ])
      expect(packedKey(other)).toBeNull();
  });
});

it('a project has one of its own, whoever asks first, readable by its owner alone', async () => {
  const project = mkdtempSync(join(root, 'project-'));
  const module = new URL('../../../records/audit/signing-key.ts', import.meta.url).href;
  const script = `const { signingKey, publicPem } = await import(${JSON.stringify(module)}); console.log(publicPem(signingKey(${JSON.stringify(project)}, {})));`;
  const ask = () => promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
  const answers = await Promise.all([ask(), ask(), ask()]);
  expect(new Set(answers.map(({ stdout }) => stdout)).size).toBe(1);
  const path = join(project, '.ratchet', 'audit-key.pem');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(project, '.ratchet'))).toEqual(['audit-key.pem']);
  expect(publicPem(signingKey(project, {}))).toBe(answers[0]?.stdout.trimEnd().concat('\n'));
  expect(readFileSync(path, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
});
