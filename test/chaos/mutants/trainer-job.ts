/** The mutant of activities/model/trainer-job/trainer-job.ts: a job's id that only the process which made it knows. */
import { randomBytes } from 'node:crypto';
import * as real from '#activities/model/trainer-job/trainer-job.ts';
import type { RunContext } from '#contracts/run.ts';
import type { Tracking } from '#ports/tracking.ts';

export * from '#activities/model/trainer-job/trainer-job.ts';

const mine = randomBytes(4).toString('hex');

export const jobId = (runId: string, node: string): string => real.jobId(`${runId}-${mine}`, node);

export const trainingAgain: typeof real.trainingAgain = (of) =>
  real.trainingAgain({ ...of, run: { id: `${of.run.id}-${mine}` } });

/** Its runs in MLflow are marked with the same id. */
export const trainerRuns = (
  tracking: Tracking,
  run: RunContext,
  of: { node: string; job: string; host: string },
  tags: Record<string, string>,
): Promise<real.TrainerRuns> => real.trainerRuns(tracking, { ...run, id: `${run.id}-${mine}` }, of, tags);
