/** What the keys of the store are: the one table of what a collection may touch, and how references name it. */

/**
 * `ledger`: kept whatever its age, small, or written over: records, decisions, moves, audit packs, definitions of features, results of skew, policies, owners, schemas, reasons of misses.
 * `foreign`: not of our layout, so not ours.
 */
export type Kind =
  | 'dataset'
  | 'code'
  | 'input'
  | 'evidence'
  | 'drift'
  | 'profile'
  | 'watched'
  | 'cache'
  | 'served'
  | 'damaged'
  | 'made'
  | 'trash'
  | 'ledger'
  | 'foreign';

export interface Classified {
  readonly kind: Kind;
  /** What a reference has in it: the digest, or the whole key. Null: nothing refers to it. */
  readonly name: string | null;
  /** JSON of ours, with references of its own. */
  readonly follows: boolean;
  /** Of what lies in the trash, was set aside, or is a note about a file: the key of that. */
  readonly about: string | null;
}

type Shape = readonly [pattern: RegExp, kind: Kind, follows: boolean];
/** The name is all groups together. */
const shapes: readonly Shape[] = [
  [/^files\/md5\/([0-9a-f]{2})\/([0-9a-f]{30})$/, 'dataset', false],
  [/^code\/([0-9a-f]{64})$/, 'code', false],
  [/^inputs\/[0-9a-f]{2}\/([0-9a-f]{64})\.json$/, 'input', true],
  [/^evidence\/[0-9a-f]{2}\/([0-9a-f]{64})\.json$/, 'evidence', true],
  [/^evidence\/[0-9a-f]{2}\/([0-9a-f]{64})\.\w+$/, 'evidence', false],
  [/^(drift\/[\w.-]+\/[0-9TZ]+-[0-9a-f]{20}\.json)$/, 'drift', true],
  [/^profiles\/([0-9a-f]{32})\.json$/, 'profile', true],
  [/^watched\/[\w.-]+\/([0-9a-f]{64})\.json\.gz$/, 'watched', false],
  [/^cache\/[0-9a-f]{2}\/([0-9a-f]{64})$/, 'cache', true],
  [/^(features\/served\/[\w/-]+\.jsonl)$/, 'served', false],
];
const ledger = /^(?:records|decisions|moves|audit|loops|deployed|features|schemas|skew|users|cache\/last)\//;

const none = { name: null, follows: false, about: null };

export function classify(key: string): Classified {
  const trashed = /^trash\/(.+)$/.exec(key)?.[1];
  if (trashed !== undefined) return { ...none, kind: 'trash', about: trashed };
  const aside = /^damaged\/(.+)\.[0-9a-f-]{36}$/.exec(key)?.[1];
  if (aside !== undefined) return { ...none, kind: 'damaged', about: aside };
  const note = /^made\/([0-9a-f]{2})\/([0-9a-f]{30})$/.exec(key);
  if (note) return { ...none, kind: 'made', about: `files/md5/${note[1]}/${note[2]}` };
  for (const [pattern, kind, follows] of shapes) {
    const found = pattern.exec(key);
    if (found) return { kind, name: found.slice(1).join(''), follows, about: null };
  }
  return { ...none, kind: ledger.test(key) ? 'ledger' : 'foreign' };
}

/** What is not kept in the trash first: its loss costs computing it once more, and is told as a miss, or it is looked at soon or never. */
const isDispensable = (kind: Kind) => kind === 'cache' || kind === 'served';
/** What a reader takes back from the trash. */
export const isRecoverable = (key: string) => {
  const { kind, name } = classify(key);
  return name !== null && !isDispensable(kind);
};
