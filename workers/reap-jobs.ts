/** Ends detached jobs whose run is over: cancelled while nobody looked, terminated, or given up. */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Executor, JobListing } from '#activities/ports/executor.ts';
import type { Temporal } from '#adapters/temporal/connection.ts';

export async function reapJobs(executor: Executor, temporal: Temporal, log: Logger): Promise<void> {
  /** Asked once for all jobs of a run. */
  const asked = new Map<string, Promise<'open' | 'closed' | 'unknown'>>();
  const isClosed = async ({ labels: { run }, state }: JobListing): Promise<boolean> => {
    if (!run) return false;
    const found = asked.get(run) ?? endOf(temporal, run);
    asked.set(run, found);
    const end = await found;
    // Unknown here may be known elsewhere: another server, another namespace. The lease of a job that runs is the limit;
    // what is left of one that is over is kept no longer than Temporal keeps its run.
    return end === 'closed' || (end === 'unknown' && state.kind === 'done');
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

async function endOf(temporal: Temporal, run: string): Promise<'open' | 'closed' | 'unknown'> {
  try {
    const { status } = await temporal.client.workflow.getHandle(run).describe();
    return status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW' ? 'open' : 'closed';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'unknown';
    throw error;
  }
}
