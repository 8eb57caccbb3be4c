/** A step's outcome, from the cache or by doing the work, with the reason in words. */
import type { Json } from '#contracts/json.ts';
import type { StepCall, StepOutcome } from '#contracts/run.ts';
import { differences, type LastKeys, partsOf } from './last-key.ts';
import type { LookupsAhead } from './lookups-ahead.ts';
import { type CachedResult, cacheKey, type ResultCache } from './result-cache.ts';

/**
 * What the cache counts instead of an input that only names its data (a path, a URL): the data's own identity.
 * `uncached`: there is none to be had without reading it all.
 */
export type InputIdentity = (
  call: Pick<StepCall, 'step' | 'input' | 'run'>,
  signal?: AbortSignal,
) => Promise<{ input: Json } | { uncached: string }>;

export interface StepCache {
  results: ResultCache;
  last: LastKeys;
  identify: InputIdentity;
  /** Of a process that makes many plans. */
  ahead?: LookupsAhead;
}

export async function cachedStep(
  cache: StepCache,
  call: StepCall,
  work: () => Promise<{ output: Json; readAsOf: boolean }>,
): Promise<StepOutcome> {
  const started = performance.now();
  const ms = () => Math.round(performance.now() - started);
  const uncached = async (reason: string): Promise<StepOutcome> => ({
    output: (await work()).output,
    cached: false,
    reason: `not cached: ${reason}`,
    key: null,
    ms: ms(),
  });
  if (call.code.effect) return uncached('it has an effect outside');
  if (!call.cache) return uncached('the step or node asks for it');
  const identity = await cache.identify(call);
  if ('uncached' in identity) return uncached(identity.uncached);

  const { pipeline, environment, asOf, id: run } = call.run;
  const key = cacheKey({ code: call.code.digest, step: call.step, input: identity.input, environment });
  const found = await cache.results.lookup(key, asOf, call.damaged);
  if (found.kind === 'hit')
    return { output: found.result.output, cached: true, reason: hitReason(found.result), key, ms: ms() };

  const parts = partsOf(call.node, call.code.digest, identity.input);
  // The reason is nice to have: it is asked for while the step works, and its loss is no failure.
  const before = cache.last.read(pipeline, call.node).catch(() => null);
  const { output, readAsOf } = await work();
  const filled = cache.results.fill(
    key,
    { output, readAsOf, run, node: call.node, at: new Date().toISOString() },
    asOf,
    found.kind === 'gone',
  );
  const why = found.kind === 'gone' ? `artifact ${found.what} is gone or damaged` : differences(await before, parts);
  const [result] = await Promise.all([filled, cache.last.write(pipeline, call.node, parts).catch(() => {})]);
  return { output: result.output, cached: false, reason: `miss: ${why}`, key, ms: ms() };
}

/** Of a result that was not computed now: whose it is, and when it was computed. */
export const hitReason = ({ run, at }: Pick<CachedResult, 'run' | 'at'>) =>
  `hit: same code and input as ${run}, computed ${at}`;
