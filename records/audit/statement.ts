/** What an audit pack's envelope signs: an in-toto Statement v1 about a model's version and the files of its pack. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '#contracts/json.ts';

export const ENVELOPE = 'pack.dsse.json';
export const PUBLIC_KEY = 'public-key.pem';
export const EVENTS = 'events.jsonl';

/** Bytes of one file, of the envelope; files of a pack. Whatever is larger was not written by Ratchet. */
export const MOST_BYTES = 64 * 2 ** 20;
export const MOST_ENVELOPE_BYTES = 2 ** 20;
export const MOST_FILES = 64;

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const PREDICATE_TYPE = 'urn:ratchet-ml:audit-pack:v1';

const hex = z.string().regex(/^[0-9a-f]{64}$/, 'not 64 hex digits of a SHA-256');
/** A name within one folder: nothing that leads out of it, and no envelope within the envelope. */
const FileName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,60}(\.[a-z0-9]{1,10})?$/, 'no name of a file in a pack')
  .refine((name) => name !== ENVELOPE, 'the envelope does not list itself');
const PackFile = z.strictObject({
  name: FileName,
  sha256: hex,
  bytes: z.number().int().min(0).max(MOST_BYTES, `a file of a pack has at most ${MOST_BYTES} bytes`),
});
export type PackFile = z.output<typeof PackFile>;

const Predicate = z.strictObject({
  format: z.literal(1),
  /** As MLflow calls it. */
  model: z.string().min(1),
  version: z.string().min(1),
  /** SHA-256 over the sorted (path, SHA-256 of bytes) pairs of the model's files; null: not known. */
  modelDigest: hex.nullable(),
  files: z.array(PackFile).min(1).max(MOST_FILES),
  /** Lines of events.jsonl, and the SHA-256 of the last of them. */
  events: z.strictObject({ count: z.number().int().min(0), head: hex.nullable() }),
  /** What belongs into a pack and was not found when this one was written, in words. */
  missing: z.array(z.string()),
});
export type PackContents = z.output<typeof Predicate>;

const Statement = z.strictObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: hex }) })),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: Predicate,
});

export const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

export function statementText(predicate: PackContents): string {
  const { model, version, modelDigest, files } = predicate;
  const subject = [
    ...(modelDigest === null ? [] : [{ name: `models:/${model}/${version}`, digest: { sha256: modelDigest } }]),
    ...files.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
  ];
  return canonicalJson({ _type: STATEMENT_TYPE, subject, predicateType: PREDICATE_TYPE, predicate });
}

/** In words why it is none of ours, whoever signed it. */
export function readStatement(payload: Buffer): PackContents | { problem: string } {
  let given: unknown;
  try {
    given = JSON.parse(payload.toString('utf8'));
  } catch {
    return { problem: 'what it signs is no JSON' };
  }
  const parsed = Statement.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const at = issue?.path.join('.') ?? '';
    const value = issue?.path.reduce<unknown>((inner, key) => (inner as never)?.[key], given);
    const shown =
      typeof value === 'string' || typeof value === 'number' ? ` is ${JSON.stringify(value).slice(0, 100)}` : '';
    return { problem: `what it signs is not the statement of an audit pack: ${at}${shown}: ${issue?.message}` };
  }
  const { predicate } = parsed.data;
  const names = new Set(predicate.files.map(({ name }) => name));
  if (names.size < predicate.files.length) return { problem: 'it lists a file twice' };
  if (!Buffer.from(statementText(predicate)).equals(payload))
    return { problem: 'what it signs says two things: its subjects are not the files of its manifest' };
  return predicate;
}
