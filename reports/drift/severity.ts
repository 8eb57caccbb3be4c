import type { DriftColumn } from '#contracts/drift.ts';

/**
 * How far a column is from its threshold, the same way for every method: 1 is the threshold, more is drift. A distance
 * counts in thresholds, a p-value by its order of magnitude; NaN (not defined) is none.
 */
export function severity({
  value,
  threshold,
  measures,
  drifted,
}: Pick<DriftColumn, 'value' | 'threshold' | 'measures' | 'drifted'>): number {
  const figure = Number(value);
  if (Number.isNaN(figure)) return 0;
  const of =
    measures === 'p_value'
      ? Math.log(Math.max(figure, 1e-300)) / Math.log(Math.min(threshold, 0.999_999))
      : threshold > 0
        ? figure / threshold
        : figure > 0
          ? 2
          : 0;
  // The decision is the check's own; rounding never shows the other.
  return drifted ? Math.max(1, of) : Math.min(1, Math.max(0, of));
}

/** Worst first; equally bad ones by name. */
export const worstFirst = (columns: Readonly<Record<string, DriftColumn>>): [string, DriftColumn][] =>
  Object.entries(columns).sort(
    ([a, x], [b, y]) => Number(y.drifted) - Number(x.drifted) || severity(y) - severity(x) || (a < b ? -1 : 1),
  );
