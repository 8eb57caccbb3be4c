/** Ends detached jobs whose run is over: cancelled while nobody looked, terminated, or given up. */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Executor, JobListing, JobOwner } from '#activities/ports/executor.ts';
import type { Temporal } from '#adapters/temporal/connection.ts';

/** A job that has ended and whose run goes on is of no hurry: asked again after so long. */
const DONE_AGAIN_MS = 60_000;

export interface Reaped {
  stopped: string[];
  removed: string[];
  /** Runs that jobs of this machine are at work for. */
  atWork: ReadonlySet<string>;
}

/** Remembers what it was told: make one for a worker's life. Clocks that are set have no say in it. */
export class JobReaper {
  readonly #executor: Executor;
  readonly #temporal: Temporal;
  readonly #openSince = new Map<string, number>();

  constructor(executor: Executor, temporal: Temporal) {
    this.#executor = executor;
    this.#temporal = temporal;
  }

  async reap(): Promise<Reaped> {
    /** Asked once for all jobs of a run. */
    const asked = new Map<string, Promise<string>>();
    const atWork = new Set<string>();
    const ownerOf = async ({ labels: { run }, state }: JobListing): Promise<JobOwner> => {
      if (!run) return 'unknown';
      if (state.kind === 'done' && within(this.#openSince.get(run), DONE_AGAIN_MS)) return 'open';
      const status = asked.get(run) ?? statusOf(this.#temporal, run);
      asked.set(run, status);
      const owner = ownerBy(await status);
      if (owner === 'open') this.#openSince.set(run, performance.now());
      if (owner !== 'closed' && state.kind === 'running') atWork.add(run);
      return owner;
    };
    return { ...(await this.#executor.reap(ownerOf)), atWork };
  }
}

function ownerBy(status: string): JobOwner {
  // Unknown here may be known elsewhere: another server, another namespace. The job's own lease is the limit.
  if (status === 'UNKNOWN') return 'unknown';
  // A retry is a run of its own, with jobs of its own: what a failed one left would run beside them.
  return status === 'RUNNING' || status === 'CONTINUED_AS_NEW' ? 'open' : 'closed';
}

const within = (since: number | undefined, ms: number) => since !== undefined && performance.now() - since < ms;

async function statusOf(temporal: Temporal, run: string): Promise<string> {
  try {
    return (await temporal.client.workflow.getHandle(run).describe()).status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'UNKNOWN';
    throw error;
  }
}
