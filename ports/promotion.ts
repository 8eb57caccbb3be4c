/** The way to `model/<registered model>`, the only writer of that model's versions and aliases. */
import type { VersionRef } from '#contracts/data.ts';
import type { MoveAnswer, MoveRequest, RegisterRequest } from '#contracts/messages.ts';

export interface PromotionTarget {
  /** As MLflow's registry knows it, the environment's prefix included. */
  model: string;
  environment: string;
  /** Id of the run that asks: attempts of one asker wait for one request together. */
  asker: string;
  signal: AbortSignal;
}

/**
 * Both start the model's workflow when it does not run, and wait for its answer. The request's `key` is what makes a
 * repeat safe: it gets the first one's answer, also while that is still at work.
 *
 * @throws an ApplicationFailure of the type that the workflow refused with (ChampionMoved, OutsideRefused …).
 */
export interface Promotion {
  register(
    target: PromotionTarget,
    request: RegisterRequest,
  ): Promise<{ version: VersionRef; already: boolean; note?: string | undefined }>;
  move(target: PromotionTarget, request: MoveRequest): Promise<MoveAnswer>;
}
