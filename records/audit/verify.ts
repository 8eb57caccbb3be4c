/** Proves a pack that lies in a folder: from its own bytes alone, and a key that the reader trusts. */
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BINDING, bindings } from './bindings.ts';
import { fingerprint, isSignedBy, type Opened, open } from './dsse.ts';
import { chainProblem } from './events.ts';
import { digestOf, kindOf, namesIn } from './folder.ts';
import { packedKey } from './signing-key.ts';
import {
  ENVELOPE,
  EVENTS,
  MOST_ENVELOPE_BYTES,
  MOST_FILES,
  type PackContents,
  type PackFile,
  PUBLIC_KEY,
  readStatement,
  sha256,
} from './statement.ts';

interface Problem {
  /** The file of the pack that is not as it was signed. */
  file: string;
  problem: string;
}

export interface Verification {
  verified: boolean;
  problems: Problem[];
  /** What was signed; null where that could not be shown. */
  contents: PackContents | null;
  /** SHA-256 of the DER of the public key that signed; null where none of those at hand did. `trusted`: it is the one that the reader named; null: he named none. */
  signer: { keyid: string; trusted: boolean | null } | null;
  /** What binds its parts to each other, in words. */
  holds: string[];
}

/** More than a pack ever has. */
const MOST_NAMES = 1_000;
const MOST_KEY_BYTES = 4_096;
const LOOKED_INTO = [EVENTS, ...BINDING];

/** @param expect what the pack is to be of; default: whatever it says. Nothing is fetched, and no file is read beyond the size that was signed. */
export async function verifyFolder(
  folder: string,
  { trusted = null, expect }: { trusted?: KeyObject | null; expect?: { model: string; version: string } } = {},
): Promise<Verification> {
  const failed = (file: string, problem: string, more: Partial<Verification> = {}): Verification => ({
    ...{ verified: false, problems: [{ file, problem }], contents: null, signer: null, holds: [] },
    ...more,
  });
  const envelope = await readSmall(folder, ENVELOPE, MOST_ENVELOPE_BYTES);
  if ('problem' in envelope) return failed(ENVELOPE, envelope.problem);
  const opened = open(envelope.bytes.toString('utf8'));
  if ('problem' in opened) return failed(ENVELOPE, opened.problem);
  if (!Buffer.from(envelope.bytes.toString('utf8')).equals(envelope.bytes))
    return failed(ENVELOPE, 'it is not UTF-8: bytes of it were changed');

  const unsigned = trusted ? trustProblem(opened, trusted) : await keyProblem(folder, opened);
  if (unsigned) return failed(unsigned.file, unsigned.problem);
  const signer = { keyid: opened.keyid, trusted: trusted ? true : null };
  const contents = readStatement(opened.payload);
  if ('problem' in contents) return failed(ENVELOPE, contents.problem, { signer });

  const problems: Problem[] = [];
  const { model, version } = contents;
  if (expect && (expect.model !== model || expect.version !== version))
    problems.push({
      file: ENVELOPE,
      problem: `it is the pack of ${model}@${version}, not of ${expect.model}@${expect.version}`,
    });
  const files = new Map<string, Buffer>();
  for (const listed of contents.files) {
    const found = await readListed(folder, listed);
    if ('problem' in found) problems.push({ file: listed.name, problem: found.problem });
    else if (found.bytes) files.set(listed.name, found.bytes);
  }
  problems.push(...(await addedFiles(folder, contents.files)));
  const chain = await eventsProblem(folder, contents, files);
  if (chain) {
    const known = problems.find(({ file }) => file === EVENTS);
    if (known) known.problem += `; ${chain}`;
    else problems.push({ file: EVENTS, problem: chain });
  }
  const bound = bindings(files, contents.modelDigest);
  problems.push(...bound.broken);
  return { verified: problems.length === 0, problems, contents, signer, holds: bound.holds };
}

/** The signature by the key that the reader trusts. */
function trustProblem(opened: Opened, trusted: KeyObject): Problem | null {
  const keyid = fingerprint(trusted);
  if (isSignedBy(opened, trusted))
    return opened.keyid === keyid
      ? null
      : {
          file: ENVELOPE,
          problem: `it names the key ${opened.keyid}, and was signed with ${keyid}: the name was changed`,
        };
  return {
    file: ENVELOPE,
    problem:
      opened.keyid === keyid
        ? `it is not what the trusted key ${keyid} signed: it was changed after that, or signed with another key`
        : `it is signed with the key ${opened.keyid}, not with the one that you trust, ${keyid}`,
  };
}

