/** How quickly both models answer, where it is asked for: each is served in a process of its own, and asked in turns. */

import { milliseconds } from '#contracts/duration.ts';
import type { Latency } from '#contracts/latency.ts';
import { versionName } from '#decisions/gate/words.ts';
import type { LatencyRequest } from '#measures/latency/latency.ts';
import type { Predictor } from '#ports/predictor.ts';
import type { Tables } from '#ports/tables.ts';
import type { StageContext } from '../../stage.ts';
import type { EvaluateInput } from './models.ts';

interface LatencyDeps {
  readonly predictor: Pick<Predictor, 'load'>;
  readonly tables: Pick<Tables, 'compute'>;
}

/** What is on this machine. */
export interface LocalSides {
  readonly python: string;
  /** Parquet. */
  readonly holdout: string;
  /** Folders of the models; null where there is no other one. */
  readonly candidate: string;
  readonly champion: string | null;
}

/** Null where it is not asked for, and for the champion itself, of which no rule says anything. */
export async function latencyOf(
  deps: LatencyDeps,
  input: EvaluateInput,
  { python, holdout, candidate, champion }: LocalSides,
  { progress, signal }: StageContext,
): Promise<Latency | null> {
  const { latency: load, bootstrap } = input;
  if (!load || input.champion?.digest === input.candidate.digest) return null;
  progress(`asking ${champion ? 'candidate and champion in turns' : 'the candidate'} for ${load.rows} rows at a time`);
  const models = [
    { model: candidate, name: 'the candidate' },
    ...(champion && input.champion
      ? [{ model: champion, name: `champion ${versionName(input.champion.version)}` }]
      : []),
  ];
  const { rows: size, requests, within, starts } = load;
  const seconds = milliseconds(within) / 1_000;
  const asked = {
    ...{ python, models, rows: holdout, without: [input.target], task: input.task },
    seed: bootstrap.seed,
  };
  const measured = await deps.predictor.load({ ...asked, size, requests, seconds, starts }, signal);
  const args: LatencyRequest = { measured, rows: size, confidence: bootstrap.confidence, seed: bootstrap.seed };
  const module = new URL('../../../measures/latency/latency.ts', import.meta.url).href;
  return deps.tables.compute<Latency>({ module, name: 'measureLatency', args, files: [] }, signal);
}
