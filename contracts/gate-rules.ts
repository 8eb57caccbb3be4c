/** What a candidate must show, as data: each rule's shape. How a rule judges is in decisions/gate/rules/, a file each. */
import { z } from 'zod';
import { ApprovalRule } from './approval-rule.ts';
import { CriterionName, FairnessAttribute, sameAttribute } from './fairness.ts';
import { LatencyRule } from './latency.ts';
import { RobustnessRule } from './robustness.ts';

/** Against the champion: what every gate compares by, and exactly one of what that must show. */
const comparison = {
  /** The metric that candidate and champion are compared by. */
  metric: z.string(),
  /** The candidate must be better by more than this, with confidence; in the metric's unit. 0: better at all; a tie is not. */
  minimumEffect: z.number().nonnegative().optional(),
  /**
   * Instead of `minimumEffect`, for a model that is cheaper, faster or fairer: it may be worse, but with confidence by less
   * than this, in the metric's unit. Needs a floor for the metric, or quality could go down a little with every promotion.
   */
  notWorseThan: z.number().positive().optional(),
  /**
   * With `holdout: 'fresh'`: a verdict that is inconclusive may be followed by others on the same rows and newer ones, `most` of them
   * together. They share the level of the comparison (2.5 % of an interval of 95 %): `pocock` about alike, `obrien-fleming` nearly all for
   * the last. evaluate's `looks` says the same number. Default: one look, and an inconclusive verdict uses its rows up.
   */
  looks: z
    .strictObject({
      most: z.number().int().min(2).max(20),
      spending: z.enum(['obrien-fleming', 'pocock']).default('obrien-fleming'),
    })
    .optional(),
};

const Floor = z.union([
  z.number(),
  z.strictObject({
    limit: z.number(),
    /** The candidate's own interval of this confidence must lie beyond the limit; where it holds the limit, it is inconclusive. */
    confidence: z.number().gt(0.5).lt(1),
  }),
]);
export type Floor = z.output<typeof Floor>;

const FairnessRule = z
  .strictObject({
    /** A column, or several whose values together make the groups: one of those that evaluate's `fairness` measures. */
    attribute: FairnessAttribute,
    criterion: CriterionName,
    /** Greatest rate of a group less the least; with `relativeToChampion`: so much more than the champion's. */
    maxDifference: z.number().min(0).max(1).optional(),
    /** Least rate of a group ÷ the greatest. */
    minRatio: z.number().gt(0).lte(1).optional(),
    /** The interval of this confidence decides instead of the figure; where it holds the limit, it is inconclusive. */
    confidence: z.number().gt(0.5).lt(1).optional(),
    /** Held against the champion on the same rows; the first champion is not judged. */
    relativeToChampion: z.boolean().default(false),
  })
  .superRefine((rule, context) => {
    const { maxDifference, minRatio, relativeToChampion } = rule;
    const refuse = (path: string[], message: string) =>
      context.addIssue({ code: 'custom', path, message, input: rule });
    if (maxDifference === undefined && (minRatio === undefined || relativeToChampion))
      refuse(
        ['maxDifference'],
        relativeToChampion
          ? 'how much further apart than the champion’s groups the candidate’s may be (maxDifference: 0.01)'
          : 'how far apart groups may be: by difference (maxDifference: 0.1), by ratio (minRatio: 0.8), or both',
      );
    if (minRatio !== undefined && relativeToChampion)
      refuse(
        ['minRatio'],
        'a ratio is not held against the champion’s: leave it out, or write a rule of its own for it',
      );
  });

/** Whether probabilities of two classes are right. */
const CalibrationRule = z
  .strictObject({
    /** How far the calibration slope may be from 1. */
    slope: z.number().positive().optional(),
    /** How far the calibration intercept may be from 0, in log odds. */
    intercept: z.number().positive().optional(),
    /** The greatest expected calibration error. */
    ece: z.number().positive().optional(),
    /** The whole interval of this confidence must keep the limit; where it holds the limit, it is inconclusive. Default: the figure decides. */
    confidence: z.number().gt(0.5).lt(1).optional(),
  })
  .refine(
    ({ slope, intercept, ece }) => [slope, intercept, ece].some((limit) => limit !== undefined),
    'a limit: slope: 0.2, intercept: 0.1 or ece: 0.05',
  );
export type CalibrationRule = z.output<typeof CalibrationRule>;

