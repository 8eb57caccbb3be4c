import { environmentPrefix } from '#contracts/names.ts';
import type { RunContext } from '#contracts/run.ts';
import { sha256 } from '../sha256.ts';

/** Key of an effect on the registry: the same model with the same verdict is the same effect, whatever run asks for it. */
export function effectKey(modelDigest: string, verdictDigest: string): string {
  return sha256(`${modelDigest}\n${verdictDigest}`);
}

/** The name in MLflow's registry that a run writes to. */
export function registeredModel(run: Pick<RunContext, 'environment' | 'model' | 'pipeline'>): string {
  return environmentPrefix(run.environment) + (run.model ?? run.pipeline);
}
