/** The champion on rows whose labels have matured: each metric that a trigger asks for, with its interval. */
import { milliseconds } from '#contracts/duration.ts';
import type { WatchFinding, WatchRequest } from '#contracts/loop.ts';
import type { MetricObserved } from '#contracts/loop-evidence.ts';
import { figure } from '#contracts/trigger.ts';
import { leaves } from '#decisions/retrain/facts.ts';
import type { Observed, ObserveRequest } from './observe-metrics.ts';
import { asStage, modelName, type WatchDeps } from './watch-deps.ts';
import { readMark } from './watched-files.ts';
import { watchedModel } from './watched-model.ts';
import { rowsBetween } from './watched-rows.ts';

const nothing: WatchFinding = { evidence: [], mark: {} };
/** On fewer rows a metric is mostly noise. */
export const LEAST_ROWS = 100;
/** Of the interval, when no trigger names one. */
const CONFIDENCE = 0.95;

export async function watchPerformance(deps: WatchDeps, { policy, mark, asOf }: WatchRequest): Promise<WatchFinding> {
  const { watch } = policy;
  const name = modelName(policy);
  const asked = leaves(policy.triggers).flatMap((each) => (each.kind === 'performance' ? [each] : []));
  const metrics = [...new Set(asked.map(({ metric }) => metric))];
  const { target } = watch ?? {};
  if (!watch || target === undefined || name === null || metrics.length === 0) return nothing;
  // The widest that is asked for of the metric: what lies beyond it lies beyond the others.
  const confidences: Record<string, number> = {};
  for (const { metric, confidence } of asked)
    if (confidence) confidences[metric] = Math.max(confidence, confidences[metric] ?? 0);
  const alias = await deps.tracking.champion(name);
  if (!alias) return nothing;
  return asStage(deps, policy, asOf, async (context) => {
    const champion = await watchedModel(deps.tracking, name, alias.version, context.signal);
    const to = new Date(Date.parse(asOf) - milliseconds(watch.labelsAfter)).toISOString();
    const from = new Date(Date.parse(to) - milliseconds(watch.window)).toISOString();
    const rows = champion && (await rowsBetween(deps, watch, readMark(mark), [from, to], context));
    if (!champion || !rows || rows.ref.rows < LEAST_ROWS) return nothing;
    const { task } = watch;
    const { file, scores } = await deps.scoreRows(
      { model: champion.model, name: 'the champion', rows: rows.ref, without: [target], task, to: 'scores.parquet' },
      context,
    );
    const intervals = { confidence: CONFIDENCE, confidences };
    const args: ObserveRequest = { holdout: file, scores, target, task, threshold: 0.5, metrics, ...intervals };
    const module = new URL('./observe-metrics.ts', import.meta.url).href;
    const observed = await deps.tables.compute<Observed>(
      { module, name: 'observeMetrics', args, files: [file, scores.file] },
      context.signal,
    );
    if (observed.rows < LEAST_ROWS) return nothing;
    const { metrics: holdout } = await deps.tracking.run(champion.model.runId);
    const evidence = observed.metrics.map(({ metric, value, lower, upper }) => {
      const seen: MetricObserved = {
        id: `watch/${metric}/${champion.version}/${rows.ref.digest.slice(4, 24)}`,
        at: asOf,
        source: 'watch',
        who: 'ratchet',
        metric,
        value: figure(value),
        lower: figure(lower),
        upper: figure(upper),
        confidence: confidences[metric] ?? CONFIDENCE,
        estimated: false,
        window: { from, to },
        rows: observed.rows,
        champion: holdout[`holdout_${metric}`] ?? null,
        version: champion.version,
        result: null,
      };
      return { signal: 'metricObserved' as const, value: seen };
    });
    return { evidence, mark: {} };
  });
}
