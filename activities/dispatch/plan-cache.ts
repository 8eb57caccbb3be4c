/** What of a plan the cache serves, without running anything: what `ratchet plan` prints, and what a run is given with its plan. */
import { UserError } from '#contracts/failures.ts';
import { canonicalJson } from '#contracts/json.ts';
import type { Plan } from '#contracts/plan.ts';
import type { NodeRecord, RunContext } from '#contracts/run.ts';
import { hitReason, type StepCache } from './cached-step.ts';
import { differences, partsOf } from './last-key.ts';
import type { EarlyHit } from './lookups-ahead.ts';
import { type Answer, type KnownCall, type PlannedNode, walkPlan } from './plan-walk.ts';
import { cacheKey, type Lookup } from './result-cache.ts';
import { stageDigest } from './stage-versions.ts';
import { Turns } from './turns.ts';

/** Reads of the store at once. */
const AT_ONCE = 16;

/** Every node of the plan with the reason why it is or is not served. */
export function planCache(cache: StepCache, plan: Plan, run: RunContext): Promise<PlannedNode[]> {
  const turns = new Turns(AT_ONCE);
  return walkPlan(plan, async (call) => {
    const refused = notCached(plan, call);
    if (refused) return refused;
    return turns.take(async () => {
      const looked = await lookUp(cache, plan, run, call).catch((error: unknown) => {
        if (error instanceof UserError) return { uncached: error.message };
        throw error;
      });
      if ('uncached' in looked) return { cached: false, reason: `not cached: ${looked.uncached}` };
      const { found, parts } = looked;
      if (found.kind === 'hit') return { output: found.result.output, reason: hitReason(found.result) };
      if (found.kind === 'gone') return { cached: false, reason: `miss: artifact ${found.what} is gone or damaged` };
      const before = await cache.last.read(run.pipeline, call.id);
      return { cached: false, reason: `miss: ${differences(before, parts)}` };
    });
  });
}

export interface Serving {
  /** Outcomes of the run that this one takes up: they come before the cache's. */
  kept: readonly NodeRecord[];
  /** Given each result as soon as it is known. */
  serve(record: NodeRecord): void;
  /** Whatever was not found by then is left to the run. */
  signal: AbortSignal;
}

/**
 * Results that the cache has for nodes which a run gets to without having anything done, by the rules of a step that is
 * asked for alone. What cannot be looked up now is left to the run: its step tells why.
 */
export async function servedByCache(
  cache: StepCache,
  plan: Plan,
  run: RunContext,
  { kept, serve, signal }: Serving,
): Promise<void> {
  const turns = new Turns(AT_ONCE);
  // Those come first in line: no turn of a node waits for one that has none.
  const ahead = cache.ahead?.begin(run.pipeline, (key) => turns.take(() => cache.results.lookup(key, run.asOf)));
  const hits: string[] = [];
  const unknown: Answer = { cached: null, reason: '' };
  await walkPlan(plan, async (call) => {
    const { id, step, input, settled } = call;
    const wanted = canonicalJson(input);
    const before = kept.findLast(
      (record) => record.id === id && record.step === step && canonicalJson(record.input) === wanted,
    );
    if (before) return { output: before.output, reason: before.reason };
    const code = plan.steps[step];
    // What counts as a stage's source may differ between its versions: the one that is pinned looks itself.
    if (!settled || notCached(plan, call) || (code?.kind === 'stage' && code.digest !== stageDigest(step)))
      return unknown;
    return turns.take(async () => {
      if (signal.aborted) return unknown;
      const started = performance.now();
      const looked = await lookUp(cache, plan, run, call, { signal, early: ahead?.early }).catch(() => null);
      if (!looked || 'uncached' in looked || looked.found.kind !== 'hit' || signal.aborted) return unknown;
      const { key, found } = looked;
      const { output } = found.result;
      const reason = hitReason(found.result);
      hits.push(key);
      serve({ id, step, input, output, cached: true, reason, key, ms: Math.round(performance.now() - started) });
      return { output, reason };
    });
  });
  ahead?.end(hits);
}

function notCached(plan: Plan, { node, step }: KnownCall): Answer | null {
  const code = plan.steps[step];
  if (!code) return { cached: null, reason: 'the plan pins no code for it' };
  if (code.effect) return { cached: false, reason: 'not cached: it has an effect outside' };
  if (!code.cache || node.options?.cache === false)
    return { cached: false, reason: 'not cached: the step or node asks for it' };
  return null;
}

async function lookUp(
  cache: StepCache,
  plan: Plan,
  run: RunContext,
  { id, step, input }: KnownCall,
  { signal, early }: { signal?: AbortSignal; early?: EarlyHit | undefined } = {},
): Promise<{ uncached: string } | { key: string; found: Lookup; parts: ReturnType<typeof partsOf> }> {
  const identity = await cache.identify({ step, input, run }, signal);
  if ('uncached' in identity) return identity;
  const code = plan.steps[step]?.digest ?? '';
  const key = cacheKey({ code, step, input: identity.input, environment: run.environment });
  const found = (await early?.(key)) ?? (await cache.results.lookup(key, run.asOf));
  return { key, found, parts: partsOf(id, code, identity.input) };
}
