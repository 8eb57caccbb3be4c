import type { DriftMethod } from '#contracts/drift.ts';

/** References of up to so many rows are tested by p-values, larger ones by distances. */
const SMALL = 1_000;
/** Numbers with up to so many distinct values are tested as categories. */
const FEW_VALUES = 5;

/**
 * Evidently's choice where nobody made one.
 * @param referenceRows values of the reference, nulls and infinities left out
 * @param distinct values of both sides together
 */
export function chooseMethod(kind: 'numerical' | 'categorical', referenceRows: number, distinct: number): DriftMethod {
  const categorical = kind === 'categorical' || distinct <= FEW_VALUES;
  if (referenceRows > SMALL) return categorical ? 'jensenshannon' : 'wasserstein';
  if (!categorical) return 'ks';
  return distinct > 2 ? 'chisquare' : 'z';
}