/** The signature by the key in the pack: what shows that nothing was changed since, by whoever signed it. */
async function keyProblem(folder: string, opened: Opened): Promise<Problem | null> {
  const pem = await readSmall(folder, PUBLIC_KEY, MOST_KEY_BYTES);
  if ('problem' in pem)
    return { file: PUBLIC_KEY, problem: `${pem.problem}: nothing shows who signed, unless you name a key with --key` };
  const key = packedKey(pem.bytes.toString('utf8'));
  if (key && isSignedBy(opened, key))
    return fingerprint(key) === opened.keyid
      ? null
      : {
          file: ENVELOPE,
          problem: `it names the key ${opened.keyid}, and was signed with ${fingerprint(key)}: the name was changed`,
        };
  // One of the two was changed. The envelope says which key it was written beside, if it is still what it was.
  const contents = readStatement(opened.payload);
  const listed = 'problem' in contents ? undefined : contents.files.find(({ name }) => name === PUBLIC_KEY)?.sha256;
  if (key && (fingerprint(key) === opened.keyid || listed === sha256(pem.bytes)))
    return { file: ENVELOPE, problem: `it is not what the key ${fingerprint(key)} signed: it was changed after that` };
  return {
    file: PUBLIC_KEY,
    problem: `${key ? 'it is not the key that signed' : 'it is no public Ed25519 key as it was written: it was cut off or changed'} (the pack names ${opened.keyid})`,
  };
}

async function readSmall(folder: string, name: string, most: number): Promise<{ bytes: Buffer } | { problem: string }> {
  const found = await kindOf(join(folder, name));
  if (found.kind === 'none') return { problem: 'it is missing' };
  if (found.kind === 'other') return { problem: 'it is a link or a folder, not a file' };
  if (found.bytes > most) return { problem: `it has ${found.bytes} bytes, and a pack’s has at most ${most}` };
  return { bytes: await readFile(join(folder, name)) };
}

/** Its bytes where they are to be looked into; of the others nothing but a digest is ever in memory. */
async function readListed(folder: string, listed: PackFile): Promise<{ bytes: Buffer | null } | { problem: string }> {
  const path = join(folder, listed.name);
  const found = await kindOf(path);
  if (found.kind === 'none') return { problem: 'it is missing' };
  if (found.kind === 'other') return { problem: 'it is a link or a folder, not a file' };
  if (found.bytes !== listed.bytes)
    return {
      problem: `it has ${found.bytes} bytes, ${listed.bytes} were signed: ${found.bytes < listed.bytes ? 'it was cut off or changed' : 'something was added'}`,
    };
  const digest = await digestOf(path, listed.bytes);
  if (digest !== listed.sha256)
    return { problem: `it was changed: its SHA-256 is ${digest}, ${listed.sha256} was signed` };
  if (!LOOKED_INTO.includes(listed.name)) return { bytes: null };
  const bytes = await readFile(path);
  return sha256(bytes) === digest ? { bytes } : { problem: 'it changed while it was read' };
}

async function addedFiles(folder: string, files: readonly PackFile[]): Promise<Problem[]> {
  const known = new Set([ENVELOPE, ...files.map(({ name }) => name)]);
  const names = await namesIn(folder, MOST_NAMES);
  const added = names.filter((name) => !known.has(name));
  return added.slice(0, MOST_FILES).map((file) => ({ file, problem: 'it was added: nothing signed it' }));
}

/** Also of a file that is not as it was signed, where that says what was done to it. */
async function eventsProblem(
  folder: string,
  { files, events }: PackContents,
  sound: ReadonlyMap<string, Buffer>,
): Promise<string | null> {
  const listed = files.find(({ name }) => name === EVENTS);
  if (!listed) return 'it is not in the manifest';
  const bytes = sound.get(EVENTS) ?? (await readSmall(folder, EVENTS, listed.bytes * 2 + 4_096));
  if (!Buffer.isBuffer(bytes)) return 'problem' in bytes ? null : chainProblem(bytes.bytes.toString('utf8'), events);
  return chainProblem(bytes.toString('utf8'), events);
}
