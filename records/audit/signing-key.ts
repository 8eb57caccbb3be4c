/**
 * The key that audit packs are signed with, by reference: `RATCHET_AUDIT_KEY=file:PATH` or `env:NAME`, a PEM of a private Ed25519 key.
 * Without one a project has a key of its own. It is read when something is signed; it is in no history, log, pack or message.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '#contracts/failures.ts';

const VARIABLE = 'RATCHET_AUDIT_KEY';
const HOW = 'make one with `openssl genpkey -algorithm ed25519 -out audit-key.pem`';

/** @param root of the project; its own key is `.ratchet/audit-key.pem`, made at first use, readable by its owner alone */
export function signingKey(root: string, env: NodeJS.ProcessEnv = process.env): KeyObject {
  const reference = env[VARIABLE];
  if (!reference) return privateKey(ownKey(join(root, '.ratchet', 'audit-key.pem')), '.ratchet/audit-key.pem');
  const [, kind, name] = /^(file|env):(.+)$/s.exec(reference) ?? [];
  // What stands there may be the key itself: it is not repeated.
  if (!kind || !name)
    throw refused(`${VARIABLE} is no reference: write file:PATH or env:NAME of a variable that holds the PEM; ${HOW}.`);
  if (kind === 'env') {
    const text = env[name];
    if (!text) throw refused(`${VARIABLE} names the variable ${name}, which is not set.`);
    return privateKey(text.includes('\n') ? text : text.replaceAll('\\n', '\n'), `the variable ${name}`);
  }
  return privateKey(contentOf(name, VARIABLE), name);
}

/** A public key that is trusted, as whoever signs handed it over. */
export function trustedKey(path: string): KeyObject {
  const text = contentOf(path, '--key');
  if (text.includes('PRIVATE KEY'))
    throw refused(`${path} holds a private key: --key is the public one, \`openssl pkey -in ${path} -pubout\`.`);
  return ed25519(() => createPublicKey(text), path, 'public');
}

/** A public key as a pack has it, in the one spelling that it has; null: it is none. */
export function packedKey(pem: string): KeyObject | null {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === 'ed25519' && publicPem(key) === pem ? key : null;
  } catch {
    return null;
  }
}

export const publicPem = (key: KeyObject): string =>
  String((key.type === 'public' ? key : createPublicKey(key)).export({ type: 'spki', format: 'pem' }));

const privateKey = (pem: string, where: string) => ed25519(() => createPrivateKey(pem), where, 'private');

function ed25519(read: () => KeyObject, where: string, kind: 'private' | 'public'): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch {
    throw refused(`${where} holds no PEM of a ${kind} key without a passphrase: ${HOW}.`);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw refused(
    `${where} holds a key of type ${key.asymmetricKeyType}, and audit packs are signed with Ed25519: ${HOW}.`,
  );
}

function contentOf(path: string, named: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw refused(`${named} names ${path}, which cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** Of two processes that ask at once one makes it, whole from its first moment, and both read the same. */
function ownKey(path: string): string {
  for (;;) {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const partial = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
    try {
      const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
      writeFileSync(partial, pem, { mode: 0o600, flag: 'wx' });
      linkSync(partial, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(partial, { force: true });
    }
  }
}

const refused = (message: string) => new UserError('InvalidInput', message);
