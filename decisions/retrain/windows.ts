/** Conditions about figures of windows: drift, performance and its estimate. Each must show it in so many windows in a row. */
import type { LoopFacts } from '#contracts/loop.ts';
import type { DriftMeasured, MetricObserved } from '#contracts/loop-evidence.ts';
import type { Condition } from '#contracts/trigger-condition.ts';
import { IDS_NAMED } from './facts.ts';
import { type Finding, holds, lacks, numberOf, plain, sources } from './finding.ts';

type Drift = Extract<Condition, { kind: 'drift' }>;
type Performance = Extract<Condition, { kind: 'performance' | 'estimatedPerformance' }>;

/** The newest ones in a row, up to `windows`, that show it; newest last. */
function streak<T>(items: readonly T[], windows: number, shows: (item: T) => boolean): T[] {
  const since = items.findLastIndex((item) => !shows(item));
  return items.slice(since + 1).slice(-windows);
}

export function judgeDrift(condition: Drift, { drift }: LoopFacts): Finding {
  const { share, column, windows } = condition;
  const last = drift.at(-1);
  const what = share === undefined ? `${column} drifted` : `share of drifted columns ≥ ${plain(share)}`;
  const wanted = `${what}${windows > 1 ? `, ${windows} windows in a row` : ''}`;
  if (!last) return lacks(`${wanted}: no window measured yet`);
  const of = (window: DriftMeasured) => window.columns.find(({ name }) => name === column);
  const shows = (window: DriftMeasured) =>
    share === undefined ? (of(window)?.drifted ?? false) : numberOf(window.share) >= share;
  const found = streak(drift, windows, shows);
  const value = share === undefined ? of(last)?.value : last.share;
  const seen = share === undefined ? columnInWords(of(last)) : `${plain(numberOf(last.share))} in the last window`;
  if (found.length < windows)
    return lacks(`${wanted}: ${seen}${windows > 1 ? `, ${found.length} of ${windows} windows` : ''}`);
  const limit = share === undefined ? of(last)?.threshold : share;
  return holds({
    kind: 'drift',
    words:
      share === undefined
        ? `${column} drifted (${columnInWords(of(last))})${inARow(windows)}`
        : `${plain(numberOf(last.share))} of the columns drifted, the limit is ${plain(share)}${inARow(windows)}: ${last.columns
            .filter(({ drifted }) => drifted)
            .map(({ name }) => name)
            .slice(0, 5)
            .join(', ')}`,
    figures: { [share === undefined ? `drift_${column}` : 'drift_share']: value ?? 'NaN' },
    threshold: limit === null || limit === undefined ? {} : { [share === undefined ? 'value' : 'share']: limit },
    window: last.window,
    ...traced(found),
  });
}

export function judgePerformance(condition: Performance, { metrics }: LoopFacts): Finding {
  const estimated = condition.kind === 'estimatedPerformance';
  const { metric, windows } = condition;
  const series = metrics.filter((each) => each.metric === metric && each.estimated === estimated);
  const last = series.at(-1);
  const name = estimated ? `estimated ${metric}` : metric;
  const confidence = condition.kind === 'performance' ? condition.confidence : undefined;
  const wanted = `${name} ${limitInWords(condition)}${confidence ? ` with confidence ${confidence}` : ''}${windows > 1 ? `, ${windows} windows in a row` : ''}`;
  if (!last) return lacks(`${wanted}: nothing ${estimated ? 'estimated' : 'measured'} yet`);
  const found = streak(series, windows, (each) => beyond(condition, each, confidence));
  if (found.length < windows) {
    const interval = confidence && last.lower === null ? ', without an interval' : '';
    return lacks(
      `${wanted}: ${plain(numberOf(last.value))} in the last window${interval}${windows > 1 ? `, ${found.length} of ${windows} windows` : ''}`,
    );
  }
  const { below, above, dropFromChampion } = condition;
  return holds({
    kind: condition.kind,
    words: `${name} is ${plain(numberOf(last.value))}, ${limitInWords(condition)}${last.champion === null ? '' : ` (${plain(numberOf(last.champion))} on its holdout)`}${inARow(windows)}`,
    figures: {
      [estimated ? `estimated_${metric}` : metric]: last.value,
      ...(last.champion === null ? {} : { [`champion_${metric}`]: last.champion }),
    },
    threshold: {
      ...(below === undefined ? {} : { below }),
      ...(above === undefined ? {} : { above }),
      ...(dropFromChampion === undefined ? {} : { dropFromChampion }),
    },
    window: last.window,
    ...traced(found),
  });
}

/** Metrics of which less is better; of all others, more. */
const lowerIsBetter = new Set(['rmse', 'mae', 'mape', 'mse', 'msle', 'rmsle', 'log_loss', 'brier', 'ece']);
export const higherIsBetter = (metric: string): boolean => !lowerIsBetter.has(metric.replace(/_multiclass$/, ''));

/** @param confidence of the interval that must lie beyond the limit; undefined: the value alone counts */
export function beyond(condition: Performance, observed: MetricObserved, confidence: number | undefined): boolean {
  const sure = confidence !== undefined;
  if (sure && (observed.confidence === null || observed.confidence < confidence)) return false;
  const highest = numberOf(sure ? observed.upper : observed.value);
  const lowest = numberOf(sure ? observed.lower : observed.value);
  const { below, above, dropFromChampion } = condition;
  if (below !== undefined) return highest < below;
  if (above !== undefined) return lowest > above;
  const champion = numberOf(observed.champion);
  return higherIsBetter(condition.metric)
    ? champion - highest > (dropFromChampion ?? 0)
    : lowest - champion > (dropFromChampion ?? 0);
}

function limitInWords({ below, above, dropFromChampion }: Performance): string {
  if (below !== undefined) return `below ${plain(below)}`;
  if (above !== undefined) return `above ${plain(above)}`;
  return `worse than the champion's by more than ${plain(dropFromChampion ?? 0)}`;
}

const inARow = (windows: number) => (windows > 1 ? ` in ${windows} windows in a row` : '');

function columnInWords(column: DriftMeasured['columns'][number] | undefined): string {
  if (!column) return 'not among those that drifted';
  const { method, value, threshold } = column;
  return `${method || 'drift'} ${plain(numberOf(value))}${threshold === null ? '' : `, threshold ${plain(numberOf(threshold))}`}`;
}

function traced(found: readonly { id: string; source: string; who: string }[]) {
  return {
    source: sources(found),
    who: found.at(-1)?.who ?? 'unknown',
    evidence: found.map(({ id }) => id).slice(-IDS_NAMED),
  };
}
