/** A loop's decisions in the store: pages of them, which outlive Temporal's retention. */

import { type Decision, DecisionPage } from '#contracts/decision.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { storeKey } from '#contracts/names.ts';
import type { ObjectStore } from '#ports/store.ts';

/** One PUT; a repeat writes the same page again. */
export async function writeDecisions(store: Pick<ObjectStore, 'put'>, page: DecisionPage): Promise<void> {
  const [first] = page.decisions;
  if (!first) return;
  await store.put(storeKey.decisions(first.pipeline, first.number), JSON.stringify(page), 'application/json');
}

/**
 * Newest first. @param limit most decisions to answer; `before`: only those numbered below it.
 *
 * A worker that dies after it wrote a page and before Temporal knew leaves that page behind, and the loop decides once
 * more, perhaps in other batches: of two decisions of one number the later one is the loop's.
 */
export async function readDecisions(
  store: Pick<ObjectStore, 'list' | 'get'>,
  pipeline: string,
  { limit = 50, before = Number.POSITIVE_INFINITY }: { limit?: number; before?: number } = {},
): Promise<Decision[]> {
  const keys = (await pageKeys(store, pipeline)).filter(({ first }) => first < before).reverse();
  const found = new Map<number, Decision>();
  for (const { key } of keys) {
    // One page more than is wanted: it may hold what a page left behind claims to hold.
    const enough = found.size >= limit;
    for (const decision of (await readPage(store, key))?.decisions ?? []) {
      const known = found.get(decision.number);
      if (decision.number < before && !(known && known.decidedAt >= decision.decidedAt))
        found.set(decision.number, decision);
    }
    if (enough) break;
  }
  return [...found.values()].sort((a, b) => b.number - a.number).slice(0, limit);
}

/** The highest number in the store; 0: nothing was ever decided for the pipeline. */
export async function lastDecision(store: Pick<ObjectStore, 'list' | 'get'>, pipeline: string): Promise<number> {
  const last = (await pageKeys(store, pipeline)).at(-1);
  if (!last) return 0;
  const page = await readPage(store, last.key);
  return page?.decisions.at(-1)?.number ?? last.first;
}

/** All pages, oldest first, without those left behind: they begin in the middle of another. */
export async function* decisionPages(
  store: Pick<ObjectStore, 'list' | 'get'>,
  pipeline: string,
): AsyncGenerator<DecisionPage, void, void> {
  let told = 0;
  for (const { key, first } of await pageKeys(store, pipeline)) {
    if (first <= told) continue;
    const page = await readPage(store, key);
    if (!page) continue;
    told = page.decisions.at(-1)?.number ?? told;
    yield page;
  }
}

/** Pages from the one in which the loop decided at this time backwards: found by halving, because the keys say no times. @param time ISO, by the clock on the wall */
export async function* pagesUntil(
  store: Pick<ObjectStore, 'list' | 'get'>,
  pipeline: string,
  time: string,
): AsyncGenerator<DecisionPage, void, void> {
  const keys = await pageKeys(store, pipeline);
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const page = await readPage(store, keys[middle]?.key ?? '');
    if (page && (page.decisions[0]?.decidedAt ?? '') > time) high = middle;
    else low = middle + 1;
  }
  for (const { key } of keys.slice(0, low).reverse()) {
    const page = await readPage(store, key);
    if (page) yield page;
  }
}

async function pageKeys(store: Pick<ObjectStore, 'list'>, pipeline: string): Promise<{ key: string; first: number }[]> {
  const keys: { key: string; first: number }[] = [];
  for await (const { key } of store.list(`decisions/${pipeline}/`)) {
    const first = /(\d+)\.json$/.exec(key)?.[1];
    if (first) keys.push({ key, first: Number(first) });
  }
  return keys.sort((a, b) => a.first - b.first);
}

async function readPage(store: Pick<ObjectStore, 'get'>, key: string): Promise<DecisionPage | null> {
  const body = await store.get(key);
  return (body && DecisionPage.safeParse(JSON.parse(Buffer.from(body).toString('utf8'))).data) || null;
}

/** What the pipeline was deployed with last; null when it never was. */
export async function readPolicy(store: Pick<ObjectStore, 'get'>, pipeline: string): Promise<LoopPolicy | null> {
  const body = await store.get(storeKey.policy(pipeline));
  return body && LoopPolicy.parse(JSON.parse(Buffer.from(body).toString('utf8')));
}

export async function writePolicy(store: Pick<ObjectStore, 'put'>, policy: LoopPolicy): Promise<void> {
  await store.put(storeKey.policy(policy.pipeline), JSON.stringify(policy), 'application/json');
}

/** When the pipeline was deployed last; null when it is not. */
export async function deployedAt(store: Pick<ObjectStore, 'list'>, pipeline: string): Promise<Date | null> {
  const wanted = storeKey.policy(pipeline);
  for await (const { key, modified } of store.list(wanted)) if (key === wanted) return modified;
  return null;
}
