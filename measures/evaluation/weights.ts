import { UserError } from '#contracts/failures.ts';
import type { ReadColumns } from '#ports/tables.ts';
import { numbersAt } from '../statistics/rows.ts';

/**
 * Weights of the rows that count.
 * @throws UserError DataInvalid for one that is missing, negative or endless, and when none is above 0
 */
export async function readWeights(
  column: string,
  holdout: string,
  kept: Int32Array,
  read: ReadColumns,
): Promise<Float64Array> {
  const { columns } = await read(holdout, { [column]: 'number' });
  const weights = numbersAt(columns[column] as Float64Array, kept);
  const wrong = weights.findIndex((weight) => !(weight >= 0 && Number.isFinite(weight)));
  if (wrong >= 0) {
    const value = weights[wrong] as number;
    throw new UserError(
      'DataInvalid',
      `The weight ${column} is ${Number.isNaN(value) ? 'missing or no number' : value} in row ${(kept[wrong] as number) + 1} of the holdout: weights are numbers from 0 on. Derive a column that is (coalesce(${column}, 0)), or leave such rows out.`,
    );
  }
  if (weights.length > 0 && !weights.some((weight) => weight > 0))
    throw new UserError(
      'DataInvalid',
      `The weight ${column} is 0 in every row of the holdout that counts, so there is nothing to measure. Leave \`weight\` out, or name another column.`,
    );
  return weights;
}
