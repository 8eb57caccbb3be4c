/** Figures that other measures need before they can be written down: one scan, where some do. */
import type { Measure } from '#ports/measures.ts';
import { count } from '../host/session.ts';
import { type Read, Scan } from '../scan.ts';
import { figureOf } from './figures.ts';
import { BASE, type MeasuredTable } from './measured-table.ts';
import { valuesAt } from './order-statistics.ts';
import { type Picked, ranksOf } from './quantiles.ts';
import { rowConditionSql } from './row-condition.ts';
import type { Deviation } from './tested-rows.ts';

/** Of some measures: how many values there are, their mean and deviation. */
export interface Before {
  readonly known: number;
  readonly deviation: Deviation;
  /** Of a quantile or median of many rows: its values by rank. */
  readonly picked: Picked | null;
}

/** Values that the aggregates of medians and quantiles may hold at once, 8 bytes each and some more while they grow. */
const HELD_VALUES = 10_000_000;

type Ordered = Measure & { of: 'quantiles' | 'median' };
const isOrdered = (each: Measure): each is Ordered => each.of === 'quantiles' || each.of === 'median';

/** In the order of the measures; nothing is read where none needs it. */
export async function firstFigures(table: MeasuredTable, measures: readonly Measure[]): Promise<(Before | null)[]> {
  const picking = await tooMany(table, measures.filter(isOrdered).length);
  const scan = new Scan(table);
  const wanted = measures.map((each) => {
    const name =
      each.of === 'quantiles' || (each.of === 'median' && picking)
        ? each.column
        : each.of === 'test' && each.test.is === 'zScore'
          ? each.columns[0]
          : undefined;
    const column = name === undefined ? null : table.column(name);
    const where = rowConditionSql(each.where, table);
    if (!column || 'problem' in where) return null;
    // A z-score alone needs more than the number of values.
    const statistics = isOrdered(each) ? (['nonNull'] as const) : (['nonNull', 'mean', 'stdev'] as const);
    const figures = statistics.map((statistic) => figureOf(statistic, column, where.sql, scan));
    const read: Read<Omit<Before, 'picked'>> = (row) => {
      const [known, mean, deviation] = figures.map((figure) => {
        const answer = typeof figure === 'function' ? figure(row) : figure;
        return 'value' in answer && typeof answer.value === 'number' ? answer.value : null;
      });
      return {
        known: known ?? 0,
        deviation: mean == null || deviation == null ? null : { mean, deviation },
      };
    };
    return { each, column, where: where.sql, read };
  });
  if (wanted.every((one) => one === null)) return [];
  const row = await scan.run();
  const found: (Before | null)[] = [];
  for (const one of wanted) {
    if (!one) {
      found.push(null);
      continue;
    }
    const figures = one.read(row);
    const asked = picking && isOrdered(one.each) ? ranksOf(one.each, one.column, figures.known) : null;
    const picked = asked && (await valuesAt(table, asked.column, one.where, figures.known, asked.ranks));
    found.push({ ...figures, picked });
  }
  return found;
}

async function tooMany(table: MeasuredTable, ordered: number): Promise<boolean> {
  if (ordered === 0) return false;
  const [row] = await table.rows(`SELECT count(*) AS n FROM ${BASE}`);
  return count(row?.n) * ordered > HELD_VALUES;
}
