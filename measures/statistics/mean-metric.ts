import type { Metric } from './metric.ts';
import type { Rows } from './rows.ts';
import { weightedMean } from './weighted-mean.ts';

/** A metric that is the weighted mean of one value a row. */
export function defineMean<R extends Rows>(
  metric: Omit<Metric<R>, 'prepare' | 'byRow'> & { byRow(rows: R): Float64Array | null },
): Metric<R> {
  return {
    ...metric,
    prepare(rows) {
      const values = metric.byRow(rows);
      return values && ((weights) => weightedMean(values, weights));
    },
  };
}
