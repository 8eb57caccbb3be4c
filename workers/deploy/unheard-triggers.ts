/** Triggers that nothing of ours will ever tell the loop of: said when they are deployed, not found out after months. */

import type { LoopPolicy } from '#contracts/loop/policy.ts';
import { leaves } from '#decisions/retrain/facts.ts';
import { kindOf } from '#decisions/retrain/triggers/registry.ts';
import type { Need } from '#decisions/retrain/triggers/trigger-kind.ts';
import { metricsFor } from '#measures/statistics/registry.ts';

/** One sentence a gap: what is missing, and what follows. None when the watch measures all that the triggers ask for. */
export function unheardTriggers({ pipeline, model, triggers, watch }: LoopPolicy): string[] {
  const asked = leaves(triggers);
  const gap = (need: Need, lack: string): string[] => {
    const unheard = [...new Set(asked.filter((each) => kindOf(each).needs.includes(need)).map(({ kind }) => kind))];
    if (unheard.length === 0) return [];
    return [
      `${pipeline} ${lack}: ${unheard.join(', ')} will fire only on what the gateway or a client tells the loop.`,
    ];
  };
  if (!watch)
    return gap('watch', 'has no `watch` (`watch: {}` of continuousTraining, `watch: { source: … }` of definePipeline)');
  if (model === null) return gap('model', 'names no `model`, so there is no champion to measure');
  if (!watch.timeColumn)
    return gap(
      'timeColumn',
      'names no time column (`time` of continuousTraining, `timeColumn` of a watch), by which the windows are cut',
    );
  const known = metricsFor(watch.task).map(({ name }) => name);
  const strange = asked.flatMap((each) =>
    each.kind === 'performance' && !known.includes(each.metric) ? [each.metric] : [],
  );
  return [
    ...(watch.target ? [] : gap('target', 'has a watch without `target`, whose labels it would need')),
    ...(watch.skew
      ? []
      : gap('skew', 'has a watch without `skew` (`skew: { service: … }`), whose sampled vectors it would need')),
    ...strange.map(
      (metric) =>
        `${pipeline}: the watch does not measure "${metric}" of a ${watch.task} task; it measures ${known.join(', ')}.`,
    ),
  ];
}
