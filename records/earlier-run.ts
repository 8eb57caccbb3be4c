/** The run that another one takes up, also where it, or runs between, ended before a plan was made. */
import { UserError } from '#contracts/failures.ts';
import type { Json } from '#contracts/json.ts';
import type { PlannedRecord, RunEnvelope } from '#contracts/run.ts';
import type { ObjectStore } from '#ports/store.ts';
import { readRecord } from './runs.ts';

export interface EarlierRun {
  /** The nearest one with a plan: what it did is kept. Null when there is none. */
  record: PlannedRecord | null;
  /** What the run starts from: params of the plan, and over them those that later runs without a plan were given. */
  params: Record<string, Json>;
  /** ISO */
  asOf: string;
  /** The node that a fork without a plan was to run again from. */
  from: string | undefined;
}

/** @throws UserError InvalidInput when a record is missing, or is of another pipeline, or has no plan to be forked. */
export async function earlierRun(
  store: ObjectStore,
  { runId, mode }: NonNullable<RunEnvelope['resume']>,
  pipeline: string,
): Promise<EarlierRun> {
  const first = await readRecord(store, runId);
  if (mode === 'fork' && first.plan === null) throw new UserError('InvalidInput', nothingToFork(runId));
  let record = first;
  let params: Record<string, Json> = {};
  let from: string | undefined;
  for (;;) {
    const { run, plan, startedWith, resumedFrom } = record;
    if (run.pipeline !== pipeline)
      throw new UserError(
        'InvalidInput',
        `${run.id} is a run of "${run.pipeline}", not of "${pipeline}": nothing of it can be kept.`,
      );
    params = { ...(plan?.params ?? paramsOf(startedWith?.params ?? null)), ...params };
    from ??= startedWith?.from;
    const asOf = first.run.asOf;
    if (plan) return { record: { ...record, plan }, params, asOf, from };
    if (resumedFrom === null) return { record: null, params, asOf, from };
    record = await readRecord(store, resumedFrom);
  }
}

export const nothingToFork = (runId: string): string =>
  `${runId} ended before its plan was made: it has no node to run again from. \`ratchet retry ${runId}\` plans it anew.`;

/** @throws UserError InvalidInput when they are no JSON object */
export function paramsOf(given: Json): Record<string, Json> {
  if (given !== null && (typeof given !== 'object' || Array.isArray(given)))
    throw new UserError(
      'InvalidInput',
      `A run's params are a JSON object such as {"learningRate": 0.1}; this is ${JSON.stringify(given).slice(0, 80)}.`,
    );
  return { ...(given as Record<string, Json> | null) };
}
