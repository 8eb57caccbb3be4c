/** What a candidate must show, as data: each rule's shape. How a rule judges is in decisions/gate/rules/, a file each. */
import { z } from 'zod';

/** Better than the champion: what every gate compares by. */
const comparison = {
  /** The metric that candidate and champion are compared by. */
  metric: z.string(),
  /** The candidate must be better by at least this, with confidence; in the metric's unit. */
  minimumEffect: z.number().nonnegative(),
};

/** The other rules: each is judged where it is set, by itself or by its default. */
export const ruleShapes = {
  /** Metric → the least value (the greatest, for metrics where lower is better) that any candidate must reach. */
  floors: z.record(z.string(), z.number()).default({}),
  /** On every slice with figures: the candidate's metric may lie at most `maxDrop` below the champion's, and not below `floor`. */
  slices: z
    .strictObject({ metric: z.string(), maxDrop: z.number().nonnegative().optional(), floor: z.number().optional() })
    .optional(),
};

/**
 * What a candidate must show. The comparison must be there: a gate without rules does not exist.
 * @example
 * ```ts
 * const rules: GateRules = { metric: 'roc_auc', minimumEffect: 0.002, floors: { roc_auc: 0.6 } };
 * ```
 */
export const GateRules = z.strictObject({ ...comparison, ...ruleShapes });
export type GateRules = z.input<typeof GateRules>;
/** With their defaults. */
export type ParsedGateRules = z.output<typeof GateRules>;
