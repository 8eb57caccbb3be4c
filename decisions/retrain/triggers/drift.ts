import type { LoopFacts } from '#contracts/loop/activities.ts';
import type { DriftMeasured } from '#contracts/loop/evidence.ts';
import { type Finding, holds, lacks, numberOf, plain } from '../finding.ts';
import { inARow, judged } from '../persistence.ts';
import { lastWindow, newestInWords, rowInWords, tooFewInWords, traced } from '../windows.ts';
import type { Of, TriggerKind } from './trigger-kind.ts';

type Drift = Of<'drift'>;

export const drift: TriggerKind<Drift> = { judge: judgeDrift, needs: ['watch', 'model', 'timeColumn'] };

/** The whole table, or the column that is asked for. */
export function showsDrift({ share, column }: Drift, { share: seen, columns }: DriftMeasured): boolean {
  if (share !== undefined) return numberOf(seen) >= share;
  return columns.find(({ name }) => name === column)?.drifted ?? false;
}

function judgeDrift(condition: Drift, { drift }: LoopFacts): Finding {
  const { share, column, windows } = condition;
  const last = judged(drift).at(-1);
  const what = share === undefined ? `${column} drifted` : `share of drifted columns ≥ ${plain(share)}`;
  const wanted = `${what}${windows > 1 ? `, ${windows} windows in a row` : ''}`;
  if (!last) return lacks(`${wanted}: ${tooFewInWords(drift) ?? 'no window measured yet'}`);
  const of = (window: DriftMeasured) => window.columns.find(({ name }) => name === column);
  const same = drift.filter(({ reference }) => reference === last.reference);
  const found = inARow(same, { windows, shows: (window) => showsDrift(condition, window) });
  const value = share === undefined ? of(last)?.value : last.share;
  const seen = share === undefined ? columnInWords(of(last)) : `${plain(numberOf(last.share))} in ${lastWindow(last)}`;
  if (found.length < windows)
    return lacks(
      `${wanted}: ${seen}${windows > 1 ? `, ${found.length} of ${windows} windows` : ''}${newestInWords(drift)}`,
    );
  const limit = share === undefined ? of(last)?.threshold : share;
  return holds({
    kind: 'drift',
    words:
      share === undefined
        ? `${column} drifted (${columnInWords(of(last))}), in ${lastWindow(last)}${rowInWords(windows)}`
        : `${plain(numberOf(last.share))} of the columns drifted, the limit is ${plain(share)}${rowInWords(windows)}: ${last.columns
            .filter(({ drifted }) => drifted)
            .map(({ name }) => name)
            .slice(0, 5)
            .join(', ')}; in ${lastWindow(last)}`,
    figures: { [share === undefined ? `drift_${column}` : 'drift_share']: value ?? 'NaN' },
    threshold: limit === null || limit === undefined ? {} : { [share === undefined ? 'value' : 'share']: limit },
    window: last.window,
    ...traced(found),
  });
}

function columnInWords(column: DriftMeasured['columns'][number] | undefined): string {
  if (!column) return 'not among those that drifted';
  const { method, value, threshold } = column;
  return `${method || 'drift'} ${plain(numberOf(value))}${threshold === null ? '' : `, threshold ${plain(numberOf(threshold))}`}`;
}
