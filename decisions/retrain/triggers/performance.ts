/** A metric of the model in production, measured on matured labels or estimated without any. */
import type { LoopFacts } from '#contracts/loop/activities.ts';
import type { MetricObserved } from '#contracts/loop/evidence.ts';
import { type Finding, holds, lacks, numberOf, plain } from '../finding.ts';
import { beyond, type Performance } from '../performance-limit.ts';
import { inARow, judged } from '../persistence.ts';
import { lastWindow, newestInWords, rowInWords, tooFewInWords, traced } from '../windows.ts';
import type { Of, TriggerKind } from './trigger-kind.ts';

export const performance: TriggerKind<Of<'performance'>> = {
  judge,
  needs: ['watch', 'model', 'timeColumn', 'target'],
};
export const estimatedPerformance: TriggerKind<Of<'estimatedPerformance'>> = {
  judge,
  needs: ['watch', 'model', 'timeColumn'],
};

function judge(condition: Performance, { metrics }: LoopFacts): Finding {
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

/** An estimate is worth what its conditions are. */
const conditionsInWords = ({ conditions = [] }: Pick<MetricObserved, 'conditions'>) =>
  conditions.length > 0 ? `; the estimate holds if ${conditions.join(', and if ')}` : '';
