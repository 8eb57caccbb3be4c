/** A loop's decisions in the store: pages of them, which outlive Temporal's retention. */
import { z } from 'zod';
import { storeKey } from '#contracts/names.ts';
import { Decision, LoopPolicy } from '#contracts/triggers.ts';
import type { ObjectStore } from '../ports/store.ts';

/** One PUT; a repeat writes the same page again. */
export async function writeDecisions(store: Pick<ObjectStore, 'put'>, page: readonly Decision[]): Promise<void> {
  const [first] = page;
  if (!first) return;
  await store.put(storeKey.decisions(first.pipeline, first.number), JSON.stringify(page), 'application/json');
}

/** Newest first. @param limit most decisions to answer; `before`: only those numbered below it. */
export async function readDecisions(
  store: Pick<ObjectStore, 'list' | 'get'>,
  pipeline: string,
  { limit = 50, before = Number.POSITIVE_INFINITY }: { limit?: number; before?: number } = {},
): Promise<Decision[]> {
  const pages: { key: string; first: number }[] = [];
  for await (const { key } of store.list(`decisions/${pipeline}/`)) {
    const first = Number(/(\d+)\.json$/.exec(key)?.[1]);
    if (first < before) pages.push({ key, first });
  }
  pages.sort((a, b) => b.first - a.first);
  const found: Decision[] = [];
  for (const { key } of pages) {
    if (found.length >= limit) break;
    const body = await store.get(key);
    const page = body && z.array(Decision).safeParse(JSON.parse(Buffer.from(body).toString('utf8')));
    if (page?.success) found.push(...page.data.filter(({ number }) => number < before).reverse());
  }
  return found.slice(0, limit);
}

/** What the pipeline was deployed with last; null when it never was. */
export async function readPolicy(store: Pick<ObjectStore, 'get'>, pipeline: string): Promise<LoopPolicy | null> {
  const body = await store.get(storeKey.policy(pipeline));
  return body && LoopPolicy.parse(JSON.parse(Buffer.from(body).toString('utf8')));
}

export async function writePolicy(store: Pick<ObjectStore, 'put'>, policy: LoopPolicy): Promise<void> {
  await store.put(storeKey.policy(policy.pipeline), JSON.stringify(policy), 'application/json');
}
