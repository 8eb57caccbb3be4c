import type { RuleOutcome } from '#contracts/data.ts';

/** What one rule says of a candidate. */
export interface Finding {
  readonly outcome: RuleOutcome;
  readonly reason: string;
  /** What is missing to pass, by rule, in the metric's unit; NaN when it cannot be said. */
  readonly distance?: readonly [rule: string, missing: number];
  /** As it should be and no reason for anything: in the table of the rules only. */
  readonly quiet?: boolean;
}

/** A reason that decides nothing: context for the reader. */
export interface Note {
  readonly outcome: null;
  readonly reason: string;
}
