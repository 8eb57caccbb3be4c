/**
 * The champion on rows whose labels have not come: estimated from its scores, with the holdout that it was promoted for as the reference, whose
 * labels it never saw in training.
 */

import type { DatasetRef } from '#contracts/data.ts';
import { milliseconds } from '#contracts/duration.ts';
import { type Estimate, EstimateOptions } from '#contracts/estimate.ts';
import { Evidence } from '#contracts/evidence.ts';
import { UserError } from '#contracts/failures.ts';
import type { WatchFinding, WatchRequest } from '#contracts/loop/activities.ts';
import type { MetricObserved } from '#contracts/loop/evidence.ts';
import { storeKey } from '#contracts/names.ts';
import { figure } from '#contracts/trigger.ts';
import type { WatchPolicy } from '#contracts/watch.ts';
import { leaves } from '#decisions/retrain/facts.ts';
import { canonicalLabel } from '#measures/evaluation/labels.ts';
import { estimatePerformance } from '#measures/performance/estimate-performance.ts';
import { said } from '#measures/performance/said-columns.ts';
import { normalQuantile } from '#measures/statistics/normal-quantile.ts';
import type { Scores } from '#ports/predictor.ts';
import { sha256 } from '../sha256.ts';
import { championInterval } from './champion-error.ts';
import { readMemory } from './cursor.ts';
import { asStage, modelName, type WatchDeps } from './deps.ts';
import { lookRule, sureConfidence } from './look-rule.ts';
import { type WatchedModel, watchedModel } from './watched-model.ts';
import { rowsBetween } from './watched-rows.ts';

const nothing: WatchFinding = { evidence: [], mark: {} };
/** Sampling errors to either side in the estimator's interval. */
const ERRORS = 3;

export async function watchEstimate(deps: WatchDeps, { policy, mark, asOf }: WatchRequest): Promise<WatchFinding> {
  const { watch } = policy;
  const name = modelName(policy);
  const asked = leaves(policy.triggers).filter(({ kind }) => kind === 'estimatedPerformance');
  const metrics = [...new Set(asked.flatMap((each) => ('metric' in each ? [each.metric] : [])))];
  if (!watch || name === null || metrics.length === 0) return nothing;
  const rule = lookRule(watch);
  const sure = sureConfidence(rule, asked.length);
  const alias = await deps.tracking.champion(name);
  if (!alias) return nothing;
  return asStage(deps, policy, asOf, async (context) => {
    const champion = await watchedModel(deps.tracking, name, alias.version, context.signal);
    const promoted = champion && (await promotedOn(deps, champion));
    const window = unlabelled(watch, asOf);
    const rows = promoted && (await rowsBetween(deps, watch, await readMemory(deps.store, mark), window, context));
    if (!champion || !promoted || !rows || rows.rows < rule.leastRows) return nothing;
    const { holdout, target, task, positive } = promoted;
    const scored = (ref: DatasetRef | { path: string }, to: string) =>
      deps.scoreRows(
        { model: champion.model, name: 'the champion', rows: ref, without: [target], task, to: `${to}.parquet` },
        context,
      );
    const [reference, analysis] = await Promise.all([scored(holdout, 'reference'), scored(rows, 'analysis')]);
    const options = EstimateOptions.parse({
      ...{ problem: task, metrics, target, chunk: { by: 'number', value: 1 } },
      ...scoresOf(task, reference.scores, positive),
    });
    const estimate = await estimatePerformance(
      {
        reference: { name: "the champion's holdout", ...reference },
        analysis: { name: 'the new rows', ...analysis },
        targets: null,
      },
      options,
      deps,
      context.workdir,
      context.signal,
    );
    const result = await keep(deps, estimate);
    const seen = metrics.map((metric): MetricObserved => {
      const { estimated = null, confidence = null } = estimate.chunks[0]?.metrics[metric] ?? {};
      const interval = confidence && intervalAt(sure, estimated ?? Number.NaN, confidence);
      const own = estimate.reference[0]?.metrics[metric]?.realized ?? null;
      return {
        id: `watch/estimated/${metric}/${champion.version}/${rows.digest.slice(4, 24)}`,
        at: asOf,
        source: 'watch',
        who: 'ratchet',
        metric,
        value: figure(estimated ?? Number.NaN),
        lower: interval && figure(interval.lower),
        upper: interval && figure(interval.upper),
        confidence: interval && sure,
        estimated: true,
        window: { from: window[0], to: window[1] },
        rows: rows.rows,
        ...(estimate.estimator.conditions ? { conditions: estimate.estimator.conditions } : {}),
        champion: own,
        ...(own === null || champion.asOf === null ? {} : { championAt: champion.asOf }),
        ...(own === null || interval === null || estimated === null
          ? {}
          : championInterval(own, { value: estimated, ...interval }, rows.rows / estimate.rows.reference)),
        version: champion.version,
        result,
      };
    });
    return { evidence: seen.map((value) => ({ signal: 'metricObserved' as const, value })), mark: {} };
  });
}

