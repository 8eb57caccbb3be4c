/** A list of expectations: what to measure for all of them, and the results of what was measured. */
import { ZodError, type z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import type { Expectation, ExpectationSummary } from '#contracts/validation.ts';
import type { Answer, Measure } from '../../ports/measures.ts';
import { missingColumn, nearest } from '../nearest.ts';
import type { Bound, TableShape } from './definition.ts';
import { definitions } from './registry.ts';

type Given = z.output<typeof Expectation>;
export interface Suite {
  /** Of the columns that the table has; in the order in which {@link judge} takes the answers. */
  measures(table: TableShape): readonly Measure[];
  judge(answers: readonly Answer[], table: TableShape): z.input<typeof ExpectationSummary>[];
}

/** @throws UserError InvalidInput for a type that does not exist, or arguments that it does not take */
export function suiteOf(expectations: readonly Given[]): Suite {
  const all = expectations.map((given) => ({ given, bound: bind(given) }));
  const measurable = (bound: Bound, table: TableShape) =>
    bound.needs.every((name) => table.columns.some((column) => column.name === name));
  return {
    measures: (table) => all.flatMap(({ bound }) => (measurable(bound, table) ? bound.measures : [])),
    judge: (answers, table) => {
      let next = 0;
      return all.map(({ given, bound }) => {
        const result = { type: given.type, column: bound.column, severity: given.severity };
        const absent = bound.needs.find((name) => !table.columns.some((column) => column.name === name));
        if (absent !== undefined)
          return {
            ...result,
            success: false,
            message: missingColumn(absent, table.columns),
            observed: null,
            unexpectedCount: null,
            unexpectedPercent: null,
          };
        const mine = answers.slice(next, next + bound.measures.length);
        next += bound.measures.length;
        const {
          success,
          message,
          observed,
          unexpectedCount = null,
          unexpectedPercent = null,
        } = bound.judge(mine, table);
        return {
          ...result,
          success,
          message: bound.column && !namesFirst(message, bound.column) ? `${bound.column}: ${message}` : message,
          observed,
          unexpectedCount,
          unexpectedPercent,
        };
      });
    },
  };
}

function bind(given: Given): Bound {
  const definition = definitions.get(given.type);
  if (!definition) {
    const names = [...definitions.keys()];
    const close = nearest(given.type, names);
    throw new UserError(
      'InvalidInput',
      `${given.type} is not an expectation that can be checked${close ? `; did you mean ${close}?` : '.'} There are: ${names.join(', ')}`,
    );
  }
  try {
    return definition.bind(given.kwargs);
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    const problems = error.issues.map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': '));
    throw new UserError('InvalidInput', `${given.type}: ${problems.join('; ')}`);
  }
}

function namesFirst(message: string, column: string): boolean {
  return message.startsWith(`${column} `) || message.startsWith(`column ${column} `);
}
