/** Triggers that nothing of ours will ever tell the loop of: said when they are deployed, not found out after months. */

import type { LoopPolicy } from '#contracts/loop/policy.ts';
import type { Condition } from '#contracts/trigger-condition.ts';
import { leaves } from '#decisions/retrain/facts.ts';
import { metricsFor } from '#measures/statistics/registry.ts';

/** One sentence a gap: what is missing, and what follows. None when the watch measures all that the triggers ask for. */
export function unheardTriggers({ pipeline, model, triggers, watch }: LoopPolicy): string[] {
  const asked = leaves(triggers);
  const kinds = (wanted: readonly Condition['kind'][]) => [
    ...new Set(asked.map(({ kind }) => kind).filter((kind) => wanted.includes(kind))),
  ];
  const gap = (of: readonly Condition['kind'][], lack: string): string[] => {
    const unheard = kinds(of);
    if (unheard.length === 0) return [];
    return [
      `${pipeline} ${lack}: ${unheard.join(', ')} will fire only on what the gateway or a client tells the loop.`,
    ];
  };
  const measured = ['drift', 'performance', 'estimatedPerformance'] as const;
  if (!watch)
    return gap(
      ['newRows', 'newPartitions', ...measured],
      'has no `watch` (`watch: {}` of continuousTraining, `watch: { source: … }` of definePipeline)',
    );
  if (model === null) return gap(measured, 'names no `model`, so there is no champion to measure');
  if (!watch.timeColumn)
    return gap(
      measured,
      'names no time column (`time` of continuousTraining, `timeColumn` of a watch), by which the windows are cut',
    );
  const known = metricsFor(watch.task).map(({ name }) => name);
  const strange = asked.flatMap((each) =>
    each.kind === 'performance' && !known.includes(each.metric) ? [each.metric] : [],
  );
  return [
    ...(watch.target ? [] : gap(['performance'], 'has a watch without `target`, whose labels it would need')),
    ...strange.map(
      (metric) =>
        `${pipeline}: the watch does not measure "${metric}" of a ${watch.task} task; it measures ${known.join(', ')}.`,
    ),
  ];
}
