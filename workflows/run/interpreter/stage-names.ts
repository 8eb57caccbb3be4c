/**
/**
 * Names of the stages that a run is found by, without their schemas: those would cost every workflow their bytes. What came
 * later is none: a run in flight may have a step of its author's own that is called so, which set no attribute when it was recorded.
 */
import type { StageName } from '#contracts/stages/index.ts';

const names: Record<Exclude<StageName, 'publish' | 'checkSkew' | 'getHistoricalFeatures'>, true> = {
  validateData: true,
  featurize: true,
  train: true,
  evaluate: true,
  gate: true,
  register: true,
  promote: true,
};
export const stages: ReadonlySet<string> = new Set(Object.keys(names));
