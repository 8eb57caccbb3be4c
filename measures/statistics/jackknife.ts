import type { Weights } from './metric.ts';
import { studentQuantile } from './student-quantile.ts';
import { membersOf, type Units } from './units.ts';

export interface Estimate {
  readonly value: number;
  readonly standardError: number;
  /** Those with a weight. */
  readonly units: number;
  /** Of Student's t: one less than units of one size would be that say as much, (Σ w)² / Σ w² over units (Kish 1965). */
  readonly freedom: number;
}

/**
 * Each figure with its standard error when one unit after the other is left out: √((G − 1)/G · Σ (θ₍g₎ − θ)²), for whatever
 * figure of weights (Quenouille 1949, Tukey 1958; as CV3 of MacKinnon, Nielsen & Webb 2023, who find it the most reliable
 * with few and unequal clusters). For a mean of units of equal size it is the cluster-robust CR1. NaN for fewer than two
 * units, and where the figure is not defined without one of them.
 *
 * One pass over the rows for each unit: group them first when there are many.
 */
export function jackknife(
  figures: readonly ((weights: Weights) => number)[],
  weights: Weights,
  units: Units,
): Estimate[] {
  const { starts, rows } = membersOf(units);
  const values = figures.map((figure) => figure(weights));
  const squares = figures.map(() => 0);
  let count = 0;
  let [total, heavy] = [0, 0];
  for (let unit = 0; unit < units.count; unit++) {
    const members = rows.subarray(starts[unit], starts[unit + 1]);
    const weight = members.reduce((sum, row) => sum + (weights[row] as number), 0);
    if (weight === 0) continue;
    count++;
    total += weight;
    heavy += weight ** 2;
    const without = weights.slice();
    for (const row of members) without[row] = 0;
    for (const [f, figure] of figures.entries())
      squares[f] = (squares[f] as number) + (figure(without) - (values[f] as number)) ** 2;
  }
  return values.map((value, f) => ({
    value,
    standardError: count < 2 ? Number.NaN : Math.sqrt(((count - 1) / count) * (squares[f] as number)),
    units: count,
    freedom: total ** 2 / heavy - 1,
  }));
}

/** Student's interval of an estimate. */
export function studentInterval({ value, standardError, units, freedom }: Estimate, confidence: number) {
  const half = units < 2 ? Number.NaN : studentQuantile(confidence, freedom) * standardError;
  return { lower: value - half, upper: value + half };
}
