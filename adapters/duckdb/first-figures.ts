/** Figures that other measures need before they can be written down: one scan, where some do. */
import type { Measure } from '#activities/ports/measures.ts';
import { figureOf } from './figures.ts';
import type { MeasuredTable } from './measured-table.ts';
import { rowConditionSql } from './row-condition.ts';
import { type Read, Scan } from './scan.ts';
import type { Deviation } from './tested-rows.ts';

/** Of some measures: how many values there are, their mean and deviation. */
export interface Before {
  readonly known: number;
  readonly deviation: Deviation;
}

/** In the order of the measures; nothing is read where none needs it. */
export async function firstFigures(table: MeasuredTable, measures: readonly Measure[]): Promise<(Before | null)[]> {
  const scan = new Scan(table);
  const reads = measures.map((each): Read<Before> | null => {
    const name =
      each.of === 'quantiles'
        ? each.column
        : each.of === 'test' && each.test.is === 'zScore'
          ? each.columns[0]
          : undefined;
    const column = name === undefined ? null : table.column(name);
    const where = rowConditionSql(each.where, table);
    if (!column || 'problem' in where) return null;
    const figures = (['nonNull', 'mean', 'stdev'] as const).map((statistic) =>
      figureOf(statistic, column, where.sql, scan),
    );
    return (row) => {
      const [known, mean, deviation] = figures.map((figure) => {
        const answer = typeof figure === 'function' ? figure(row) : figure;
        return 'value' in answer && typeof answer.value === 'number' ? answer.value : null;
      });
      return {
        known: known ?? 0,
        deviation: mean == null || deviation == null ? null : { mean, deviation },
      };
    };
  });
  if (reads.every((read) => read === null)) return [];
  const row = await scan.run();
  return reads.map((read) => read?.(row) ?? null);
}
