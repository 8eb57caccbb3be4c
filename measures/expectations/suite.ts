/** A list of expectations: what to measure for all of them, and the results of what was measured. */

import { UserError } from '#contracts/failures.ts';
import { nearest } from '#contracts/nearest.ts';
import {
  type Expectation,
  type ExpectationResult,
  Expectation as ExpectationSchema,
  type ResultFormat,
} from '#contracts/validation.ts';
import { type ExpectationType, isExpectationType, kwargsOf } from '#expectations/kwargs.ts';
import type { Answer, Measure } from '#ports/measures.ts';
import type { TableShape } from '#ports/tables.ts';
import { inTurns } from '../in-turns.ts';
import { missingColumn } from '../nearest.ts';
import type { Bound, Given } from './definition.ts';
import { bindExpectation, expectationTypes } from './registry.ts';
import { resultOf } from './result.ts';

/** An expectation whose arguments were checked. */
interface Checked {
  readonly given: Given;
  readonly bound: Bound;
}

export interface Suite {
  readonly all: readonly Checked[];
  /** Of the columns that the table has; in the order in which {@link judge} takes the answers. */
  measures(table: TableShape): readonly Measure[];
  /** @param redacted columns whose values are told nowhere */
  judge(answers: readonly Answer[], table: TableShape, options?: JudgeOptions): ExpectationResult[];
  /** The same, a few at a time: see {@link inTurns}. */
  judgeInTurns(answers: readonly Answer[], table: TableShape, options?: JudgeOptions): Promise<ExpectationResult[]>;
}

interface JudgeOptions {
  readonly format?: ResultFormat | undefined;
  readonly redacted?: readonly string[] | undefined;
}

/**
 * @param expectations checked here, all of them, before any data is read
 * @throws UserError InvalidInput for a type that does not exist, arguments that it does not take, a pattern that cannot
 *   be translated, or a quarantine of what no row breaks alone
 */
export function suiteOf(expectations: readonly Expectation[]): Suite {
  return checkedSuite(expectations.map(checkOne));
}

/** {@link suiteOf} in a worker: a few at a time. */
export async function suiteInTurns(expectations: readonly Expectation[]): Promise<Suite> {
  return checkedSuite(await inTurns(expectations, checkOne));
}

const checkOne = (each: Expectation): Checked => check(ExpectationSchema.parse(each));

function checkedSuite(all: readonly Checked[]): Suite {
  return {
    all,
    measures: (table) => {
      const there = namesOf(table);
      return all.flatMap(({ bound }) => (bound.needs.every((name) => there.has(name)) ? bound.measures : []));
    },
    judge: (answers, table, options) => all.map(judging(answers, table, options)),
    judgeInTurns: (answers, table, options) => inTurns(all, judging(answers, table, options)),
  };
}

const isTextType = (type: string) => /^(VARCHAR|JSON|ENUM.*|UUID)$/.test(type);
const namesOf = (table: TableShape) => new Set(table.columns.map(({ name }) => name));

/** Judges one expectation after the other, in their order: each takes its answers from where the last one ended. */
function judging(
  answers: readonly Answer[],
  table: TableShape,
  { format = 'SUMMARY', redacted = [] }: JudgeOptions = {},
): (checked: Checked) => ExpectationResult {
  const there = namesOf(table);
  const texts = new Set(table.columns.filter(({ type }) => isTextType(type)).map(({ name }) => name));
  let next = 0;
  return ({ given, bound }) => {
    const absent = bound.needs.find((name) => !there.has(name));
    const mine = absent === undefined ? answers.slice(next, next + bound.measures.length) : [];
    next += mine.length;
    const judgement =
      absent === undefined ? bound.judge(mine, table) : { problem: missingColumn(absent, table.columns) };
    return resultOf(given, bound, judgement, format, redacted, (column) => texts.has(column));
  };
}

function check(given: Given): Checked {
  const { type } = given;
  if (!isExpectationType(type)) throw unknown(type);
  let bound: Bound;
  try {
    bound = bindExpectation(type, kwargsOf(type, given.kwargs));
  } catch (error) {
    throw new UserError('InvalidInput', `${type}: ${error instanceof Error ? error.message : error}`);
  }
  if (given.severity === 'quarantine' && !bound.test)
    throw new UserError(
      'InvalidInput',
      `${type} cannot be of severity quarantine: it is about all rows together, and none of them breaks it alone. Use fail or warn.`,
    );
  return { given, bound };
}

function unknown(type: string): UserError {
  const close = nearest(type, expectationTypes as ExpectationType[]);
  return new UserError(
    'InvalidInput',
    `${type} is not an expectation that can be checked${close ? `; did you mean ${close}?` : '.'} There are: ${expectationTypes.join(', ')}`,
  );
}