/** The other rules: each is judged where it is set, by itself or by its default. */
export const ruleShapes = {
  /**
   * `fresh`: only rows that no earlier verdict of this model used decide (evaluate leaves the others out, with its `fresh`). `reused`: all
   * rows do, and how many were used is said. Default: `fresh` in `continuousTraining` with a holdout of some length of time, else `reused`.
   */
  holdout: z.enum(['fresh', 'reused']).optional(),
  /** The least share of the holdout that both models must have scored, of the rows that have a target and that neither was trained on; default 0.99. */
  coverage: z.number().gt(0).lte(1).default(0.99),
  /** Metric → the least value (the greatest, for metrics where lower is better) that any candidate must reach. */
  floors: z.record(z.string(), Floor).default({}),
  /**
   * On every slice with figures: the candidate's metric may lie at most `maxDrop` below the champion's, and not below `floor`. What lies
   * beyond refuses where the slice is shown to be worse than the champion's, or below the floor.
   */
  slices: z
    .strictObject({
      metric: z.string(),
      maxDrop: z.number().nonnegative().optional(),
      floor: z.number().optional(),
      /** How often noise alone may refuse a good model on any of the slices, for each of the two limits; default 0.05. */
      level: z.number().gt(0).lt(0.5).default(0.05),
    })
    .optional(),
  /**
   * `compatible`: who asks the champion can ask the candidate, by the signatures that MLflow logged with them. `identical`: they
   * read and give the same. Default: not asked.
   */
  signature: z.enum(['compatible', 'identical']).optional(),
  /**
   * The input example that was logged with the candidate must be predicted by it as MLflow loads it anew, in a process of its own.
   * `required`: a candidate without one is refused; `when-logged`: it is not judged. Default: not asked.
   */
  inputExample: z.enum(['required', 'when-logged']).optional(),
  /** How far the predictions may be from the champion's, for better or worse; at least one of the two. */
  stability: z
    .strictObject({
      /** The greatest share of rows that get another class; of tasks with classes. */
      changed: z.number().min(0).max(1).optional(),
      /** The greatest mean absolute difference: of two classes' scores, of a regression's predictions in the target's unit. */
      difference: z.number().nonnegative().optional(),
    })
    .refine((limits) => Object.keys(limits).length > 0, 'changed or difference says how far predictions may differ')
    .optional(),
  /** How alike groups of rows must be treated, by named attributes. */
  fairness: z.array(FairnessRule).optional(),
  /** How quickly the serving process answers, and what it takes: an SLA, and the champion measured in the same minutes. */
  latency: LatencyRule.optional(),
  /** How far probabilities of two classes may be from what happens. */
  calibration: CalibrationRule.optional(),
  /** How far a metric may drop on inputs with missing values, unseen categories, noise. */
  robustness: RobustnessRule.optional(),
};

const approval = {
  /** Who must approve beside the figures; default: nobody is asked. */
  approval: ApprovalRule.optional(),
};

/**
 * What a candidate must show. The comparison must be there: a gate without rules does not exist.
 * @example
 * ```ts
 * const rules: GateRules = { metric: 'roc_auc', minimumEffect: 0.002, floors: { roc_auc: 0.6 } };
 * ```
 */
export const GateRules = z.strictObject({ ...comparison, ...ruleShapes, ...approval }).superRefine((rules, context) => {
  const { metric, minimumEffect, notWorseThan, floors, looks, holdout } = rules;
  const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message, input: rules });
  if (minimumEffect === undefined && notWorseThan === undefined)
    refuse(
      ['minimumEffect'],
      'by how much a candidate must be better (minimumEffect: 0.002), or by how much it may be worse (notWorseThan: 0.005)',
    );
  if (minimumEffect !== undefined && notWorseThan !== undefined)
    refuse(
      ['notWorseThan'],
      `minimumEffect is ${minimumEffect} beside it, and only one of the two can decide: leave one out`,
    );
  if (looks !== undefined && holdout !== 'fresh')
    refuse(
      ['looks'],
      `${looks.most} looks share a level on rows that no other verdict uses: add holdout: 'fresh', or leave them out`,
    );
  if (notWorseThan !== undefined && !(metric in floors))
    refuse(
      ['floors', metric],
      `with notWorseThan quality could go down by ${notWorseThan} with every promotion, so say how far at most`,
    );
});
export type GateRules = z.input<typeof GateRules>;
/** With their defaults. */
export type ParsedGateRules = z.output<typeof GateRules>;

/** Attributes that the rules about fairness name, each once. */
export function attributesOf({ fairness = [] }: Pick<GateRules, 'fairness'>): FairnessAttribute[] {
  const attributes: FairnessAttribute[] = [];
  for (const { attribute } of fairness)
    if (!attributes.some((each) => sameAttribute(each, attribute))) attributes.push(attribute);
  return attributes;
}
