/** The cache of step results, as a worker and `ratchet plan` both see it. */
import { join } from 'node:path';
import type { SourceFilesDependencies } from '#activities/data/source/files.ts';
import { sourceIdentity } from '#activities/data/source/identity.ts';
import { sourceDependencies, type ValidateDataDependencies } from '#activities/data/validate-data.ts';
import type { InputIdentity, StepCache } from '#activities/dispatch/cached-step.ts';
import { LastKeys } from '#activities/dispatch/last-key.ts';
import { LookupsAhead } from '#activities/dispatch/lookups-ahead.ts';
import { ResultCache } from '#activities/dispatch/result-cache.ts';
import { documentOf, ownSources, validated } from '#activities/features/history/stage.ts';
import type { ModelRef } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { Json } from '#contracts/json.ts';
import type { RunContext } from '#contracts/run.ts';
import { getHistoricalFeatures, validateData } from '#contracts/stages/index.ts';
import { resolveFeatures } from '#features/resolve.ts';
import { isFiles } from '#features/source.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tables } from '#ports/tables.ts';
import type { Tracking } from '#ports/tracking.ts';

export interface StepCacheParts {
  /** Project folder. */
  root: string;
  store: ObjectStore;
  tables: Tables;
  tracking: Pick<Tracking, 'run'>;
}

export function createStepCache({ root, store, tables, tracking }: StepCacheParts): StepCache {
  return {
    results: new ResultCache(store, (model) => modelExists(tracking, model)),
    last: new LastKeys(store),
    identify: identifyWith(dataSources({ root, store, tables })),
    ahead: new LookupsAhead(),
  };
}

/** Where data comes from: what validateData and the cache's view of it must agree on. */
export function dataSources({ root, store, tables }: Omit<StepCacheParts, 'tracking'>): ValidateDataDependencies {
  return { store, tables, cacheFolder: join(root, '.ratchet', 'cache'), projectFolder: () => root };
}

/** validateData names its source; what counts for the cache is what lies there now. */
function identifyWith(sources: ValidateDataDependencies): InputIdentity {
  const deps = sourceDependencies(sources);
  return async ({ step, input, run }, signal) => {
    if (step === getHistoricalFeatures.name) return { input: await withSources(input, run, deps, signal) };
    if (step !== 'validateData') return { input };
    const parsed = validateData.input.safeParse(input);
    // What does not fit the stage is the stage's to say.
    const identity = parsed.success ? await sourceIdentity(parsed.data, run, deps, signal) : null;
    return { input: identity === null ? input : { ...(input as { [key: string]: Json }), source: { identity } } };
  };
}

/** Of views that are read from files: what lies there now, beside the input. */
async function withSources(
  input: Json,
  run: RunContext,
  deps: SourceFilesDependencies,
  signal?: AbortSignal,
): Promise<Json> {
  const asked = getHistoricalFeatures.input.safeParse(input);
  // What does not fit the stage is the stage's to say.
  if (!asked.success) return input;
  const { views } = resolveFeatures(documentOf(asked.data), asked.data);
  const identities: Record<string, string | null> = {};
  for (const { view, source } of ownSources({ views }, asked.data)) {
    // Only reading it would tell what is in a database; each run does, and what follows is found by the digest of what it read.
    if (!isFiles(source)) identities[view] = run.id;
    else identities[view] = await sourceIdentity(validateData.input.parse(validated(source)), run, deps, signal);
  }
  return Object.keys(identities).length === 0 ? input : { ...(input as { [key: string]: Json }), identities };
}

/** A model's files need not be in our store: MLflow is asked whether the run that logged it is still there. */
async function modelExists(tracking: Pick<Tracking, 'run'>, model: ModelRef): Promise<boolean> {
  try {
    await tracking.run(model.runId);
    return true;
  } catch (error) {
    if (error instanceof UserError && error.type === 'OutsideRefused') return false;
    throw error;
  }
}
