/** Which job a step's node is, and which MLflow run each of its attempts logs to. */

import { environmentPrefix } from '#contracts/names.ts';
import type { RunContext } from '#contracts/run.ts';
import type { TrackedRun, Tracking } from '#ports/tracking.ts';
import { sha256 } from '../../sha256.ts';
import { endOpen } from '../open-runs.ts';

/** The same for every attempt of the activity and on every worker; a safe name for a folder, 1 to 97 characters. */
export function jobId(runId: string, node: string): string {
  const words = `${runId}-${node}`.replace(/[^A-Za-z0-9.]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return `${words.slice(-80) || 'job'}-${sha256(`${runId}\0${node}`).slice(0, 16)}`.replace(/^[^A-Za-z0-9]+/, '');
}

/** A pipeline's experiment in MLflow; the environment's name goes before it, as before a model's. */
export const experimentName = (run: Pick<RunContext, 'environment' | 'pipeline'>): string =>
  environmentPrefix(run.environment) + run.pipeline;

/**
 * A model that was lost is trained again, from the start: by a job of its own, since the one that made it has ended well.
 * Null where none was.
 */
export function trainingAgain({
  run,
  node,
  damaged = [],
}: {
  run: Pick<RunContext, 'id'>;
  node: string;
  damaged?: readonly string[];
}): string | null {
  const lost = damaged.filter((uri) => /^(?:models|runs):\//.test(uri)).length;
  return lost === 0 ? null : jobId(run.id, `${node}, again ${lost}`);
}

export interface TrainerRuns {
  readonly experimentId: string;
  /** The pipeline run's own MLflow run, parent of the attempts'. */
  readonly parent: TrackedRun;
  /** The run that this attempt of the job logs to: its own, or that of the attempt which it went on from; null when none. */
  of(attempt: number): Promise<TrackedRun | null>;
  /** A new run for a fresh attempt; what earlier attempts left open is ended as KILLED. Safe to repeat. */
  fresh(attempt: number): Promise<TrackedRun>;
  /** The newest attempt on this machine that has logged something; 0 for none. */
  begun(): Promise<number>;
  /** Makes the run of `attempt` one of this pipeline run, open: its job was taken over from another one. Safe to repeat. */
  takeOver(attempt: number): Promise<void>;
  /** Ends what is open of the job on this machine, whatever it came to: also a run that was made for a job that never began. */
  end(status: 'FAILED' | 'KILLED'): Promise<void>;
}

/**
 * Makes experiment and parent when they are missing.
 * @param of.job the id of the node's job
 * @param of.host the machine that the job is on. Attempts are counted by the machine, and one that was given up may still
 *   train there: a job that moved to another one begins in an MLflow run of its own.
 */
export async function trainerRuns(
  tracking: Tracking,
  run: RunContext,
  { node, job, host }: { node: string; job: string; host: string },
  tags: Record<string, string>,
): Promise<TrainerRuns> {
  const common = { 'ratchet.run': run.id, 'ratchet.pipeline': run.pipeline, ...tags };
  const experimentId = await tracking.ensureExperiment(experimentName(run));
  const parent = await tracking.ensureRun({ experimentId, key: run.id, name: run.id, tags: common });
  const of = async (attempt: number) =>
    (await ofJob()).findLast((each) => each.here && each.attempt <= attempt)?.tracked ?? null;
  const ofJob = async () => {
    const runs = oneOfEachKey(await tracking.runsTagged(experimentId, 'ratchet.job', job));
    const attemptOf = ({ tags }: TrackedRun) => Number(tags['ratchet.attempt'] ?? 0);
    return runs
      .map((tracked) => ({ tracked, attempt: attemptOf(tracked), here: tracked.tags['ratchet.host'] === host }))
      .filter(({ attempt }) => attempt > 0)
      .sort((a, b) => a.attempt - b.attempt);
  };
  return {
    experimentId,
    parent,
    // A resumed attempt has no run of its own, so the newest at or before it is the one that it goes on with.
    of,
    begun: async () =>
      (await ofJob()).findLast(
        ({ here, tracked: { metrics, params } }) => here && Object.keys({ ...metrics, ...params }).length > 0,
      )?.attempt ?? 0,
    async takeOver(attempt) {
      const tracked = await of(attempt);
      if (!tracked) return;
      const before = tracked.tags['ratchet.run'];
      // Moved first: whoever ends the runs of the one before looks for those that bear its name.
      if (before !== undefined && before !== run.id) {
        const moved = { ...common, 'mlflow.parentRunId': parent.runId, 'ratchet.taken.from': before };
        await tracking.log(tracked.runId, { timestamp: Date.parse(run.trigger.at) || 0, tags: moved });
      }
      if (tracked.status !== 'FINISHED') await tracking.reopen(tracked.runId);
    },
    end: async (status) =>
      endOpen(
        tracking,
        (await ofJob()).filter(({ here }) => here).map(({ tracked }) => tracked),
        status,
      ),
    async fresh(attempt) {
      for (const earlier of await ofJob())
        if ((earlier.attempt < attempt || !earlier.here) && earlier.tracked.status === 'RUNNING')
          await tracking.finish(earlier.tracked.runId, 'KILLED');
      return tracking.ensureRun({
        experimentId,
        key: `${job}/${host}/${attempt}`,
        name: attempt === 1 ? node : `${node} (attempt ${attempt})`,
        parent: parent.runId,
        tags: {
          ...common,
          'ratchet.node': node,
          'ratchet.job': job,
          'ratchet.host': host,
          'ratchet.attempt': String(attempt),
        },
      });
    },
  };
}

/** Without what a request that was delivered twice, or long after it was given up, has made beside the run that is gone on with. */
function oneOfEachKey(runs: readonly TrackedRun[]): TrackedRun[] {
  const kept = new Map<string, TrackedRun>();
  for (const run of runs) {
    const key = run.tags['ratchet.key'] ?? run.runId;
    if (!kept.has(key) || run.tags['ratchet.agreed']) kept.set(key, run);
  }
  return [...kept.values()];
}
