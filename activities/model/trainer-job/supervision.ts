/**
 * Sees a detached job through to its end: starts it, takes it over when it runs already, starts it again when it died.
 * Nothing of what it knows is kept in this process: after a death at any line, the next supervisor reads the same
 * state from the executor and goes on.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '#contracts/failures.ts';
import type { RunContext } from '#contracts/run.ts';
import {
  type Executor,
  isHeldBy,
  type JobExit,
  type JobHolder,
  type JobMaterial,
  type JobSpec,
  type JobTaker,
} from '#ports/executor.ts';
import { stoodStill, takenOver } from '../../dispatch/failure.ts';
import type { StageContext } from '../../stage.ts';
import { stayAwake } from '../awake.ts';
import { endedWell, isDeath } from './exit.ts';

export interface Supervised {
  executor: Executor;
  /** What it reads and runs. */
  material: JobMaterial;
  context: Pick<StageContext, 'node' | 'signal' | 'stopping' | 'progress' | 'limits'> & { run: Pick<RunContext, 'id'> };
  /** What to run as this attempt, once all that it reads is there. `resumed`: the earlier attempt left checkpoints, which it goes on from. */
  spec(attempt: number, resumed: boolean): Promise<JobSpec>;
  /** The newest attempt that others than the executor know to have begun; 0 for none. Asked when the executor knows none. */
  begun?(): Promise<number>;
  /** Asked now and then while the job runs; null for nothing new. Errors are not the job's. */
  describe(): Promise<string | null>;
}

/** The job is asked this often whether it still runs, in ms: at first often, because many scripts are short. */
const POLL = { first: 100, later: 500 };
/** Between two questions for progress, in ms. */
const DESCRIBE = 1_000;
/** Between two signs of life to the job, in ms; its lease is a day. */
const TOUCH = 30_000;
/** A job that died this often is not started again: something kills it each time. */
const MOST_STARTS = 10;
/** The job is stopped this much before the activity's own time is up, so that there is time to say why; ms. */
const MARGIN = 10_000;

/** `timed-out`: it ran longer than the step's limit and was stopped. */
export type Ending = JobExit | 'timed-out';

/**
 * @throws the signal's reason when it is aborted: the job is stopped before when somebody cancelled, and left alone
 *   when only this worker goes.
 */
export async function supervise(job: Supervised): Promise<Ending> {
  const { executor, context } = job;
  const { id } = job.material;
  const limit = context.limits?.timeoutMs ?? null;
  const deadline =
    limit === null ? Number.POSITIVE_INFINITY : performance.now() + Math.max(limit - MARGIN, limit * 0.9);
  const awake = stayAwake();
  const by: JobTaker = { run: context.run.id, node: context.node };
  try {
    for (;;) {
      context.signal.throwIfAborted();
      const state = await executor.attach(id);
      const holder = await executor.holder(id);
      // This run is over, whether it was told so or not: the job is none of its business any more.
      if (!isHeldBy(holder, by)) throw takenOver();
      if (state.kind === 'running') {
        const ended = await watch(job, by, deadline);
        if (ended === 'timed-out') return ended;
        continue;
      }
      if (state.kind === 'done' && !isDeath(state.exit) && !isOfBefore(state.exit, holder)) return state.exit;
      // A job that was there and is not any more begins anew: never in the run of one that trained already.
      const last = state.kind === 'absent' ? ((await job.begun?.()) ?? 0) : state.attempt;
      const deaths = last - (holder?.attempt ?? 0);
      if (deaths >= MOST_STARTS)
        throw new UserError(
          'JobFailed',
          `the job was killed ${deaths} times and is not started again: look for what kills it (memory of the machine, a service that ends processes), then run \`ratchet retry\``,
        );
      const resumed = last > 0 && (await executor.checkpoints(id)) > 0;
      if (last > 0) {
        const how = state.kind === 'absent' ? 'is gone with its folder' : deaths > 0 ? 'died' : 'had ended';
        context.progress(resumed ? `${how}, goes on from its last checkpoint` : `${how}, starts again`);
        await pause(context.signal, deaths);
      }
      context.progress('fetching inputs');
      // An environment may take minutes to make, for others as well: who is told to stop does not wait for it.
      const progress = (line: string) => context.progress(line);
      await unlessAborted(context.signal, executor.stage(job.material, { signal: context.signal, progress }));
      context.signal.throwIfAborted();
      const spec = await job.spec(last + 1, resumed);
      context.signal.throwIfAborted();
      // By its own clock, before Temporal can tell it: whoever has the step now decides what begins.
      if (!awake.still()) throw stoodStill();
      if (!isHeldBy(await executor.holder(id), by)) throw takenOver();
      await executor.start(spec);
    }
  } catch (error) {
    if (context.signal.aborted && !context.stopping()) await executor.stop(id, 'cancelled', by);
    throw context.signal.aborted ? context.signal.reason : error;
  } finally {
    awake.stop();
  }
}

/** An end that was another run's: how that one failed, or was ended, says nothing of this run. */
function isOfBefore(exit: JobExit, holder: JobHolder | null): boolean {
  if (!holder || exit.attempt > holder.attempt || endedWell(exit)) return false;
  // It was taken over while it ran: its own failure is this run's, a stop was meant for the one before.
  return exit.reason === 'stopped' || exit.attempt < holder.attempt || !holder.running;
}

/** What `work` gives, or the signal's reason as soon as it is aborted; the work goes on then, and nobody waits for it. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const over = new AbortController();
  const aborted = once(signal, 'abort', { signal: over.signal }).then(
    () => Promise.reject(signal.reason),
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([work, aborted]);
  } finally {
    over.abort();
  }
}

/** Until the job runs no more. */
async function watch(job: Supervised, by: JobTaker, deadline: number): Promise<'over' | 'timed-out'> {
  const { executor, context } = job;
  const { id } = job.material;
  let said: string | null = null;
  let restored: string | undefined;
  let [touched, described, polls] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (;;) {
    const state = await executor.attach(id);
    if (state.kind !== 'running') return 'over';
    if (state.restoredAt !== restored && state.restoredAt) {
      context.progress(
        `its folder was removed while it ran, and made again at ${state.restoredAt}: the same process goes on`,
      );
      // Its keeper knows only who began it.
      const holder = await executor.holder(id);
      if (holder?.taken === 0 && !isHeldBy(holder, by)) await executor.take(id, by, 0);
    }
    restored = state.restoredAt;
    const now = performance.now();
    if (now > deadline) {
      await executor.stop(id, 'it ran longer than the time limit of its step', by);
      return 'timed-out';
    }
    if (now - touched > TOUCH) {
      await executor.touch(id);
      touched = now;
    }
    if (now - described > DESCRIBE) {
      said = (await job.describe().catch(() => null)) ?? said;
      context.progress(said ?? 'running');
      described = performance.now();
    }
    await sleep(polls++ < 20 ? POLL.first : POLL.later, undefined, { signal: context.signal });
  }
}

/** Before the first new start none, then longer and longer: what killed it may still be there. */
async function pause(signal: AbortSignal, deaths: number): Promise<void> {
  if (deaths > 1) await sleep(Math.min(1_000 * 2 ** (deaths - 2), 30_000), undefined, { signal });
}
