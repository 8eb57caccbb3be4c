/** Which rows of the holdout hang together: blocks of time, clusters with one value, or none. */
import type { Comparison } from '#contracts/data.ts';
import type { ReadColumns, TextColumn } from '#ports/tables.ts';
import { numbersAt } from '../statistics/rows.ts';
import { type Units, unitsOf } from '../statistics/units.ts';
import { chosenBlocks, fixedBlocks } from './time-blocks.ts';

export interface DependenceRequest {
  readonly by: 'rows' | 'blocks' | 'clusters';
  /** Parquet and column with the time of each row of the holdout, in their order; null: not known. */
  readonly times: { readonly file: string; readonly column: string } | null;
  readonly groupBy: string | null;
  /** Length of a block in milliseconds, and as it was written; null: chosen. */
  readonly block: { readonly milliseconds: number; readonly text: string } | null;
}
export interface Dependence {
  /** Null: rows are independent. */
  readonly kind: 'blocks' | 'clusters' | null;
  readonly units: Units | null;
  /** As the evidence says it. */
  readonly unit: NonNullable<Comparison['unit']>;
  readonly notes: readonly string[];
}

/**
 * @param holdout Parquet
 * @param kept rows of it that count
 * @param losses by kept row, what a block's length is chosen by: of two models the difference; null: nothing to choose by
 */
export async function dependenceOf(
  { by, times, groupBy, block }: DependenceRequest,
  holdout: string,
  kept: Int32Array,
  losses: () => Float64Array,
  read: ReadColumns,
): Promise<Dependence> {
  if (by === 'clusters' && groupBy !== null) {
    const { columns } = await read(holdout, { [groupBy]: 'text' });
    const { codes } = columns[groupBy] as TextColumn;
    const own = Int32Array.from(kept, (row) => codes[row] as number);
    const missing = own.reduce((sum, code) => (code < 0 ? sum + 1 : sum), 0);
    const units = unitsOf(own);
    return {
      kind: 'clusters',
      units,
      unit: { by: 'clusters', count: units.count, length: groupBy },
      notes:
        missing > 0
          ? [`${rowsText(missing)} without a value of ${groupBy} ${missing === 1 ? 'counts' : 'count'} as independent`]
          : [],
    };
  }
  if (by === 'blocks' && times) {
    const { columns } = await read(times.file, { [times.column]: 'number' });
    const own = numbersAt(columns[times.column] as Float64Array, kept);
    const missing = own.reduce((sum, time) => (Number.isFinite(time) ? sum : sum + 1), 0);
    const { units, length } = block ? fixedBlocks(own, block) : chosenBlocks(own, losses());
    return {
      kind: 'blocks',
      units,
      unit: { by: 'blocks', count: units.count, length },
      notes: missing > 0 ? [`${rowsText(missing)} without a time ${missing === 1 ? 'is' : 'are'} one block`] : [],
    };
  }
  return { kind: null, units: null, unit: { by: 'rows', count: kept.length }, notes: [] };
}

const rowsText = (rows: number): string => `${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'}`;
