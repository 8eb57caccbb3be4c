/** What the candidate says of rows that are spoiled, where it is asked for. */
import { join } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import type { Robustness } from '#contracts/robustness.ts';
import type { DependenceRequest } from '#measures/evaluation/dependence.ts';
import type { SeenRequest } from '#measures/evaluation/overlap.ts';
import type { RobustnessRequest, Spoiled } from '#measures/robustness/robustness.ts';
import type { Predictor, Scores } from '#ports/predictor.ts';
import type { Tables } from '#ports/tables.ts';
import type { StageContext } from '../../stage.ts';
import type { LocalSides } from './latency.ts';
import type { EvaluateInput } from './models.ts';

interface RobustnessDeps {
  readonly predictor: Pick<Predictor, 'predict'>;
  readonly tables: Pick<Tables, 'compute'>;
}
interface How {
  readonly dependence: DependenceRequest;
  readonly seen: SeenRequest;
}

/** Characters of what a model threw. */
const REASON = 300;

/** Null where it is not asked for. A model that refuses spoiled rows has failed there, and the evaluation has not. */
export async function robustnessOf(
  deps: RobustnessDeps,
  input: EvaluateInput,
  { python, holdout, candidate: model }: LocalSides,
  { dependence, seen }: How,
  { progress, signal, workdir }: StageContext,
): Promise<Robustness | null> {
  const { robustness, bootstrap, target, task, threshold } = input;
  if (!robustness) return null;
  progress('the candidate predicts rows that are spoiled');
  const { share, size, rows, metric } = robustness;
  const ask = (kind: Spoiled['kind'] | 'none'): Promise<Scores> =>
    deps.predictor.predict(
      {
        ...{ python, model, rows: holdout, without: [target], task, to: join(workdir, `spoiled-${kind}.parquet`) },
        name: kind === 'none' ? 'the candidate' : `the candidate of rows with ${spoiledBy[kind]}`,
        perturb: { kind, share, size, rows, seed: bootstrap.seed },
      },
      signal,
    );
  const asTheyAre = await ask('none');
  const spoiled: Spoiled[] = [];
  for (const kind of new Set(robustness.perturbations))
    spoiled.push({ kind, said: await ask(kind).catch((error: unknown) => failed(error)) });
  const args: RobustnessRequest = {
    ...{ holdout, target, task, threshold, metric, asTheyAre, spoiled, dependence, seen },
    ...{ weight: input.weight ?? null, confidence: bootstrap.confidence, seed: bootstrap.seed },
  };
  const others = [seen.times, dependence.times?.file].filter((file) => file !== null && file !== undefined);
  const said = spoiled.flatMap((one) => ('file' in one.said ? [one.said.file] : []));
  const files = [...new Set([holdout, asTheyAre.file, ...said, ...others])];
  const module = new URL('../../../measures/robustness/robustness.ts', import.meta.url).href;
  return deps.tables.compute<Robustness>({ module, name: 'measureRobustness', args, files }, signal);
}

const spoiledBy = { missing: 'missing values', unseen: 'unseen categories', noise: 'noise' } as const;

/** @throws whatever is no failure of the model */
function failed(error: unknown): { failed: string } {
  if (error instanceof UserError && error.type === 'JobFailed') return { failed: error.message.slice(0, REASON) };
  throw error;
}
