/** The champion on rows whose labels have matured: each metric that a trigger asks for, with its interval. */
import { milliseconds } from '#contracts/duration.ts';
import type { WatchFinding, WatchRequest } from '#contracts/loop/activities.ts';
import type { MetricObserved } from '#contracts/loop/evidence.ts';
import { figure } from '#contracts/trigger.ts';
import { leaves } from '#decisions/retrain/facts.ts';
import { championInterval, championRows } from './champion-error.ts';
import { tooFewEvents } from './counted-events.ts';
import { readMemory } from './cursor.ts';
import { asStage, modelName, type WatchDeps } from './deps.ts';
import { lookRule, sureConfidence } from './look-rule.ts';
import type { Observed, ObserveRequest } from './observe-metrics.ts';
import { watchedModel } from './watched-model.ts';
import { rowsBetween } from './watched-rows.ts';

const nothing: WatchFinding = { evidence: [], mark: {} };
export async function watchPerformance(deps: WatchDeps, { policy, mark, asOf }: WatchRequest): Promise<WatchFinding> {
  const { watch } = policy;
  const name = modelName(policy);
  const asked = leaves(policy.triggers).flatMap((each) => (each.kind === 'performance' ? [each] : []));
  const metrics = [...new Set(asked.map(({ metric }) => metric))];
  const { target } = watch ?? {};
  if (!watch || target === undefined || name === null || metrics.length === 0) return nothing;
  // The widest that is asked for of the metric: what lies beyond it lies beyond the others.
  const confidences: Record<string, number> = {};
  const rule = lookRule(watch);
  const ruled = sureConfidence(rule, asked.length);
  for (const { metric, confidence } of asked)
    confidences[metric] = Math.max(confidence ?? ruled, confidences[metric] ?? 0);
  const alias = await deps.tracking.champion(name);
  if (!alias) return nothing;
  return asStage(deps, policy, asOf, async (context) => {
    const champion = await watchedModel(deps.tracking, name, alias.version, context.signal);
    const to = new Date(Date.parse(asOf) - milliseconds(watch.labelsAfter)).toISOString();
    const from = new Date(Date.parse(to) - milliseconds(watch.window)).toISOString();
    const rows = champion && (await rowsBetween(deps, watch, await readMemory(deps.store, mark), [from, to], context));
    if (!champion || !rows) return nothing;
    const told = (metric: string) => ({
      id: `watch/${metric}/${champion.version}/${rows.digest.slice(4, 24)}`,
      at: asOf,
      source: 'watch',
      who: 'ratchet',
      metric,
      estimated: false,
      window: { from, to },
      version: champion.version,
      result: null,
    });
    const few = (count: number): WatchFinding => ({
      evidence: metrics.map((metric) => ({
        signal: 'metricObserved',
        value: { ...told(metric), value: 'NaN', rows: count, tooFew: { rows: count, least: rule.leastRows } },
      })),
      mark: {},
    });
    if (rows.rows < rule.leastRows) return few(rows.rows);
    const { task } = watch;
    const { file, scores } = await deps.scoreRows(
      { model: champion.model, name: 'the champion', rows, without: [target], task, to: 'scores.parquet' },
      context,
    );
    const intervals = { confidence: ruled, confidences };
    const args: ObserveRequest = { holdout: file, scores, target, task, threshold: 0.5, metrics, ...intervals };
    const module = new URL('./observe-metrics.ts', import.meta.url).href;
    const observed = await deps.tables.compute<Observed>(
      { module, name: 'observeMetrics', args, files: [file, scores.file] },
      context.signal,
    );
    if (observed.rows < rule.leastRows) return few(observed.rows);
    const [{ metrics: holdout }, promoted] = await Promise.all([
      deps.tracking.run(champion.model.runId),
      championRows(deps.store, champion.evidence),
    ]);
    const evidence = observed.metrics.map(({ metric, value, lower, upper, events }) => {
      const own = holdout[`holdout_${metric}`] ?? null;
      const few = tooFewEvents(events);
      const seen: MetricObserved = {
        ...told(metric),
        value: figure(value),
        lower: figure(lower),
        upper: figure(upper),
        confidence: confidences[metric] ?? ruled,
        rows: observed.rows,
        champion: own,
        ...(own === null || champion.asOf === null ? {} : { championAt: champion.asOf }),
        ...(own === null || promoted === null
          ? {}
          : championInterval(own, { value, lower, upper }, observed.rows / promoted)),
        ...(few ? { tooFew: few } : {}),
      };
      return { signal: 'metricObserved' as const, value: seen };
    });
    return { evidence, mark: {} };
  });
}
