/** What the gate's fairness rules ask and the evaluation before it does not measure. */
import {
  attributeName,
  criteriaOf,
  type FairnessAttribute,
  FairnessOptions,
  sameAttribute,
} from '#contracts/fairness.ts';
import type { Json } from '#contracts/json.ts';
import type { Asks } from '#decisions/gate/rules/gate-rule.ts';

/** By which attributes an evaluation measures fairness; null where it depends on another step. */
export function attributesIn(fairness: Json | undefined): readonly FairnessAttribute[] | null {
  if (fairness === undefined) return [];
  return FairnessOptions.safeParse(fairness).data?.attributes ?? null;
}

interface Evaluation {
  readonly id: string;
  readonly task: string;
  readonly fairness: readonly FairnessAttribute[] | null;
}

/** An evaluation that measures what its task does not have. */
export const undefinedFairness = ({ id, task, fairness }: Evaluation): string[] =>
  criteriaOf(task).length === 0 && (fairness === null || fairness.length > 0)
    ? [
        `fairness of ${id} compares rates of classes between groups, and a ${task} has none. Leave it out, or name its columns in its slices.`,
      ]
    : [];

/** In words, one for each rule. */
export function unansweredFairness(
  { where, fairness = [] }: Asks,
  gate: string,
  { id, task, fairness: measured }: Evaluation,
): string[] {
  const criteria = criteriaOf(task);
  return fairness.flatMap(({ attribute, criterion }) => {
    const name = attributeName(attribute);
    if (!criteria.includes(criterion))
      return [
        `${where} of ${gate} asks for ${criterion}, which a ${task} task does not have. It has: ${criteria.join(', ') || 'none'}.`,
      ];
    if (measured === null || measured.some((each) => sameAttribute(each, attribute))) return [];
    const there = measured.map(attributeName).join(', ') || 'none';
    return [
      `${where} of ${gate} asks for groups by ${name}, and ${id} measures fairness by: ${there}. Add it to its fairness: { attributes }, or name one of those.`,
    ];
  });
}
