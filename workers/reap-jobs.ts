/** Ends detached jobs whose run is over: cancelled while nobody looked, terminated, or given up. */

import type { Temporal } from '#adapters/temporal/connection.ts';
import { type RunEnd, runEnd } from '#adapters/temporal/run-status.ts';
import { workflowId } from '#contracts/names.ts';
import type { Executor, JobListing, JobOwner } from '#ports/executor.ts';

/** A job that has ended and whose run goes on is of no hurry: asked again after so long. */
const DONE_AGAIN_MS = 60_000;
/** How long a trainer waits for a retry that has begun: it plans, and comes to the node. One that does not want it leaves it. */
const RETRY_MS = 60_000;

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
  /** By job: when its trainer was first seen to run for a run that is over. */
  readonly #wanted = new Map<string, number>();

  readonly #retryMs: number;

  constructor(executor: Executor, temporal: Temporal, { retryMs = RETRY_MS }: { retryMs?: number } = {}) {
    this.#executor = executor;
    this.#temporal = temporal;
    this.#retryMs = retryMs;
  }

  async reap(): Promise<Reaped> {
    const endOf = asked((run) => runEnd(this.#temporal.client, run));
    const atWork = new Set<string>();
    const before = new Map(this.#wanted);
    this.#wanted.clear();
    const ownerOf = async (job: JobListing): Promise<JobOwner> => {
      const { run } = job.labels;
      if (!run) return 'unknown';
      if (job.state.kind === 'done' && within(this.#openSince.get(run), DONE_AGAIN_MS)) return 'open';
      const end = await endOf(run);
      // Unknown here may be known elsewhere: another server, another namespace. The job's own lease is the limit.
      let owner: JobOwner = end === 'unknown' || end === 'open' ? end : 'closed';
      if (owner === 'open') this.#openSince.set(run, performance.now());
      if (end === 'badly' && job.state.kind === 'running' && (await isRetried(run, endOf))) {
        const since = before.get(job.id) ?? performance.now();
        this.#wanted.set(job.id, since);
        if (within(since, this.#retryMs)) owner = 'open';
      }
      if (owner !== 'closed' && job.state.kind === 'running') atWork.add(run);
      return owner;
    };
    return { ...(await this.#executor.reap(ownerOf)), atWork };
  }
}

type EndOf = (run: string) => Promise<RunEnd>;

/** Asked once for all jobs of a run. */
function asked(ask: EndOf): EndOf {
  const answers = new Map<string, Promise<RunEnd>>();
  return (run) => {
    const answer = answers.get(run) ?? ask(run);
    answers.set(run, answer);
    return answer;
  };
}

/** Whether a retry of the run goes on: it may take the job over, and then it is its own. */
async function isRetried(run: string, endOf: EndOf): Promise<boolean> {
  for (let attempt = 2; ; attempt++) {
    const end = await endOf(workflowId.retry(run, attempt));
    if (end === 'open') return true;
    if (end === 'unknown') return false;
  }
}

const within = (since: number | undefined, ms: number) => since !== undefined && performance.now() - since < ms;
