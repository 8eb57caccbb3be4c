/** Conditions about figures of windows: drift, performance and its estimate. Each must show it in so many windows in a row. */
import type { LoopFacts } from '#contracts/loop/activities.ts';
import type { DriftMeasured, MetricObserved } from '#contracts/loop/evidence.ts';
import type { Condition } from '#contracts/trigger-condition.ts';
import { IDS_NAMED, showsDrift } from './facts.ts';
import { type Finding, holds, lacks, numberOf, plain, sources } from './finding.ts';
import { beyond, type Performance } from './performance-limit.ts';
import { inARow, judged } from './persistence.ts';

type Drift = Extract<Condition, { kind: 'drift' }>;

export function judgeDrift(condition: Drift, { drift }: LoopFacts): Finding {
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

export function judgePerformance(condition: Performance, { metrics }: LoopFacts): Finding {
  const estimated = condition.kind === 'estimatedPerformance';
  const { metric, windows } = condition;
  const series = metrics.filter((each) => each.metric === metric && each.estimated === estimated);
  const last = judged(series).at(-1);
  const name = estimated ? `estimated ${metric}` : metric;
  const confidence = condition.kind === 'performance' ? condition.confidence : undefined;
  const wanted = `${name} ${limitInWords(condition)}${confidence ? ` with confidence ${confidence}` : ''}${windows > 1 ? `, ${windows} windows in a row` : ''}`;
  if (!last)
    return lacks(`${wanted}: ${tooFewInWords(series) ?? `nothing ${estimated ? 'estimated' : 'measured'} yet`}`);
  const same = series.filter(({ version }) => version === last.version);
  const found = inARow(same, { windows, shows: (each) => beyond(condition, each) });
  if (found.length < windows) {
    const { value, lower, upper } = last;
    const interval =
      lower === null || upper === null
        ? confidence
          ? ', without an interval'
          : ''
        : ` (${plain(numberOf(lower))} to ${plain(numberOf(upper))})`;
    return lacks(
      `${wanted}: ${plain(numberOf(value))} in ${lastWindow(last)}${interval}${windows > 1 ? `, ${found.length} of ${windows} windows` : ''}${newestInWords(series)}`,
    );
  }
  const { below, above, dropFromChampion } = condition;
  return holds({
    kind: condition.kind,
    words: `${name} is ${plain(numberOf(last.value))}, ${limitInWords(condition)}${last.champion === null ? '' : ` (${plain(numberOf(last.champion))} on its holdout${last.championAt ? `, as of ${last.championAt}` : ''})`}, in ${lastWindow(last)}${rowInWords(windows)}${conditionsInWords(last)}`,
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

function limitInWords({ below, above, dropFromChampion }: Performance): string {
  if (below !== undefined) return `below ${plain(below)}`;
  if (above !== undefined) return `above ${plain(above)}`;
  return `worse than the champion's by more than ${plain(dropFromChampion ?? 0)}`;
}

/** A window's figure is not of now: which rows it is of, or when it was told. */
const lastWindow = ({ window, at }: Pick<DriftMeasured, 'window' | 'at'>) =>
  window ? `the last window, from ${window.from} to ${window.to}` : `the last window, told ${at}`;

/** An estimate is worth what its conditions are. */
const conditionsInWords = ({ conditions = [] }: Pick<MetricObserved, 'conditions'>) =>
  conditions.length > 0 ? `; the estimate holds if ${conditions.join(', and if ')}` : '';

const rowInWords = (windows: number) => (windows > 1 ? `, ${windows} windows in a row` : '');

/** Null when the newest look was judged. */
function tooFewInWords(items: readonly Pick<DriftMeasured, 'tooFew'>[]): string | null {
  const tooFew = items.at(-1)?.tooFew;
  return tooFew ? `too few ${tooFew.what ?? 'rows'} to judge (${plain(tooFew.rows)} of ${plain(tooFew.least)})` : null;
}
function newestInWords(items: readonly Pick<DriftMeasured, 'tooFew'>[]): string {
  const words = tooFewInWords(items);
  return words === null ? '' : `; since then ${words}`;
}

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
