/**
 * Which columns drifted, as the watch says it: those beyond their method's threshold whose difference chance alone brings
 * less often than the level. A threshold by itself is met by noise when rows are few, and a test by itself finds any
 * trifle when they are many.
 */
import type { DriftColumn, DriftResult } from '#contracts/drift.ts';

export interface LookRule {
  /** Chance of one false alarm at least in a year without change, of all columns together. */
  falseAlarms: number;
  looksPerYear: number;
  /** Values that a column must have on both sides. */
  leastRows: number;
}

/** Bonferroni's: it holds for windows that overlap and columns that hang together. */
export const levelOfLook = ({ falseAlarms, looksPerYear }: Omit<LookRule, 'leastRows'>, among: number): number =>
  falseAlarms / Math.max(1, looksPerYear) / Math.max(1, among);

/** @param result measured with chances; `tested` and `share` are of the columns that could be judged */
export function driftVerdict(result: DriftResult, rule: LookRule): DriftResult {
  const few = Object.entries(result.columns).filter(([, column]) => tooFew(column, rule.leastRows));
  const left = new Set(few.map(([name]) => name));
  const judged = Object.entries(result.columns).filter(([name]) => !left.has(name));
  const level = levelOfLook(rule, judged.length);
  const columns = Object.fromEntries(
    judged.map(([name, column]) => {
      const drifted = column.drifted && (column.chance ?? 1) < level;
      const notes =
        column.drifted && !drifted
          ? [...column.notes, `beyond its threshold, but chance alone may bring it (${column.chance}, level ${level})`]
          : column.notes;
      return [name, { ...column, drifted, level, notes }];
    }),
  );
  const drifted = Object.values(columns).filter((column) => column.drifted).length;
  const share = judged.length === 0 ? 0 : drifted / judged.length;
  return {
    ...result,
    columns,
    drifted,
    share,
    dataset_drift: judged.length > 0 && share >= result.share_threshold,
    tested: judged.length,
    untested: [
      ...result.untested,
      ...few.map(([column, { kind, reference, current }]) => ({
        column,
        kind,
        reason: `too few rows to judge (${Math.min(valuesOf(reference), valuesOf(current))} of ${rule.leastRows})`,
      })),
    ],
  };
}

const valuesOf = ({ rows, nulls, infinite }: DriftColumn['reference']): number => rows - nulls - infinite;

function tooFew({ reference, current, chance }: DriftColumn, leastRows: number): boolean {
  return chance === null || Math.min(valuesOf(reference), valuesOf(current)) < leastRows;
}
