/** Fairness by named attributes: what is measured of each group of rows, and by which criteria groups are compared. */
import { z } from 'zod';
import { Figure } from './trigger.ts';

/** Of a group of rows; `positives` are its rows of the positive class, `selected` those that the model predicts so. */
export type RateName =
  /** selected ÷ rows */
  | 'selection_rate'
  /** selected positives ÷ positives */
  | 'true_positive_rate'
  /** selected negatives ÷ negatives */
  | 'false_positive_rate'
  /** selected positives ÷ selected */
  | 'precision'
  /** rows predicted right ÷ rows */
  | 'accuracy';

/**
 * Which rates are to be alike between the groups, by the criterion's name; of two, the one that is less alike counts. Of more
 * than two classes there is no positive one: `accuracy_parity` alone is defined.
 */
export const criterionRates = {
  demographic_parity: ['selection_rate'],
  equal_opportunity: ['true_positive_rate'],
  equalized_odds: ['true_positive_rate', 'false_positive_rate'],
  predictive_parity: ['precision'],
  accuracy_parity: ['accuracy'],
} as const satisfies Readonly<Record<string, readonly RateName[]>>;
const criterionNames = [
  'demographic_parity',
  'equal_opportunity',
  'equalized_odds',
  'predictive_parity',
  'accuracy_parity',
] as const satisfies readonly (keyof typeof criterionRates)[];
export const CriterionName = z.enum(criterionNames);
export type CriterionName = z.output<typeof CriterionName>;

export const criteriaOf = (task: string): readonly CriterionName[] =>
  task === 'binary' ? criterionNames : task === 'multiclass' ? ['accuracy_parity'] : [];

/** One column, or several whose values together make the groups. */
export const FairnessAttribute = z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(5)]);
export type FairnessAttribute = z.output<typeof FairnessAttribute>;

export const attributeColumns = (attribute: FairnessAttribute): readonly string[] =>
  typeof attribute === 'string' ? [attribute] : attribute;
/** `sex × race`. */
export const attributeName = (attribute: FairnessAttribute): string => attributeColumns(attribute).join(' × ');
/** The same columns in whatever order make the same groups. */
export const sameAttribute = (one: FairnessAttribute, other: FairnessAttribute): boolean =>
  JSON.stringify([...attributeColumns(one)].sort()) === JSON.stringify([...attributeColumns(other)].sort());

/** What evaluate measures of it. */
export const FairnessOptions = z.strictObject({
  /** Columns whose values make groups; of a list of columns each combination makes one. */
  attributes: z.array(FairnessAttribute).min(1).max(20),
  /** Groups with fewer rows are counted, not judged. */
  minimumGroupRows: z.number().int().positive().default(100),
});

const rates = z.record(z.string(), Figure);
const group = z.object({
  /** One for each column. */
  values: z.array(z.string()),
  rows: z.number().int(),
  /** Rows of the positive class; null where there is none. */
  positives: z.number().int().nullable(),
  /** Rate → figure, by weight; NaN where no row defines it: a true positive rate without positives. */
  candidate: rates,
  champion: rates.nullable(),
});
export type FairGroup = z.output<typeof group>;

const disparities = z.record(z.string(), z.object({ difference: Figure, ratio: Figure }));

/** How sure the rates of the groups are; lists go by group, first those of the candidate, then those of the champion. */
const uncertainty = z.object({
  /** Independent units that the rate is over: rows, blocks or clusters. */
  units: z.array(z.number().int()),
  /** Rows that the rate is over; with weights (Σ w)² / Σ w². */
  effective: z.array(z.number()),
  /** Cluster-robust (CR1) covariances by the same units, the upper triangle row by row; 0 where they are not known. */
  covariance: z.array(z.number()),
});
export type Uncertainty = z.output<typeof uncertainty>;

const counted = z.object({ groups: z.number().int(), rows: z.number().int() });
const attribute = z.object({
  columns: z.array(z.string()),
  /** With as many rows as are judged, the largest first. */
  groups: z.array(group),
  /** Criterion → between all of `groups`: greatest − least, least ÷ greatest. */
  candidate: disparities,
  champion: disparities.nullable(),
  /** Rows without a value. */
  missing: z.number().int(),
  /** Groups with fewer rows: counted, not judged; the largest of them, and how many there are in all. */
  small: z.array(z.object({ values: z.array(z.string()), rows: z.number().int() })),
  smallInAll: counted,
  /** Beyond the greatest number of groups that are judged: the smallest of those with enough rows. */
  leftOut: counted,
  /** Rate → how sure it is. Not in references: stored evidence has it. */
  uncertainty: z.record(z.string(), uncertainty).optional(),
});
export type AttributeFairness = z.output<typeof attribute>;

export const Fairness = z.object({
  minimumGroupRows: z.number().int(),
  /** What is independent of each other. */
  by: z.enum(['rows', 'blocks', 'clusters']),
  attributes: z.array(attribute),
});
export type Fairness = z.output<typeof Fairness>;
