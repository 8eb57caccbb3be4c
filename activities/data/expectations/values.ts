/** Expectations that test each value of a column: what they share. */
import { z } from 'zod';
import { figure } from '#contracts/data.ts';
import type { Answer, ValueTest } from '../../ports/measures.ts';
import { type Bound, shown } from './definition.ts';

export const columnKwargs = { column: z.string().min(1) };
/** Share of the values for which it must hold, inclusive. Nulls are neither good nor bad. */
export const mostlyKwargs = { ...columnKwargs, mostly: z.number().min(0).max(1).default(1) };

/**
 * @param wanted what the values are to be: `between 1 and 10`
 * @param over `rows`: null rows count too
 */
export function everyValue(
  kwargs: { column: string; mostly: number },
  test: ValueTest,
  wanted: string,
  over: 'values' | 'rows' = 'values',
): Bound {
  return {
    column: kwargs.column,
    needs: [kwargs.column],
    measures: [{ of: 'values', column: kwargs.column, test }],
    judge: ([answer]) => judgeValues(answer, kwargs.mostly, wanted, over),
  };
}

function judgeValues(
  answer: Answer | undefined,
  mostly: number,
  wanted: string,
  over: 'values' | 'rows',
): ReturnType<Bound['judge']> {
  if (!answer || 'problem' in answer || 'value' in answer)
    return {
      success: false,
      message: `wanted ${wanted}: ${answer && 'problem' in answer ? answer.problem : 'not measured'}`,
      observed: null,
    };
  const total = over === 'rows' ? answer.rows : answer.nonNull;
  const { unexpected } = answer;
  // Nothing to judge is nothing wrong, as in Great Expectations.
  const success = total === 0 || (total - unexpected) / total >= mostly;
  const percent = total === 0 ? null : (unexpected / total) * 100;
  const parts = [`wanted ${wanted}${mostly < 1 ? ` for ${shown(mostly * 100)} %` : ''}`];
  if (unexpected === 0) parts.push(`so are all ${shown(total)} ${over}`);
  else {
    parts.push(
      `${shown(unexpected)} of ${shown(total)} ${over} (${shown(percent ?? 0)} %) ${unexpected === 1 ? 'is' : 'are'} not`,
    );
    if (answer.samples.length > 0)
      parts.push(`such as ${answer.samples.map((sample) => JSON.stringify(sample)).join(', ')}`);
    if (answer.firstRow !== null) parts.push(`first in row ${shown(answer.firstRow)}`);
  }
  return {
    success,
    message: parts.join('; '),
    observed: null,
    unexpectedCount: unexpected,
    unexpectedPercent: percent === null ? null : figure(percent),
  };
}
