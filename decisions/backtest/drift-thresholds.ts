/** Drift that was measured, judged by other thresholds: the figures stay, what counts as drifted changes. */
import { type ColumnChoice, DISTANCES, type DriftMethod } from '#contracts/drift.ts';
import type { DriftMeasured } from '#contracts/loop/evidence.ts';
import { numberOf } from '../retrain/finding.ts';

type Column = DriftMeasured['columns'][number];
export interface DriftThresholds {
  /** Of all columns that were measured by a method. */
  readonly methods: Readonly<Partial<Record<DriftMethod, number>>>;
  /** Of a column; before its method's. */
  readonly columns: Readonly<Record<string, number>>;
}

/** Columns in a piece of evidence. */
const NAMED = 30;

/** Those that a pipeline's `watch.drift` names. */
export function thresholdsOf(
  choices:
    | { methods: Record<string, ColumnChoice>; numerical: ColumnChoice; categorical: ColumnChoice }
    | null
    | undefined,
): DriftThresholds {
  const { methods = {}, numerical = {}, categorical = {} } = choices ?? {};
  const own = Object.entries(methods).flatMap(([name, { threshold }]) =>
    threshold === undefined ? [] : [[name, threshold] as const],
  );
  const general = [numerical, categorical].flatMap(({ method, threshold }) =>
    method === undefined || threshold === undefined ? [] : [[method, threshold] as const],
  );
  return { columns: Object.fromEntries(own), methods: Object.fromEntries(general) };
}

/**
 * @param whole every column of the check; null: it is gone, and those that the evidence names must do, so that the share
 *   moves only by what became of these
 * @param asked columns that conditions name
 */
export function rejudged(
  measured: DriftMeasured,
  whole: readonly Column[] | null,
  thresholds: DriftThresholds,
  asked: ReadonlySet<string>,
): DriftMeasured {
  const before = whole ?? measured.columns;
  const columns = before.map((column) => judged(column, thresholds));
  const count = (some: readonly Column[]) => some.filter(({ drifted }) => drifted).length;
  const tested = whole?.length ?? measured.tested ?? before.length;
  const drifted = whole ? count(columns) : numberOf(measured.share) * tested + count(columns) - count(before);
  const rank = ({ name, drifted: moved }: Column) => (asked.has(name) ? 0 : moved ? 1 : 2);
  return {
    ...measured,
    share: measured.share === null || tested === 0 ? measured.share : drifted / tested,
    columns: columns.sort((a, b) => rank(a) - rank(b)).slice(0, NAMED),
  };
}

function judged(column: Column, { methods, columns }: DriftThresholds): Column {
  const own = Object.hasOwn(columns, column.name) ? columns[column.name] : undefined;
  const threshold = own ?? methods[column.method as DriftMethod];
  if (threshold === undefined || column.threshold === null) return column;
  const value = numberOf(column.value);
  // A distance alarms from its threshold on, a p-value below it; and neither when chance alone may bring it.
  const beyond = DISTANCES.includes(column.method) ? value >= threshold : value < threshold;
  const byChance = column.level !== undefined && !(numberOf(column.chance) < column.level);
  return { ...column, threshold, drifted: beyond && !byChance };
}
