/**
 * Which job does a step's work. A run has jobs of its own, by its id and the node's; a retry takes up the job of a run that
 * failed with the same work, while it still runs or from its checkpoint. See docs/adr/0021-a-retry-takes-up-the-trainer.md.
 */
import type { Executor, JobListing, JobTaker } from '#ports/executor.ts';
import type { StageContext } from '../stage.ts';
import { endedWell } from './trainer-job/exit.ts';
import { jobId } from './trainer-job/trainer-job.ts';

interface Needs {
  executor: Executor;
  /** Whether a run is over and came to nothing: its jobs are nobody's. */
  runFailed(run: string): Promise<boolean>;
}

/**
 * The job's id, the same in each attempt of the step.
 * @param takes whether what is left of a job can be gone on with, as far as others than the executor know
 */
export async function jobOf(
  { executor, runFailed }: Needs,
  context: Pick<StageContext, 'run' | 'node' | 'work' | 'progress'>,
  takes: (job: JobListing) => Promise<boolean>,
): Promise<string> {
  const { run, node, work } = context;
  const own = jobId(run.id, node);
  // Whoever starts a run anew means to begin anew: a checkpoint may be what it failed of.
  if (run.trigger.kind !== 'retry' || work === undefined) return own;
  const by: JobTaker = { run: run.id, node };
  for (;;) {
    const jobs = await executor.list();
    const mine = jobs.find(({ labels }) => labels.run === by.run && labels.node === by.node);
    if (mine) return mine.id;
    const left = await firstOf(byPreference(jobs, by, work), async (job) => {
      if (!(await runFailed(job.labels.run ?? ''))) return false;
      return (await hasSomething(executor, job)) && takes(job);
    });
    if (!left) return own;
    const { id, taken, labels } = left;
    // Another one may have been faster: then it is looked again at what is left.
    if (!(await executor.take(id, by, taken))) continue;
    context.progress(`takes up what ${labels.run} left`);
    return id;
  }
}

/** What a job's folder says of it: whose it is, and what it does. */
export function labelsOf({ run, node, work }: Pick<StageContext, 'run' | 'node' | 'work'>): Record<string, string> {
  return { run: run.id, node, pipeline: run.pipeline, ...(work === undefined ? {} : { work }) };
}

/** Jobs with this work: one that runs before one that has ended, the same node's before another's, the newest first. */
function byPreference(jobs: readonly JobListing[], by: JobTaker, work: string): JobListing[] {
  const rank = ({ state, labels }: JobListing) =>
    (state.kind === 'running' ? 2 : 0) + (labels.node === by.node ? 1 : 0);
  const ended = ({ state }: JobListing) => (state.kind === 'done' ? Date.parse(state.exit.endedAt) : 0);
  return jobs
    .filter(({ labels }) => labels.work === work && labels.run !== by.run)
    .sort((a, b) => rank(b) - rank(a) || ended(b) - ended(a));
}

/** Without a checkpoint, what has ended badly is nothing to go on from. */
async function hasSomething(executor: Executor, { id, state }: JobListing): Promise<boolean> {
  if (state.kind === 'absent') return false;
  if (state.kind === 'running' || (state.kind === 'done' && endedWell(state.exit))) return true;
  return (await executor.checkpoints(id)) > 0;
}

async function firstOf<T>(items: readonly T[], is: (item: T) => Promise<boolean>): Promise<T | undefined> {
  for (const item of items) if (await is(item)) return item;
  return undefined;
}
