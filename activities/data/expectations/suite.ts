/** A list of expectations: what to measure for all of them, and the results of what was measured. */
import { type ExpectationType, isExpectationType, kwargsOf } from '#contracts/expectations/kwargs.ts';
import { UserError } from '#contracts/failures.ts';
import {
  type Expectation,
  type ExpectationResult,
  Expectation as ExpectationSchema,
  type ResultFormat,
} from '#contracts/validation.ts';
import type { Answer, Measure } from '../../ports/measures.ts';
import type { TableShape } from '../../ports/tables.ts';
import { missingColumn, nearest } from '../nearest.ts';
import type { Bound } from './definition.ts';
import { bindExpectation, expectationTypes } from './registry.ts';
import { resultOf } from './result.ts';

export type Given = ReturnType<typeof ExpectationSchema.parse>;

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
  const all = expectations.map((each): Checked => check(ExpectationSchema.parse(each)));
  const isThere = (bound: Bound, table: TableShape) =>
    bound.needs.every((name) => table.columns.some((column) => column.name === name));
  return {
    all,
    measures: (table) => all.flatMap(({ bound }) => (isThere(bound, table) ? bound.measures : [])),
    judge: (answers, table, { format = 'SUMMARY', redacted = [] } = {}) => {
      let next = 0;
      return all.map(({ given, bound }) => {
        const absent = bound.needs.find((name) => !table.columns.some((column) => column.name === name));
        const mine = absent === undefined ? answers.slice(next, next + bound.measures.length) : [];
        next += mine.length;
        const judgement =
          absent === undefined ? bound.judge(mine, table) : { problem: missingColumn(absent, table.columns) };
        return resultOf(given, bound, judgement, format, redacted);
      });
    },
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
