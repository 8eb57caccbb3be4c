/** Compares the newest rows with what the champion was trained on. */
import { type DatasetRef, FileRef } from '#contracts/data.ts';
import { milliseconds } from '#contracts/duration.ts';
import type { WatchFinding, WatchRequest } from '#contracts/loop/activities.ts';
import type { DriftMeasured } from '#contracts/loop/evidence.ts';
import { storeKey } from '#contracts/names.ts';
import { driftVerdict } from '#decisions/retrain/drift-verdict.ts';
import { driftInBrief, keepDrift, namedColumns } from '#records/drift-results.ts';
import { readMemory } from './cursor.ts';
import { asStage, modelName, type WatchDeps } from './deps.ts';
import { lookRule } from './look-rule.ts';
import { watchedModel } from './watched-model.ts';
import { rowsBetween } from './watched-rows.ts';

const nothing: WatchFinding = { evidence: [], mark: {} };

export async function watchDrift(deps: WatchDeps, { policy, mark, asOf }: WatchRequest): Promise<WatchFinding> {
  const { watch } = policy;
  const name = modelName(policy);
  if (!watch?.timeColumn || name === null) return nothing;
  const alias = await deps.tracking.champion(name);
  if (!alias) return nothing;
  return asStage(deps, policy, asOf, async (context) => {
    const champion = await watchedModel(deps.tracking, name, alias.version, context.signal);
    const profile = champion?.model.trainedOn && (await profileOf(deps, champion.model.trainedOn, context.signal));
    if (!champion || !profile) return nothing;
    const from = new Date(Date.parse(asOf) - milliseconds(watch.window)).toISOString();
    const rows = await rowsBetween(deps, watch, await readMemory(deps.store, mark), [from, asOf], context);
    if (!rows) return nothing;
    const rule = lookRule(watch);
    const told = {
      // The same rows against the same champion: the same evidence.
      id: `watch/drift/${champion.version}/${rows.digest.slice(4, 24)}`,
      at: asOf,
      source: 'watch',
      who: 'ratchet',
      window: { from, to: asOf },
      rows: rows.rows,
      reference: champion.version,
    };
    const few = (count: number): WatchFinding => ({
      evidence: [
        {
          signal: 'driftMeasured',
          value: { ...told, share: null, columns: [], tooFew: { rows: count, least: rule.leastRows } },
        },
      ],
      mark: {},
    });
    if (rows.rows < rule.leastRows) return few(rows.rows);
    const columns = rows.columns.map(({ name }) => name).filter((column) => column !== watch.target);
    const measured = await deps.drift.measureDrift(
      { ...watch.drift, profile, current: rows, columns, chance: true },
      context.signal,
    );
    const result = driftVerdict(measured, rule);
    // The window has enough rows; the champion's have not.
    if (result.tested === 0 && measured.tested > 0 && measured.rows.reference < rule.leastRows)
      return few(measured.rows.reference);
    const value: DriftMeasured = {
      ...told,
      // Without a column that could be judged there is no share.
      share: result.tested === 0 ? null : result.share,
      tested: result.tested,
      columns: driftInBrief(result, namedColumns(policy.triggers)),
      result: await keepDrift(deps.store, policy.pipeline, { at: asOf, result }),
    };
    return { evidence: [{ signal: 'driftMeasured', value }], mark: {} };
  });
}

/**
 * The profile of the rows that a champion was trained on: made once, whoever looks, and found by their digest from then on.
 * Null when the store has the rows no more.
 */
async function profileOf({ store, drift }: WatchDeps, trainedOn: string, signal: AbortSignal): Promise<FileRef | null> {
  const md5 = trainedOn.replace(/^md5:/, '');
  const known = await store.get(storeKey.profile(md5));
  if (known) return FileRef.parse(JSON.parse(Buffer.from(known).toString('utf8')));
  const key = storeKey.file(md5);
  const found = await store.head(key);
  if (!found) return null;
  const dataset: DatasetRef = {
    ...{ kind: 'dataset', uri: store.uri(key), digest: trainedOn, format: 'parquet' },
    // The file itself says these.
    ...{ rows: 0, bytes: found.bytes, columns: [] },
  };
  const profile = await drift.profileReference(dataset, signal);
  await store.put(storeKey.profile(md5), JSON.stringify(profile), 'application/json');
  return profile;
}
