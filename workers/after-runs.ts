/**
 * What is left to do after runs that could not do it themselves: a run that was terminated wrote no record, and one that was
 * cancelled while no worker was there told nobody. Their jobs are ended here, their runs in MLflow, and their record is
 * written. After any run what a late request made in MLflow is ended or removed. All of it may be done by several workers, and again.
 */
import type { Logger } from 'pino';
import { endOpenRuns } from '#activities/model/end-open-runs.ts';
import { removeSurplusVersions } from '#activities/release/surplus-versions.ts';
import type { Temporal } from '#adapters/temporal/connection.ts';
import { type EndedRun, endedRuns } from '#adapters/temporal/ended-runs.ts';
import { storeKey, taskQueue } from '#contracts/names.ts';
import type { RunRecord } from '#contracts/run.ts';
import type { Executor } from '#ports/executor.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { Tracking } from '#ports/tracking.ts';
import { namesRecord, readRecord } from '#records/runs.ts';
import { writeMissingRecord } from './missing-records.ts';
import { JobReaper } from './reap-jobs.ts';

/** With a trainer's grace of 10 s it has ended within 30 s, whatever ended its run. */
const EVERY_MS = 5_000;
/** Looking takes at most this part of the time, and yet comes this often: what a late request made is not to stay for minutes. */
const SHARE = 0.05;
const AT_LEAST_EVERY_MS = 30_000;
/** How far back a worker looks that has just started. */
const LOOK_BACK_MS = 3 * 86_400_000;
/** The listing of ended runs lags behind. */
const LAG_MS = 10 * 60_000;
/** A run is looked after so long after its end, too: a request that its client gave up after 30 s may arrive after the run's end. */
const LATE_MS = 60_000;

export interface AfterRuns {
  executor: Executor;
  temporal: Temporal;
  store: ObjectStore;
  tracking: Tracking;
  environment: string;
  log: Logger;
}

/**
 * Until the next look, after one that took so long; milliseconds.
 * @internal
 */
export const restAfter = (took: number): number => Math.max(EVERY_MS, Math.min(AT_LEAST_EVERY_MS, took / SHARE));

/** Looks at once and then every 5 s until it is stopped. */
export function lookAfterRuns(deps: AfterRuns): { stop(): void } {
  const look = createLook(deps);
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let said = '';
  const again = async () => {
    const began = performance.now();
    try {
      await look();
      said = '';
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      if (words !== said && !stopped) deps.log.warn({ error: words }, 'runs that have ended could not be looked after');
      said = words;
    }
    if (stopped) return;
    timer = setTimeout(() => void again(), restAfter(performance.now() - began));
    timer.unref();
  };
  void again();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function createLook(deps: AfterRuns): () => Promise<void> {
  const reaper = new JobReaper(deps.executor, deps.temporal);
  /** When each was looked after, by the time that it closed at. */
  const handled = new Map<string, number>();
  /** To be looked after, not before `from` of a clock that nobody sets; the `last` time or once more. */
  const left = new Map<string, { run: EndedRun; from: number; last: boolean }>();
  const began = Date.now();
  // By the server's clock from the first one on: that of this machine may be set while it looks.
  let newest = Date.now() - LOOK_BACK_MS + LAG_MS;
  return async () => {
    const { stopped, removed, atWork } = await reaper.reap();
    if (stopped.length + removed.length > 0) deps.log.info({ stopped, removed }, 'ended jobs of runs that are over');
    const queue = taskQueue.control(deps.environment);
    const bad = new Date(newest - LAG_MS);
    // Those that ended well before this worker was there were looked after by others, or are many.
    const well = new Date(Math.max(newest, began) - LAG_MS);
    for await (const run of endedRuns(deps.temporal.client, queue, { bad, well })) {
      newest = Math.max(newest, run.closedAt);
      if (handled.has(run.id) || left.has(run.id)) continue;
      // One that ended well left nothing itself: only what comes late is looked for.
      const last = run.end === 'COMPLETED';
      left.set(run.id, { run, from: last ? performance.now() + LATE_MS : 0, last });
    }
    let failed: unknown;
    for (const [id, { run, from, last }] of left) {
      // What its trainer says at its end is not to come after ours.
      if (atWork.has(id) || performance.now() < from) continue;
      try {
        await settle(deps, run);
      } catch (error) {
        // What one run makes impossible is not to keep the others waiting.
        failed ??= error;
        continue;
      }
      handled.set(id, run.closedAt);
      if (last) left.delete(id);
      else left.set(id, { run, from: performance.now() + LATE_MS, last: true });
    }
    for (const [id, at] of handled) if (at < newest - 2 * LAG_MS) handled.delete(id);
    if (failed) throw failed;
  };
}

async function settle(
  { temporal, store, tracking, environment, log }: AfterRuns,
  { id, end }: EndedRun,
): Promise<void> {
  const { client } = temporal;
  const forced = end === 'COMPLETED' ? null : await writeMissingRecord({ client, store, environment }, id);
  if (forced) log.info({ run: id }, 'wrote the record of a run that could not');
  const record = forced ?? (await recordOf(store, id));
  // Without a plan it came to nothing.
  if (!record?.plan) return;
  const { run, plan } = record;
  if (Object.hasOwn(plan.steps, 'train')) await endOpenRuns(tracking, run, end === 'FAILED' ? 'FAILED' : 'KILLED');
  if (Object.hasOwn(plan.steps, 'register')) await removeSurplusVersions(tracking, run);
}

async function recordOf(store: ObjectStore, id: string): Promise<RunRecord | null> {
  return namesRecord(store, id) && (await store.head(storeKey.record(id))) ? readRecord(store, id) : null;
}