/** The estimator's sampling error, as far out as a year of looks asks; one of its bounds may be cut where the metric ends. */
function intervalAt(
  confidence: number,
  value: number,
  { lower, upper }: { lower: number | null; upper: number | null },
) {
  if (lower === null || upper === null) return null;
  const error = Math.max(value - lower, upper - value) / ERRORS;
  const half = normalQuantile((1 + confidence) / 2) * error;
  return { lower: value - half, upper: value + half };
}

/** The newest rows, of these the ones whose labels have not had their time; where labels come at once, all of them. */
function unlabelled({ window, labelsAfter }: WatchPolicy, asOf: string): [from: string, to: string] {
  const late = milliseconds(labelsAfter);
  const length = late > 0 ? Math.min(late, milliseconds(window)) : milliseconds(window);
  return [new Date(Date.parse(asOf) - length).toISOString(), asOf];
}

/** The evidence that a champion was promoted for; null where it has none, or the store has it no more. */
async function promotedOn({ store }: WatchDeps, { evidence: uri }: WatchedModel) {
  const body = uri === null ? null : await store.get(store.key(uri));
  if (!body) return null;
  const { data, target, task, classes } = Evidence.parse(JSON.parse(Buffer.from(body).toString('utf8')));
  const found = await store.head(store.key(data.uri));
  if (!found) return null;
  // The file itself says its rows and columns.
  const holdout: DatasetRef = {
    ...{ kind: 'dataset', format: 'parquet', rows: 0, columns: [] },
    ...{ ...data, bytes: found.bytes },
  };
  return { holdout, target, task, positive: task === 'binary' ? classes?.at(-1) : undefined };
}

/** Which columns the champion's scores are. @throws UserError InvalidInput for a classifier without probabilities */
function scoresOf(task: EstimateOptions['problem'], scores: Scores, positive: string | undefined) {
  if (task === 'regression') return { prediction: said.prediction };
  const { probabilities } = scores;
  if (!probabilities)
    throw new UserError(
      'InvalidInput',
      'the champion gives no probabilities, and without them its performance cannot be estimated: log a model with predict_proba, or take estimatedPerformance(…) out of the triggers',
    );
  if (task === 'multiclass')
    return {
      prediction: said.prediction,
      score: Object.fromEntries(probabilities.map(({ label }) => [label, said.score(label)])),
    };
  const own = probabilities.find(({ label }) => canonicalLabel(label) === positive) ?? probabilities.at(-1);
  // 1 and true are told by themselves.
  return { score: said.score(own?.label ?? ''), ...(positive === '1' ? {} : { positive }) };
}

/** The same estimate is the same object. */
async function keep({ store }: WatchDeps, estimate: Estimate): Promise<{ uri: string; digest: string }> {
  const text = JSON.stringify(estimate);
  const hash = sha256(text);
  const key = storeKey.evidence(hash, 'json');
  await store.put(key, text, 'application/json');
  return { uri: store.uri(key), digest: `sha256:${hash}` };
}
