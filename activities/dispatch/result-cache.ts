/**
 * Results of steps by what they were computed from. An entry is immutable JSON under its key; nothing here is needed for
 * correctness, a lost entry is computed again.
 */

import { z } from 'zod';
import type { ModelRef } from '#contracts/data.ts';
import { canonicalJson, type Json, mentions } from '#contracts/json.ts';
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '#ports/store.ts';
import { sha256 } from '../sha256.ts';
import { artifactsOf } from './artifacts.ts';

const JsonValue = z.custom<Json>((value) => value !== undefined);
const Result = z.strictObject({
  format: z.literal(1),
  kind: z.literal('result'),
  output: JsonValue,
  /** Keys in the store that the output refers to. */
  artifacts: z.array(z.string()),
  run: z.string(),
  node: z.string(),
  at: z.iso.datetime(),
  /** SHA-256 over the rest as canonical JSON: a damaged entry is none. Entries of earlier versions have none. */
  sum: z.string().optional(),
});
/** The step read `context.asOf`, which is no part of its input: its results lie under keys that count it. */
const ReadsAsOf = z.strictObject({ format: z.literal(1), kind: z.literal('reads-as-of') });
const Entry = z.discriminatedUnion('kind', [Result, ReadsAsOf]);
export type CachedResult = z.output<typeof Result>;

/** `gone`: there is a result, but what it refers to is not there any more, or is known to be damaged. */
export type Lookup = { kind: 'hit'; result: CachedResult } | { kind: 'gone'; what: string } | { kind: 'none' };

export interface Computed {
  output: Json;
  readAsOf: boolean;
  run: string;
  node: string;
  at: string;
}

/** What a step's result is keyed by: code, input, step, environment; raise `format` when an entry's meaning changes. */
export function cacheKey(parts: { code: string; step: string; input: Json; environment: string }): string {
  return sha256(canonicalJson({ ...parts, format: 1 }));
}
function isWhole({ sum, ...entry }: CachedResult): boolean {
  return sum === undefined || sum === sha256(canonicalJson(entry));
}
const keyAsOf = (key: string, asOf: string) => sha256(`${key} ${asOf}`);

export class ResultCache {
  readonly #store: ObjectStore;
  readonly #modelExists: (model: ModelRef) => Promise<boolean>;

  /** @param modelExists whether MLflow still has a model: its files need not be in this store. */
  constructor(store: ObjectStore, modelExists: (model: ModelRef) => Promise<boolean> = async () => true) {
    this.#store = store;
    this.#modelExists = modelExists;
  }

  /**
   * A result whose artifacts all still exist; `gone` names one that does not.
   * @param damaged URIs whose bytes were found to be wrong, although something is there
   */
  async lookup(key: string, asOf: string, damaged: readonly string[] = []): Promise<Lookup> {
    const entry = await this.#read(key, asOf);
    if (!entry) return { kind: 'none' };
    const { models } = artifactsOf(entry.output, this.#store);
    const bad = damaged.find((uri) => mentions(entry.output, uri));
    if (bad) return { kind: 'gone', what: bad };
    const gone = await Promise.all([
      ...entry.artifacts.map(async (artifact) =>
        (await this.#store.head(artifact)) ? null : this.#store.uri(artifact),
      ),
      ...models.map(async (model) => ((await this.#modelExists(model)) ? null : model.uri)),
    ]);
    const what = gone.find((uri) => uri !== null);
    return what ? { kind: 'gone', what } : { kind: 'hit', result: entry };
  }

  /**
   * Stores a result and gives the one that counts: whoever wrote first, as far as that can be had without conditional
   * writes. Two that write in the same instant both go on with what is read back.
   * @param replace the entry that is there is of no use any more.
   */
  async fill(key: string, computed: Computed, asOf: string, replace: boolean): Promise<CachedResult> {
    const { output, readAsOf, run, node, at } = computed;
    const artifacts = artifactsOf(output, this.#store).keys;
    const entry = { format: 1 as const, kind: 'result' as const, output, artifacts, run, node, at };
    const mine: CachedResult = { ...entry, sum: sha256(canonicalJson(entry)) };
    const before = replace ? null : await this.#read(key, asOf);
    if (before) return before;
    if (readAsOf) await this.#write(key, { format: 1, kind: 'reads-as-of' });
    await this.#write(readAsOf ? keyAsOf(key, asOf) : key, mine);
    return (await this.#read(key, asOf)) ?? mine;
  }

  async #read(key: string, asOf: string): Promise<CachedResult | null> {
    const entry = await this.#entry(key);
    if (entry?.kind !== 'reads-as-of') return entry;
    const dated = await this.#entry(keyAsOf(key, asOf));
    return dated?.kind === 'result' ? dated : null;
  }

  async #entry(key: string): Promise<z.output<typeof Entry> | null> {
    const body = await this.#store.get(storeKey.cache(key));
    if (body === null) return null;
    try {
      const entry = Entry.safeParse(JSON.parse(Buffer.from(body).toString('utf8'))).data ?? null;
      return entry?.kind === 'result' && !isWhole(entry) ? null : entry;
    } catch {
      // Half a file, or somebody else's: as good as none.
      return null;
    }
  }

  #write(key: string, entry: z.output<typeof Entry>): Promise<void> {
    return this.#store.put(storeKey.cache(key), JSON.stringify(entry), 'application/json');
  }
}
