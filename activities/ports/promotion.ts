/** The way to `model/<registered model>`, the only writer of that model's versions and aliases. */
import type { VersionRef } from '#contracts/data.ts';
import type { MoveAnswer, MoveRequest, RegisterRequest } from '#contracts/messages.ts';

/**
 * Both start the model's workflow when it does not run, and wait for its answer. The request's `key` is what makes a
 * repeat safe: it gets the first one's answer, also while that is still at work.
 *
 * @throws UserError of the type that the workflow refused with (ChampionMoved …); OutsideUnreachable when Temporal
 *   cannot be reached or nobody serves the model's workflow.
 */
export interface Promotion {
  register(model: string, request: RegisterRequest): Promise<{ version: VersionRef; already: boolean }>;
  move(model: string, request: MoveRequest): Promise<MoveAnswer>;
}
