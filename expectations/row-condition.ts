/** Conditions that choose the rows of an expectation: Great Expectations' objects and texts, as one tree. */

import { z } from 'zod';
import { issuesInWords } from '#contracts/describe-issues.ts';
import type { Comparator, RowCondition } from './condition.ts';
import { pandasQuery } from './pandas-query.ts';

/** Their limit. */
const MOST_CONDITIONS = 100;

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const column = z.object({ name: z.string() });
const Theirs = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('comparison'),
    column,
    operator: z.enum(['==', '!=', '<', '<=', '>', '>=', 'IN', 'NOT_IN']),
    parameter: z.union([scalar, z.array(scalar)]),
  }),
  z.strictObject({ type: z.literal('nullity'), column, is_null: z.boolean() }),
  z.strictObject({ type: z.literal('and'), conditions: z.array(z.unknown()) }),
  z.strictObject({ type: z.literal('or'), conditions: z.array(z.unknown()) }),
  z.strictObject({ type: z.literal('pass_through'), pass_through_filter: z.string() }),
]);

/**
 * @param given `row_condition` as a suite has it: an object, a pandas query, or with the parser `great_expectations` `col("x") > 5`
 * @throws Error in words for what is none, and for what theirs refuses
 */
export function rowConditionOf(given: unknown, parser?: string | null): RowCondition | null {
  if (given === null || given === undefined || given === '') return null;
  if (typeof given === 'string')
    return parser?.startsWith('great_expectations') ? columnCondition(given) : pandasQuery(given);
  const condition = tree(given, null);
  if (count(condition) > MOST_CONDITIONS)
    throw new Error(`${MOST_CONDITIONS} conditions is the maximum, but ${count(condition)} are defined`);
  return condition;
}

function tree(given: unknown, inside: 'and' | 'or' | null): RowCondition {
  const parsed = Theirs.safeParse(given);
  if (!parsed.success)
    throw new Error(
      `${JSON.stringify(given)?.slice(0, 200)} is not a row condition (${issuesInWords(parsed.error, given)})`,
    );
  const found = parsed.data;
  if (found.type === 'and' || found.type === 'or') {
    if (found.type === 'or' && inside) throw new Error(`${inside} groups cannot contain or conditions`);
    return { kind: found.type, all: found.conditions.map((each) => tree(each, found.type)) };
  }
  if (found.type === 'pass_through') return pandasQuery(found.pass_through_filter);
  if (found.type === 'nullity') return { kind: 'null', column: found.column.name, not: !found.is_null };
  const { operator, parameter } = found;
  if (operator === 'IN' || operator === 'NOT_IN') {
    if (!Array.isArray(parameter))
      throw new Error(`${operator} wants a list of values, not ${JSON.stringify(parameter)}`);
    if (new Set(parameter.map((value) => typeof value)).size > 1)
      throw new Error(`${operator} wants values of one type, not ${JSON.stringify(parameter)}`);
    return { kind: 'in', column: found.column.name, values: parameter, not: operator === 'NOT_IN' };
  }
  if (Array.isArray(parameter)) throw new Error(`${operator} wants one value, not ${JSON.stringify(parameter)}`);
  return { kind: 'compare', left: { column: found.column.name }, operator, right: { value: parameter } };
}

function columnCondition(text: string): RowCondition {
  const found =
    /^\s*col\(\s*(["'])(.+?)\1\s*\)\s*(?:\.\s*(notnull|notNull)\(\s*\)|(==|!=|<=|>=|<|>)\s*(?:"([^"]*)"|'([^']*)'|([-+]?[\d.]+(?:[eE][-+]?\d+)?)))\s*$/.exec(
      text,
    );
  if (!found)
    throw new Error(`the row condition ${text} is not one column against one value, such as col("month") >= 6`);
  const [, , name = '', notNull, operator, double, single, number] = found;
  if (notNull) return { kind: 'null', column: name, not: true };
  const value = number === undefined ? (double ?? single ?? '') : Number(number);
  return { kind: 'compare', left: { column: name }, operator: operator as Comparator, right: { value } };
}

function count(condition: RowCondition): number {
  if (condition.kind === 'and' || condition.kind === 'or')
    return condition.all.reduce((sum, each) => sum + count(each), 0);
  return condition.kind === 'not' ? count(condition.one) : 1;
}

/** Columns that it reads, each once. */
export function columnsOfCondition(condition: RowCondition): string[] {
  const all = (one: RowCondition): string[] => {
    if (one.kind === 'and' || one.kind === 'or') return one.all.flatMap(all);
    if (one.kind === 'not') return all(one.one);
    if (one.kind !== 'compare') return [one.column];
    return [one.left, one.right].flatMap((operand) => ('column' in operand ? [operand.column] : []));
  };
  return [...new Set(all(condition))];
}
