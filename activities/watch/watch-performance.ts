/** The champion on rows whose labels have matured. */
import { milliseconds } from '#contracts/duration.ts';
import type { WatchFinding, WatchRequest } from '#contracts/loop.ts';
import { evaluate } from '#contracts/stages/evaluate.ts';
import type { MetricObserved } from '#contracts/triggers.ts';
import { leaves } from '#decisions/retrain/facts.ts';
import { asStage, modelName, type WatchDeps } from './watch-deps.ts';
import { readMark } from './watched-files.ts';
import { watchedModel } from './watched-model.ts';
import { rowsBetween } from './watched-rows.ts';

const nothing: WatchFinding = { evidence: [], mark: {} };
/** On fewer rows a metric is mostly noise. */
const LEAST_ROWS = 100;

export async function watchPerformance(deps: WatchDeps, { policy, mark, asOf }: WatchRequest): Promise<WatchFinding> {
  const { watch } = policy;
  const name = modelName(policy);
  const metrics = new Set(
    leaves(policy.triggers).flatMap((each) => (each.kind === 'performance' ? [each.metric] : [])),
  );
  const { target } = watch ?? {};
  if (!watch || target === undefined || name === null || metrics.size === 0) return nothing;
  const alias = await deps.tracking.champion(name);
  if (!alias) return nothing;
  return asStage(deps, policy, asOf, async (context) => {
    const champion = await watchedModel(deps.tracking, name, alias.version, context.signal);
    const to = new Date(Date.parse(asOf) - milliseconds(watch.labelsAfter)).toISOString();
    const from = new Date(Date.parse(to) - milliseconds(watch.window)).toISOString();
    const rows = champion && (await rowsBetween(deps, watch, readMark(mark), [from, to], context));
    if (!champion || !rows || rows.ref.rows < LEAST_ROWS) return nothing;
    const input = evaluate.input.parse({
      candidate: champion.model,
      champion: null,
      holdout: rows.ref,
      target,
      task: watch.task,
    });
    const { evidence } = await deps.evaluate(input, context);
    const { metrics: holdout } = await deps.tracking.run(champion.model.runId);
    const observed = [...metrics].flatMap((metric): WatchFinding['evidence'] => {
      const value = evidence.candidate.metrics[metric];
      if (value === undefined) return [];
      const seen: MetricObserved = {
        id: `watch/${metric}/${champion.version}/${rows.ref.digest.slice(4, 24)}`,
        at: asOf,
        source: 'watch',
        who: 'ratchet',
        metric,
        value,
        lower: null,
        upper: null,
        confidence: null,
        estimated: false,
        window: { from, to },
        rows: rows.ref.rows,
        champion: holdout[`holdout_${metric}`] ?? null,
        version: champion.version,
      };
      return [{ signal: 'metricObserved', value: seen }];
    });
    return { evidence: observed, mark: {} };
  });
}
