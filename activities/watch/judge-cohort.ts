/** A provisional champion and the one before it, both on the rows that came after the promotion. */
import type { DatasetRef, EvidenceRef } from '#contracts/data.ts';
import { milliseconds } from '#contracts/duration.ts';
import { UserError } from '#contracts/failures.ts';
import type { Judgement } from '#contracts/loop/activities.ts';
import type { Provisional } from '#contracts/loop/answers.ts';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import { evaluate } from '#contracts/stages/evaluate.ts';
import { higherIsBetter } from '#decisions/retrain/performance-limit.ts';
import { readMemory } from './cursor.ts';
import { asStage, modelName, type WatchDeps } from './deps.ts';
import { watchedModel } from './watched-model.ts';
import { type LocalTable, rowsBetween } from './watched-rows.ts';

/** On fewer rows a metric is mostly noise. */
const LEAST_ROWS = 100;

export async function judgeCohort(deps: WatchDeps, policy: LoopPolicy, provisional: Provisional): Promise<Judgement> {
  const { watch } = policy;
  const name = modelName(policy);
  if (!watch?.provisional || !watch.target || name === null)
    throw new UserError(
      'InvalidInput',
      `${policy.pipeline} is not deployed with a target and \`provisional\` any more`,
    );
  const { metric, cohort } = watch.provisional;
  const { version, previous, runId, promotedAt } = provisional;
  const to = new Date(Date.parse(promotedAt) + milliseconds(cohort)).toISOString();
  return asStage(deps, policy, to, async (context) => {
    const [candidate, before, rows] = await Promise.all([
      watchedModel(deps.tracking, name, version, context.signal),
      watchedModel(deps.tracking, name, previous, context.signal),
      rowsBetween(deps, watch, await readMemory(deps.store, null), [promotedAt, to], context),
    ]);
    const count = rows?.rows ?? 0;
    const unknown = {
      runId,
      version,
      metric,
      champion: null,
      previous: null,
      higherIsBetter: higherIsBetter(metric),
      rows: count,
    };
    if (!candidate || !before || !rows || count < LEAST_ROWS) return unknown;
    const input = evaluate.input.parse({
      candidate: candidate.model,
      champion: before.champion,
      holdout: await stored(deps, rows, context.signal),
      target: watch.target,
      task: watch.task,
      compare: [metric],
    });
    const { evidence } = await deps.evaluate(input, context);
    return { ...unknown, ...judgement(metric, evidence) };
  });
}

/** A judgement's rows stay: its evidence names them. With their times, which say which of them hang together. */
async function stored(deps: WatchDeps, rows: LocalTable, signal: AbortSignal): Promise<DatasetRef> {
  const { digest, bytes, columns, times } = rows;
  const keep = async (file: { path: string; digest: string }) => ({
    uri: (await deps.files.keep(file.path, file.digest.slice('md5:'.length), signal)).uri,
    digest: file.digest,
  });
  const [{ uri }, origin] = await Promise.all([keep(rows), times && keep(times)]);
  return {
    ...{ kind: 'dataset', uri, digest, format: 'parquet', rows: rows.rows, bytes, columns: [...columns] },
    ...(origin ? { origin: { times: origin } } : {}),
  };
}

type Measured = Pick<EvidenceRef, 'rows' | 'dropped' | 'directions' | 'candidate' | 'champion' | 'comparisons'>;

/**
 * What the evaluation says of both, on rows that have a label and two scores; nothing, when those are too few.
 * @internal
 */
export function judgement(
  metric: string,
  { rows, dropped, directions, candidate, champion, comparisons }: Measured,
): Pick<Judgement, 'rows' | 'champion' | 'previous'> & Partial<Judgement> {
  const labelled = rows - Object.values(dropped ?? {}).reduce((sum, count) => sum + count, 0);
  if (labelled < LEAST_ROWS) return { rows: labelled, champion: null, previous: null };
  const figure = (value: unknown) => (typeof value === 'number' ? value : null);
  const better = directions?.[metric];
  const found = comparisons.find((each) => each.metric === metric);
  const [lower, upper] = [figure(found?.lower), figure(found?.upper)];
  // A figure without an interval is no evidence: it may be off by anything.
  if (!found || lower === null || upper === null) return { rows: labelled, champion: null, previous: null };
  return {
    rows: labelled,
    champion: figure(candidate.metrics[metric]),
    previous: figure(champion?.metrics[metric]),
    interval: { lower, upper, confidence: found.confidence },
    ...(better === undefined ? {} : { higherIsBetter: better }),
  };
}
