/** What the watch works with. */
import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import type { LoopPolicy } from '#contracts/loop/policy.ts';
import { environmentPrefix } from '#contracts/names.ts';
import type { RunContext } from '#contracts/run.ts';
import type { ErrorModel } from '#ports/error-model.ts';
import type { Histories } from '#ports/history.ts';
import type { Loops } from '#ports/loops.ts';
import type { Databases, QueryTables } from '#ports/queries.ts';
import type { Skews } from '#ports/skew.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tables } from '#ports/tables.ts';
import type { Tracking } from '#ports/tracking.ts';
import type { DatasetCache } from '../data/dataset-cache.ts';
import type { Drift } from '../data/drift.ts';
import type { ValidateDataDependencies } from '../data/validate-data.ts';
import type { ScoreRows } from '../model/score-rows.ts';
import type { StageContext, StageWork } from '../stage.ts';

export interface WatchDeps {
  readonly store: ObjectStore;
  readonly tables: Tables;
  /** For what was served. */
  readonly histories: Histories & Skews & QueryTables;
  readonly databases: Databases;
  readonly tracking: Tracking;
  readonly loops: Loops;
  readonly sources: ValidateDataDependencies;
  readonly files: DatasetCache;
  readonly evaluate: StageWork<'evaluate'>;
  readonly scoreRows: ScoreRows;
  readonly errorModel: ErrorModel;
  readonly drift: Drift;
  /** Bytes that tables of looks may take on this machine; default 10 GiB. */
  readonly heldBytes?: number | undefined;
  /** Whose definitions of features are looked up. */
  readonly project: string;
  /** Scratch, emptied when a worker starts. */
  readonly workFolder: string;
}

/** Works in a folder of its own, as a stage does. */
export async function asStage<T>(
  deps: Pick<WatchDeps, 'workFolder'>,
  policy: LoopPolicy,
  asOf: string,
  work: (context: StageContext) => Promise<T>,
): Promise<T> {
  const { cancellationSignal } = Context.current();
  // The store's SDK leaves a listener on it a request.
  setMaxListeners(0, cancellationSignal);
  const workdir = await mkdtemp(join(deps.workFolder, 'watch-'));
  const run: RunContext = {
    id: `watch/${policy.pipeline}`,
    pipeline: policy.pipeline,
    model: policy.model,
    environment: policy.environment,
    asOf,
    trigger: { kind: 'schedule', id: 'watch', reason: 'the watch', figures: {}, who: 'ratchet', at: asOf },
  };
  const context: StageContext = {
    run,
    node: 'watch',
    attempt: 1,
    signal: cancellationSignal,
    stopping: () => false,
    progress: () => undefined,
    workdir,
  };
  try {
    return await work(context);
  } finally {
    await rm(workdir, { recursive: true, force: true });
  }
}

/** As MLflow's registry knows it; null when the pipeline trains none. */
export function modelName({ environment, model }: LoopPolicy): string | null {
  return model === null ? null : environmentPrefix(environment) + model;
}
