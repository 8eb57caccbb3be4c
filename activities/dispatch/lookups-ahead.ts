/**
 * A plan is looked up node by node, since a node's input is the output of one before it. Most plans find what the last one of
 * their pipeline found: that is asked for at once, before its turn comes. Every answer is of this plan, none of an earlier one.
 */
import type { Lookup } from './result-cache.ts';

/** Pipelines, and keys of each, that are remembered. */
const PIPELINES = 64;
const KEYS = 32;

/** Null for a key that was not asked for early, or that is no hit: whoever comes to it asks, and is told why. */
export type EarlyHit = (key: string) => Promise<Lookup | null>;

export class LookupsAhead {
  readonly #last = new Map<string, readonly string[]>();

  /**
   * Begins with what the pipeline's last plan was served with.
   * @returns `end`: takes what this plan was served with
   */
  begin(
    pipeline: string,
    lookUp: (key: string) => Promise<Lookup>,
  ): { early: EarlyHit; end(served: readonly string[]): void } {
    const hit = (key: string) =>
      lookUp(key).then(
        (found) => (found.kind === 'hit' ? found : null),
        () => null,
      );
    const begun = new Map((this.#last.get(pipeline) ?? []).map((key) => [key, hit(key)]));
    return {
      early: async (key) => (await begun.get(key)) ?? null,
      end: (served) => {
        this.#last.delete(pipeline);
        if (served.length > 0) this.#last.set(pipeline, served.slice(0, KEYS));
        for (const oldest of this.#last.keys()) if (this.#last.size > PIPELINES) this.#last.delete(oldest);
      },
    };
  }
}
