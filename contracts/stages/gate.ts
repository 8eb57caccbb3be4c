import { z } from 'zod';
import { EvidenceRef, Verdict } from '../data.ts';
import { defineStage } from './stage.ts';

/**
 * What a candidate must show. At least one floor or the comparison must be there: a gate without rules does not exist.
 * @example
 * ```ts
 * const rules: GateRules = { metric: 'roc_auc', minimumEffect: 0.002, floors: { roc_auc: 0.6 } };
 * ```
 */
export const GateRules = z.strictObject({
  /** The metric that candidate and champion are compared by. */
  metric: z.string(),
  /** The candidate must be better by at least this, with confidence; in the metric's unit. */
  minimumEffect: z.number().nonnegative(),
  /** Metric → the least value (the greatest, for metrics where lower is better) that any candidate must reach. */
  floors: z.record(z.string(), z.number()).default({}),
  /** On every slice with figures: the candidate's metric may lie at most `maxDrop` below the champion's, and not below `floor`. */
  slices: z
    .strictObject({ metric: z.string(), maxDrop: z.number().nonnegative().optional(), floor: z.number().optional() })
    .optional(),
});
export type GateRules = z.input<typeof GateRules>;
/** With their defaults. */
export type ParsedGateRules = z.output<typeof GateRules>;

/**
 * Decides by a pure function of the evidence (decisions/gate.ts): passed, refused or inconclusive, with reasons.
 * @example
 * ```ts
 * definePipeline({
 *   name: 'gated',
 *   model: 'churn',
 *   params: z.object({}),
 *   graph: ({ run, champion }) => {
 *     const { rows } = run(load, { path: 'churn.csv' });
 *     const { model } = run(fit, { rows });
 *     const { evidence } = run(evaluate, { candidate: model, champion, holdout: rows, target: 'left' });
 *     return run(gate, { report: evidence, rules: { metric: 'roc_auc', minimumEffect: 0.002 } });
 *   },
 * });
 * ```
 */
export const gate = defineStage({
  name: 'gate',
  version: '1',
  input: z.strictObject({ report: EvidenceRef, rules: GateRules }),
  output: z.object({ passed: z.boolean(), record: Verdict }),
  settings: { cache: false, timeout: '10m' },
});
