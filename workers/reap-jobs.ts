/** Ends detached jobs whose run is over: cancelled while nobody looked, terminated, or given up. */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Executor, JobListing } from '#activities/ports/executor.ts';
import type { Temporal } from '#adapters/temporal/connection.ts';

export async function reapJobs(executor: Executor, temporal: Temporal, log: Logger): Promise<void> {
  const isClosed = async (job: JobListing): Promise<boolean> => {
    const run = job.labels.run;
    if (!run) return false;
    try {
      const { status } = await temporal.client.workflow.getHandle(run).describe();
      return status.name !== 'RUNNING' && status.name !== 'CONTINUED_AS_NEW';
    } catch (error) {
      // Unknown here may be known elsewhere: another server, another namespace. The job's own lease is the limit.
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  };
  try {
    const { stopped, removed } = await executor.reap(isClosed);
    if (stopped.length + removed.length > 0) log.info({ stopped, removed }, 'ended jobs of runs that are over');
  } catch (error) {
    log.warn(
      { error: error instanceof Error ? error.message : String(error) },
      'jobs of closed runs could not be looked for',
    );
  }
}
