/** What an expectation type is: what it wants measured, and its judgement of the figures. Pure. */

import { grouped } from '#contracts/grouped.ts';
import type { Json } from '#contracts/json.ts';
import type { Expectation } from '#contracts/validation.ts';
import type { RowCondition } from '#expectations/condition.ts';
import type { ExpectationType, Kwargs } from '#expectations/kwargs.ts';
import { columnsOfCondition, rowConditionOf } from '#expectations/row-condition.ts';
import type { Answer, Measure, Problem, Tested, TestMeasure } from '#ports/measures.ts';
import type { TableShape } from '#ports/tables.ts';

/** An expectation as it was written, its defaults filled in. */
export type Given = ReturnType<typeof Expectation.parse>;

export interface Judgement {
  readonly success: boolean;
  /** What was wanted and what was found, after the column's name. */
  readonly message: string;
  /** `result` as Great Expectations has it, beyond the counts of rows. */
  readonly figures?: Readonly<Record<string, Json>>;
  /** Of a test of rows: what the counts and examples are made of. */
  readonly tested?: Tested;
}

/** An expectation with its arguments. */
export interface Bound {
  /** It is about these columns. */
  readonly columns: readonly string[];
  /** Columns without which nothing can be measured. */
  readonly needs: readonly string[];
  readonly measures: readonly Measure[];
  /** Their name of what is measured: it is said where it could not be. */
  readonly metric: string;
  /** The rows that break it; null for what no row can break alone. */
  readonly test: TestMeasure | null;
  /** Nulls count (they are the matter): there are no missing values besides. */
  readonly overRows: boolean;
  judge(answers: readonly Answer[], table: TableShape): Judgement | Problem;
}

export type Family = { readonly [T in ExpectationType]?: (kwargs: Kwargs<T>) => Bound };

/** What most bounds share. */
export function bound(of: Partial<Bound> & Pick<Bound, 'judge' | 'metric'>, where?: RowCondition): Bound {
  const columns = of.columns ?? [];
  return {
    columns,
    needs: [...new Set([...columns, ...(where ? columnsOfCondition(where) : [])])],
    measures: [],
    test: null,
    overRows: false,
    ...of,
  };
}

export function whereOf(kwargs: {
  row_condition?: unknown;
  condition_parser?: string | null | undefined;
}): RowCondition | undefined {
  return rowConditionOf(kwargs.row_condition, kwargs.condition_parser) ?? undefined;
}

/** 1,234 · 12.5: figures in messages. */
export function shown(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? grouped(value) : String(Number(value.toPrecision(6)));
}

/** The first answer that could not be given. */
export function problemIn(answers: readonly Answer[]): Problem | undefined {
  return answers.find((answer): answer is Problem => 'problem' in answer);
}
