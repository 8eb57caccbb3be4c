/** Names of the seven stages, without their schemas: those would cost every workflow their bytes. */
import type { StageName } from '#contracts/stages/index.ts';

const names: Record<StageName, true> = {
  validateData: true,
  featurize: true,
  train: true,
  evaluate: true,
  gate: true,
  register: true,
  promote: true,
};
export const stages: ReadonlySet<string> = new Set(Object.keys(names));
