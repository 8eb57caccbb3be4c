/** Expectations that test each row: what they share. */
import type { RowCondition } from '#expectations/condition.ts';
import type { RowTest, TestMeasure } from '#ports/measures.ts';
import { type Bound, bound, problemIn, shown, whereOf } from './definition.ts';

interface RowKwargs {
  readonly mostly: number;
  readonly row_condition?: unknown;
  readonly condition_parser?: string | null | undefined;
}

export interface RowExpectation {
  readonly columns: readonly string[];
  readonly test: RowTest;
  /** Rows that do not count; default: with a null in any of the columns. */
  readonly ignore?: TestMeasure['ignore'];
  /** What the values are to be: `between 1 and 10`. */
  readonly wanted: string;
  readonly metric: string;
  /** Nulls are the matter: all rows count. */
  readonly overRows?: boolean;
}

export function everyRow(kwargs: RowKwargs, expectation: RowExpectation): Bound {
  const { columns, test, wanted, metric, overRows = false } = expectation;
  const where: RowCondition | undefined = whereOf(kwargs);
  const measure: TestMeasure = {
    of: 'test',
    columns,
    test,
    ignore: overRows ? 'never' : (expectation.ignore ?? 'any'),
    where,
  };
  return bound(
    {
      columns,
      measures: [measure],
      metric,
      test: measure,
      overRows,
      judge: (answers) => {
        const [tested] = answers;
        if (!tested || !('places' in tested)) return problemIn(answers) ?? { problem: 'it was not measured' };
        const { counted: total, unexpected } = tested;
        // Nothing to judge is nothing wrong, as in Great Expectations.
        const success = total === 0 || (total - unexpected) / total >= kwargs.mostly;
        const noun = overRows || columns.length > 1 ? 'rows' : 'values';
        const parts = [`wanted ${wanted}${kwargs.mostly < 1 ? ` for ${shown(kwargs.mostly * 100)} %` : ''}`];
        if (unexpected === 0) parts.push(`so are all ${shown(total)} ${noun}`);
        else
          parts.push(
            `${shown(unexpected)} of ${shown(total)} ${noun} (${shown((unexpected / total) * 100)} %) ${unexpected === 1 ? 'is' : 'are'} not`,
          );
        return { success, message: parts.join('; '), tested };
      },
    },
    where,
  );
}

/** `one of "a", "b" … (40 values)`. */
export function listed(values: readonly unknown[]): string {
  const some = values.slice(0, 10).map((value) => JSON.stringify(value));
  return `${some.join(', ') || 'nothing'}${values.length > 10 ? ` … (${values.length} values)` : ''}`;
}
