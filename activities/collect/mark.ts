/** Which objects are referred to: from the roots on, through the objects of ours that refer to others. */

import { each } from '#contracts/each.ts';
import { globPattern } from '../data/glob.ts';
import { classify } from './kinds.ts';
import { namesIn, patternsIn } from './names-in.ts';

/** Text that refers to objects which must stay, and why they must. */
interface RootText {
  readonly why: string;
  readonly text: string;
}

export interface Marking {
  /** Key → why it is referred to. Keys are those of the objects' places, whether they lie there or in the trash. */
  readonly reached: ReadonlyMap<string, string>;
  /** Marks what this text refers to, and all that is referred to from there on. */
  root(root: RootText): Promise<void>;
  /** Marks an object itself. */
  keep(key: string, why: string): Promise<void>;
}

/** Requests at once. */
const AT_ONCE = 16;

/**
 * @param places keys of all objects that there are, in their places or in the trash
 * @param read an object of ours; null when it is gone meanwhile. What it throws ends the marking: what cannot be read may refer to anything
 * @param root of the store's URIs
 */
export function createMarking(
  places: Iterable<string>,
  read: (key: string) => Promise<string | null>,
  root: string,
): Marking {
  const byName = new Map<string, string[]>();
  const all: string[] = [];
  for (const key of places) {
    const { name } = classify(key);
    if (name === null) continue;
    all.push(key);
    byName.set(name, [...(byName.get(name) ?? []), key]);
  }
  const reached = new Map<string, string>();

  const named = (text: string): string[] => [
    ...[...namesIn(text)].flatMap((name) => byName.get(name) ?? []),
    ...[...patternsIn(text, root)].map(globPattern).flatMap((pattern) => all.filter((key) => pattern.test(key))),
  ];
  async function spread(keys: readonly string[], why: string): Promise<void> {
    let next = fresh(keys, why);
    while (next.length > 0) {
      const texts = await each(
        AT_ONCE,
        next.filter((key) => classify(key).follows),
        read,
      );
      next = fresh(
        texts.flatMap((text) => (text === null ? [] : named(text))),
        why,
      );
    }
  }
  function fresh(keys: readonly string[], why: string): string[] {
    return keys.filter((key) => {
      if (reached.has(key)) return false;
      reached.set(key, why);
      return true;
    });
  }
  return {
    reached,
    root: ({ why, text }) => spread(named(text), why),
    keep: (key, why) => spread([key], why),
  };
}
