import type { DriftKind } from '#contracts/drift.ts';
import type { ProfileColumn } from './profile/profile.ts';

/** Whole numbers with up to so many distinct values are categories. */
const FEW_NUMBERS = 10;
const wholeNumber = /INT/;

/**
 * Evidently's inference, which looks at the current data: whole numbers of few values are categories, unless a null made
 * floating point of them; texts are free text when more than half of the values are distinct.
 */
export function kindOf(column: ProfileColumn, asked: 'numerical' | 'categorical' | undefined): DriftKind {
  if (column.of === 'other') return 'other';
  if (column.of === 'numbers') {
    if (column.values.length === 0) return 'empty';
    if (asked) return asked;
    if (column.time) return 'time';
    const few = wholeNumber.test(column.type) && column.nulls === 0 && column.step === 0;
    return few && column.values.length <= FEW_NUMBERS ? 'categorical' : 'numerical';
  }
  if (column.distinct === 0) return 'empty';
  if (asked === 'categorical' || column.boolean) return 'categorical';
  if (column.kept === 'none') return 'text';
  const values = column.counts.reduce((sum, count) => sum + count, 0);
  return column.distinct > values / 2 ? 'text' : 'categorical';
}
