/** The way to what `model/<registered model>` remembers of the rows that its verdicts used. */
import type { ClaimAnswer, ClaimRequest, SettleRequest } from '#contracts/holdout-use.ts';
import type { PromotionTarget } from './promotion.ts';

/** Both start the model's workflow when it does not run. A repeat is the same use. */
export interface HoldoutUses {
  claim(target: PromotionTarget, request: ClaimRequest): Promise<ClaimAnswer>;
  /** @param verdict digest of the evidence that was judged */
  settle(target: PromotionTarget, request: SettleRequest, verdict: string): Promise<void>;
}
