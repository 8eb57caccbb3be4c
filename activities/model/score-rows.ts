/** What one registered model says of a table's rows, in the Python environment that it was trained in. */
import { join } from 'node:path';
import type { DatasetRef, ModelRef } from '#contracts/data.ts';
import type { Predictor, PredictRequest, Scores } from '#ports/predictor.ts';
import type { StageContext } from '../stage.ts';
import type { ModelsDeps } from './evaluate/models.ts';
import { type LocalModels, localModel } from './local-model.ts';

export interface ScoreRowsDeps extends LocalModels, Pick<ModelsDeps, 'localFile'> {
  readonly predictor: Pick<Predictor, 'predict' | 'warm'>;
  /** Interpreter of the Python environment made from the lock with this SHA-256; null: the environment that Ratchet ships. */
  environmentFor(lock: string | null, progress: (line: string) => void): Promise<string>;
}

interface ScoreRowsRequest extends Pick<PredictRequest, 'name' | 'without' | 'task'> {
  readonly model: ModelRef;
  /** Parquet: stored, or a file of this machine. */
  readonly rows: DatasetRef | { readonly path: string };
  /** Name of the file of scores, in the attempt's folder. */
  readonly to: string;
}

/** @returns the rows' local file, and the scores in their order */
export type ScoreRows = (
  request: ScoreRowsRequest,
  context: Pick<StageContext, 'signal' | 'progress' | 'workdir'>,
) => Promise<{ file: string; scores: Scores }>;

export function createScoreRows(deps: ScoreRowsDeps): ScoreRows {
  return async ({ model, rows, to, ...asked }, { signal, progress, workdir }) => {
    const [python, file, folder] = await Promise.all([
      deps.environmentFor(model.environment, progress).then((interpreter) => {
        deps.predictor.warm(interpreter);
        return interpreter;
      }),
      'path' in rows ? rows.path : deps.localFile(rows, signal),
      localModel(deps, model, signal),
    ]);
    const request = { ...asked, python, model: folder, rows: file, to: join(workdir, to) };
    return { file, scores: await deps.predictor.predict(request, signal) };
  };
}
