/** Windows in a row: how often, on rows that no other of them saw, something was to be seen. */

export interface Looked {
  at: string;
  id: string;
  /** ISO; null: whoever told it said nothing of it, and it counts as rows of its own. */
  window: { from: string; to: string } | null;
  /** Not judged: it neither counts nor breaks a row of windows. */
  tooFew?: unknown;
}
export interface Shown<T> {
  windows: number;
  shows: (item: T) => boolean;
}

/** Looks that are kept beside the windows that count. */
const BESIDE = 8;

export const judged = <T extends Looked>(items: readonly T[]): T[] => items.filter(({ tooFew }) => !tooFew);

/**
 * Since the last look that did not show it: windows no two of which overlap, the first of them as early as can be.
 * @param items oldest first
 * @returns up to `windows` of them, newest last
 */
export function inARow<T extends Looked>(items: readonly T[], { windows, shows }: Shown<T>): T[] {
  const some = judged(items);
  const since = some.slice(some.findLastIndex((item) => !shows(item)) + 1);
  // One window is the newest one: what was seen before it is older news.
  if (windows === 1) return since.slice(-1);
  const apart: T[] = [];
  for (const item of since) {
    const last = apart.at(-1);
    if (!last?.window || !item.window || Date.parse(item.window.from) >= Date.parse(last.window.to)) apart.push(item);
  }
  return apart.slice(-windows);
}

/** As many of the looks as the conditions need to go on counting; what falls out can only make a row shorter. */
export function remembered<T extends Looked>(items: readonly T[], conditions: readonly Shown<T>[]): T[] {
  const some = judged(items);
  const keep = new Set([items.at(-1), some.at(-1)]);
  for (const condition of conditions) {
    if (condition.windows === 1) continue;
    keep.add(some.findLast((item) => !condition.shows(item)));
    for (const item of inARow(items, condition)) keep.add(item);
  }
  const most = Math.max(1, ...conditions.map(({ windows }) => windows)) + BESIDE;
  return items.filter((item) => keep.has(item)).slice(-most);
}
