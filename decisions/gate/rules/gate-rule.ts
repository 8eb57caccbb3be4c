/** What a rule of the gate is, beside its shape, which is in contracts/gate-rules.ts. */
import type { CriterionName, FairnessAttribute } from '#contracts/fairness.ts';
import type { ParsedGateRules, ruleShapes } from '#contracts/gate-rules.ts';
import type { PerturbationName } from '#contracts/robustness.ts';
import type { Figures } from '../directions.ts';
import type { Finding, Note } from '../finding.ts';

export type RuleName = 'comparison' | keyof typeof ruleShapes;

/** What a rule is told: its own part of the rules, the comparison all of them. */
export type PartOf<N extends RuleName> = N extends keyof ParsedGateRules
  ? NonNullable<ParsedGateRules[N]>
  : ParsedGateRules;

export interface GateRule<N extends RuleName> {
  /** What a person calls it: the rule's line of the report. */
  readonly title: string;
  /**
   * Finds, with the figure and the limit in words, whether the evidence keeps it. Pure.
   * @throws UserError InvalidInput for a metric that was not measured or not compared.
   */
  judge(part: PartOf<N>, evidence: Figures): readonly (Finding | Note)[];
  /** What the evaluation must have measured for it: what no run could measure is told before one starts. */
  asks?(part: PartOf<N>): Asks;
}

/** Of an evaluation. */
export interface Asks {
  /** Where in the rules: `rules.floors`. */
  readonly where: string;
  readonly metrics: readonly string[];
  /** The metrics have to be among those that it compares. */
  readonly compared?: true;
  /** It has to measure slices. */
  readonly slices?: true;
  /** Its task has to have classes. */
  readonly classes?: true;
  /** It has to leave out rows that earlier verdicts used. */
  readonly fresh?: true;
  /** It has to be told of as many looks. */
  readonly looks?: number;
  /** Attributes by which it has to measure fairness, and criteria that its task has to have. */
  readonly fairness?: readonly { readonly attribute: FairnessAttribute; readonly criterion: CriterionName }[];
  /** It has to measure how quickly requests of so many rows are answered. */
  readonly latency?: { readonly rows: number };
  /** It has to measure how well probabilities fit. */
  readonly calibration?: true;
  /** It has to have the input example predicted. */
  readonly inputExample?: true;
  /** It has to measure what inputs that are spoiled so cost. */
  readonly robustness?: { readonly metric: string; readonly perturbations: readonly PerturbationName[] };
}
