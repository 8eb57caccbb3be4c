/** What the figures rest on: independent rows, days or clusters. */
import type { Comparison } from '#contracts/data.ts';
import type { Figures } from './directions.ts';

export type Unit = NonNullable<Comparison['unit']>;

/** Fewer independent ones tell chance from difference nowhere: an interval of seven days misses too often, however it is computed. */
export const LEAST_UNITS = 8;

/** Rows that the figures are of: scored by both, seen in training by neither. */
function judgedRows({ scored, rows, overlap, dropped }: Figures): number {
  if (scored) return scored.both;
  const { target = 0, candidate = 0, champion = 0 } = dropped ?? {};
  return rows - (overlap?.rows ?? 0) - target - candidate - champion;
}

/** Of evidence that does not say: rows. */
export const unitOf = (compared: Comparison | null, evidence: Figures): Unit =>
  compared?.unit ?? { by: 'rows', count: judgedRows(evidence) };

/** `5 rows`, `5 blocks of 1 day`, `5 clusters of customer`. */
export function unitsInWords({ by, count, length }: Unit): string {
  const name = count === 1 ? by.slice(0, -1) : by;
  return `${count.toLocaleString('en-US')} ${name}${length && by !== 'rows' ? ` of ${length}` : ''}`;
}
