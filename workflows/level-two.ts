/**
 * The seven stages of MLOps level 2 as a plain Temporal workflow, with nothing of Ratchet's but its steps. Copy it into a
 * worker of your own (`ratchet worker --workflows PATH`) where a pipeline's graph says less than a program can.
 */
import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { z } from 'zod';
import type { Stages } from '#contracts/stages/index.ts';
import { stepsOf } from './steps-of.ts';

type Input<N extends keyof Stages> = z.input<Stages[N]['input']>;

export interface LevelTwo {
  /** The pipeline whose model, programs and environment these are. */
  pipeline: string;
  data: Input<'validateData'>;
  /** What featurize is told beside the data. */
  features: Omit<Input<'featurize'>, 'data'>;
  /** What train is told beside the rows. */
  training: Omit<Input<'train'>, 'features'>;
  /** What evaluate is told beside the models and the rows. */
  evaluation: Omit<Input<'evaluate'>, 'candidate' | 'champion' | 'holdout'>;
  rules: Input<'gate'>['rules'];
}
export type LevelTwoResult = {
  outcome: 'promoted' | 'already-champion' | 'refused' | 'inconclusive';
  reasons: string[];
  version: string | null;
};

/** How often a candidate is judged again because the champion moved under it. */
const REJUDGES = 3;

export async function levelTwo(input: LevelTwo): Promise<LevelTwoResult> {
  const { validateData, featurize, train, evaluate, gate, register, promote, $ } = stepsOf<Stages>({
    pipeline: input.pipeline,
  });

  const { snapshot } = await validateData(input.data);
  const features = await featurize({ ...input.features, data: snapshot });
  const { model } = await train({ ...input.training, features: features.train });

  let { champion } = await $.pinned();
  for (let rejudges = 0; ; rejudges++) {
    const { evidence } = await evaluate({ ...input.evaluation, candidate: model, champion, holdout: features.holdout });
    const { passed, record } = await gate({ report: evidence, rules: input.rules });
    if (record.already) return { outcome: 'already-champion', reasons: record.reasons, version: record.against };
    if (!passed)
      return {
        outcome: record.outcome === 'refused' ? 'refused' : 'inconclusive',
        reasons: [...record.reasons, ...(record.laterChampion ? [record.laterChampion.reason] : [])],
        version: null,
      };
    try {
      const { ref } = await register({ candidate: model, verdict: record });
      const { outcome, reason } = await promote({ version: ref });
      if (outcome === 'taken-back' || outcome === 'later-champion')
        return { outcome: 'refused', reasons: [reason ?? outcome, ...record.reasons], version: ref.version };
      return { outcome, reasons: record.reasons, version: ref.version };
    } catch (error) {
      if (rejudges === REJUDGES || !championMoved(error)) throw error;
      champion = (await $.again()).champion;
    }
  }
}

function championMoved(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === 'ChampionMoved'
  );
}
