/** Both models and the holdout on this machine, and the Python environment that predicts. */
import type { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import type { evaluate } from '#contracts/stages/evaluate.ts';
import { versionName } from '#decisions/gate/words.ts';
import type { Tables } from '#ports/tables.ts';
import type { StageContext } from '../../stage.ts';
import { type LocalModels, localModel } from '../local-model.ts';

export type EvaluateInput = z.output<typeof evaluate.input>;
export interface ModelsDeps extends LocalModels {
  /** A local file with the bytes of a stored reference, from the cache or the store; it outlives the worker. */
  localFile(ref: { uri: string; digest: string }, signal: AbortSignal): Promise<string>;
  readonly tables: Pick<Tables, 'snapshot'>;
}

/** The holdout as a local Parquet file. */
export async function localHoldout(
  deps: ModelsDeps,
  { holdout }: EvaluateInput,
  { signal, workdir }: StageContext,
): Promise<string> {
  const file = await deps.localFile(holdout, signal);
  if (holdout.format === 'parquet') return file;
  const to = `${workdir}/holdout.parquet`;
  await deps.tables.snapshot({ files: [file], format: holdout.format, to }, signal);
  return to;
}

export const candidateFolder = (
  deps: ModelsDeps,
  { candidate }: EvaluateInput,
  { signal }: StageContext,
): Promise<string> => localModel(deps, candidate, signal);

/** @throws UserError of the same type, saying which version is gone and what can be done. */
export async function championFolder(
  deps: ModelsDeps,
  { champion }: EvaluateInput,
  { signal }: StageContext,
): Promise<string | null> {
  if (!champion) return null;
  try {
    return await localModel(deps, champion, signal);
  } catch (error) {
    throw championFailed(
      champion,
      error,
      'The files of',
      'Roll back to a version whose files are there (`ratchet rollback`), or take the alias `champion` from it in MLflow: the next candidate that reaches the floors is then a first champion.',
    );
  }
}

/** The champion could not predict: the candidate's environment is not its own. */
export const championCannotPredict = (champion: NonNullable<EvaluateInput['champion']>, error: unknown): unknown =>
  championFailed(
    champion,
    error,
    'In the candidate’s Python environment',
    'Give the trainer a lock with which the champion still loads, or take the alias `champion` from it in MLflow: the next candidate that reaches the floors is then a first champion.',
  );

function championFailed(
  { model, version, uri }: NonNullable<EvaluateInput['champion']>,
  error: unknown,
  where: string,
  advice: string,
): unknown {
  if (!(error instanceof UserError) || error.type === 'OutsideUnreachable') return error;
  return new UserError(
    error.type,
    `${where} champion ${versionName(version)} of ${model} (${uri}) cannot be used: ${error.message} ${advice}`,
    { cause: error },
  );
}
