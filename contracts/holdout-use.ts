/** Which rows of holdouts verdicts of a model have used: asked of `model/<name>`, and told by the evidence. */
import { z } from 'zod';

/** What an evaluation asks before it measures. */
export interface ClaimRequest {
  /** Of the candidate's bytes and the holdout's: the same claim again, by whatever run, is the same use. */
  key: string;
  /** Digest of the run's id: what one run uses several times is not held against it. */
  run: string;
  holdout: HoldoutSpan;
  /** How many inconclusive verdicts may look at the same rows before these count as used. */
  looks: number;
}

/** The holdout's rows: those of a span of time where that is known, else one dataset. */
export interface HoldoutSpan {
  digest: string;
  /** Milliseconds since 1970, inclusive; `to` exclusive. Null: the times are not known. */
  from: number | null;
  to: number | null;
}

export interface ClaimAnswer {
  /** Uses by earlier verdicts of rows that may be in this holdout. */
  earlier: EarlierUse[];
  /** The so-manieth look at rows that only inconclusive verdicts have seen, from 1. */
  look: number;
}

export interface EarlierUse {
  from: number | null;
  to: number | null;
  /** `open`: by an inconclusive verdict that may be followed by another look. */
  state: 'used' | 'open';
}

/** What came of a claim: used up, may be looked at again, or nothing could have been decided by so few rows. */
type ClaimOutcome = 'used' | 'open' | 'released';
export interface SettleRequest {
  key: string;
  outcome: ClaimOutcome;
}

/** What an evaluation found of rows that earlier verdicts of the model used. */
export const Reuse = z.object({
  /** Names the use at `model/<name>`. */
  key: z.string(),
  /** Earlier verdicts that used rows of this holdout's time, or this very holdout. */
  verdicts: z.number().int(),
  /** Rows that they used, of those that neither side was trained on. */
  rows: z.number().int(),
  /** Those rows are left out: only rows that no earlier verdict used decide. */
  fresh: z.boolean(),
  /** The so-manieth look at rows of verdicts that were inconclusive, from 1. */
  look: z.number().int(),
  /** Looks that the evaluation was told of; 1: an inconclusive verdict uses its rows up. */
  looks: z.number().int(),
});
export type Reuse = z.output<typeof Reuse>;
