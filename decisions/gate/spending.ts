/** How the level of a test is shared among several looks at the same rows, so that all of them together err no oftener than one. */
import { standardErrors, upperTail } from './chance.ts';

type Spending = 'obrien-fleming' | 'pocock';

/** From so many units on Student's t is the normal distribution. */
const NORMAL = 1_000;

/**
 * What is spent after this share of the looks, of a one-sided level: the spending functions of Lan & DeMets, Discrete sequential
 * boundaries for clinical trials, Biometrika 70 (1983). `obrien-fleming`: 2 − 2 Φ(z(α/2) / √t), which keeps nearly all for the last
 * look; `pocock`: α ln(1 + (e − 1) t), which spends alike.
 *
 * @param share of the looks, 0 to 1
 * @internal
 */
export function spent(spending: Spending, level: number, share: number): number {
  if (share <= 0) return 0;
  if (share >= 1) return level;
  if (spending === 'pocock') return level * Math.log(1 + (Math.E - 1) * share);
  return 2 * upperTail(standardErrors(1 - level) / Math.sqrt(share), NORMAL);
}

export interface Looks {
  readonly most: number;
  readonly spending: Spending;
}

/**
 * The level of one look: what the function spends between the look before and this one. Each look is a test of its own at that level,
 * so by Bonferroni's inequality the sum bounds the chance that any of them errs, however they depend on each other, and also when
 * the candidate is another one at each. (Boundaries from the joint distribution of one candidate's looks would be a little wider.)
 *
 * @param look from 1; beyond the last one nothing is left
 * @returns `at`: of this look; `left`: of those after it
 */
export function levelOf({ most, spending }: Looks, level: number, look: number): { at: number; left: number } {
  const [before, after] = [(look - 1) / most, look / most].map((share) =>
    spent(spending, level, Math.min(1, share)),
  ) as [number, number];
  return { at: Math.max(0, after - before), left: Math.max(0, level - after) };
}
