/** How much a model loses where its inputs are not as they were in training. */
import { z } from 'zod';
import { Figure } from './trigger.ts';

const perturbationNames = ['missing', 'unseen', 'noise'] as const;
export const PerturbationName = z.enum(perturbationNames);
export type PerturbationName = z.output<typeof PerturbationName>;

/** What evaluate measures of it. */
export const RobustnessOptions = z.strictObject({
  /** The metric whose drop is measured. */
  metric: z.string(),
  /** `missing`: cells without a value; `unseen`: texts and categories that training never saw; `noise`: numbers that are a little off. */
  perturbations: z.array(PerturbationName).min(1),
  /** Of the cells that can be spoiled so; default 0.1. */
  share: z.number().gt(0).lte(1).default(0.1),
  /** The most by which noise changes a number, as a share of it; default 0.01. */
  size: z.number().gt(0).lte(1).default(0.01),
  /** Rows of the holdout that are spoiled: drawn by the seed where there are more; default 20,000. */
  rows: z.number().int().min(100).max(1_000_000).default(20_000),
});
export type RobustnessOptions = z.output<typeof RobustnessOptions>;

const difference = z.object({
  difference: Figure,
  lower: Figure,
  upper: Figure,
  standardError: Figure,
  units: z.number().int(),
});
export const Robustness = z.object({
  metric: z.string(),
  perturbations: z.array(
    z.object({
      kind: PerturbationName,
      /** Why the model gave no answer at all. */
      failed: z.string().optional(),
      /** Cells that are others than before; 0: there was nothing to spoil. */
      cells: z.number().int(),
      /** Rows that were answered as they are, and those of them that were answered when they were spoiled. */
      asked: z.number().int(),
      answered: z.number().int(),
      /** The metric on rows that were answered both times; null where there are none. */
      asTheyAre: Figure.nullable(),
      spoiled: Figure.nullable(),
      /** Spoiled against not, in the direction of better: what is lost is below 0. */
      difference: difference.nullable(),
    }),
  ),
});
export type Robustness = z.output<typeof Robustness>;

export const RobustnessRule = z.strictObject({
  /** The metric that may drop so far. */
  metric: z.string(),
  /** How far it may drop, in its unit, for each way in which inputs are spoiled. */
  maxDrop: z
    .strictObject({
      missing: z.number().nonnegative().optional(),
      unseen: z.number().nonnegative().optional(),
      noise: z.number().nonnegative().optional(),
    })
    .refine((limits) => Object.keys(limits).length > 0, 'missing, unseen or noise says how far it may drop'),
  /** The whole interval of this confidence must keep the limit; where it holds the limit, it is inconclusive. Default: the figure decides. */
  confidence: z.number().gt(0.5).lt(1).optional(),
});
type RobustnessRule = z.output<typeof RobustnessRule>;

export const limitsOf = ({ maxDrop }: Pick<RobustnessRule, 'maxDrop'>): [PerturbationName, number][] =>
  perturbationNames.flatMap((name) => (maxDrop[name] === undefined ? [] : [[name, maxDrop[name]]]));

/** What a rule needs to be measured; null without one. */
export function perturbationsOf({ robustness }: { readonly robustness?: RobustnessRule | undefined }) {
  return robustness ? { metric: robustness.metric, perturbations: limitsOf(robustness).map(([name]) => name) } : null;
}
