/** Why a step missed the cache, in words: the parts of its last key are kept beside the cache, one small object a node. */

import { z } from 'zod';
import { canonicalJson, type Json } from '#contracts/json.ts';
import type { ObjectStore } from '#ports/store.ts';
import { sha256 } from '../sha256.ts';

const Parts = z.strictObject({
  code: z.string(),
  /** Digest by top-level field of the input; empty for a node inside a map, whose instances share one object. */
  input: z.record(z.string(), z.string()),
});
export type Parts = z.output<typeof Parts>;

const isObject = (value: Json): value is { readonly [key: string]: Json | undefined } =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** `fit[3]/train` is one of many of its kind. */
const isInstance = (node: string) => node.includes('[');

export function partsOf(node: string, code: string, input: Json): Parts {
  if (isInstance(node)) return { code, input: {} };
  const fields = isObject(input) ? Object.entries(input) : [['input', input] as const];
  const present = fields.filter(([, value]) => value !== undefined);
  return {
    code,
    input: Object.fromEntries(present.map(([name, value]) => [name, sha256(canonicalJson(value)).slice(0, 16)])),
  };
}

/** `miss because input.data changed`, without "miss". */
export function differences(before: Parts | null, now: Parts): string {
  if (!before) return 'first time for this node';
  if (before.code !== now.code) return "the step's code changed";
  const names = new Set([...Object.keys(before.input), ...Object.keys(now.input)]);
  const changed = [...names].filter((name) => before.input[name] !== now.input[name]).map((name) => `input.${name}`);
  if (changed.length === 0) return 'first time with this input';
  const shown = changed.slice(0, 3).join(', ');
  return `${shown}${changed.length > 3 ? ` and ${changed.length - 3} more` : ''} changed`;
}

export class LastKeys {
  readonly #store: ObjectStore;
  /** What this worker last read or wrote for nodes of maps: a thousand instances ask once. */
  readonly #known = new Map<string, Parts | null>();
  constructor(store: ObjectStore) {
    this.#store = store;
  }

  async read(pipeline: string, node: string): Promise<Parts | null> {
    const key = this.#key(pipeline, node);
    const known = isInstance(node) ? this.#known.get(key) : undefined;
    if (known !== undefined) return known;
    const body = await this.#store.get(key);
    const parts = body === null ? null : (Parts.safeParse(safeJson(body)).data ?? null);
    if (isInstance(node)) this.#remember(key, parts);
    return parts;
  }

  async write(pipeline: string, node: string, parts: Parts): Promise<void> {
    const key = this.#key(pipeline, node);
    if (isInstance(node)) {
      if (this.#known.get(key)?.code === parts.code) return;
      this.#remember(key, parts);
    }
    await this.#store.put(key, JSON.stringify(parts), 'application/json');
  }

  #key(pipeline: string, node: string): string {
    return `cache/last/${pipeline}/${node.replace(/\[\d+\]/g, '')}.json`;
  }

  #remember(key: string, parts: Parts | null): void {
    if (this.#known.size >= 1000) this.#known.clear();
    this.#known.set(key, parts);
  }
}

function safeJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return null;
  }
}
