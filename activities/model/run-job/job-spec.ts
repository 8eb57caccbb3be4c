/** What the executor is asked to run, for trainers and scripts alike. Pure. */
import type { JobMaterial, JobSpec } from '#ports/executor.ts';
import type { StageContext } from '../../stage.ts';
import { labelsOf } from '../job-of.ts';
import type { JobDependencies } from './dependencies.ts';

/** @param attempt.runId the MLflow run that it logs to; absent for a script, which has none of its own */
export function jobSpec(
  { tracking, patienceMs }: Pick<JobDependencies, 'tracking' | 'patienceMs'>,
  context: Pick<StageContext, 'run' | 'node' | 'work' | 'limits'>,
  job: JobMaterial,
  { attempt, resumed, ...logged }: { attempt: number; resumed: boolean; experimentId: string; runId?: string },
): JobSpec {
  const { memoryMb = null } = context.limits ?? {};
  return {
    ...job,
    attempt,
    resumed,
    secrets: tracking.credentials,
    tracking: {
      trackingUri: tracking.url,
      ...(patienceMs === undefined ? {} : { patienceSeconds: patienceMs / 1_000 }),
      ...logged,
    },
    limits: { memoryBytes: memoryMb === null ? null : memoryMb * 2 ** 20 },
    labels: labelsOf(context),
  };
}
