/** The worker dies in mid-training; the trainer must not notice, and the next worker takes it over. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { jobId } from '#activities/model/trainer-job/trainer-job.ts';
import { LocalJobs } from '#adapters/process/local-jobs.ts';
import { train } from '#contracts/stages/train.ts';
import { findPython } from '#stack/find-python.ts';
import { stackStatus } from '#stack/status.ts';
import { packageRoot } from '#workers/code/package-root.ts';
import pc from '../../kit/color.ts';
import type { Output } from '../../kit/output.ts';
import type { Session } from '../../kit/session.ts';

/**
 * Waits for the trainer's first epoch, kills the worker with SIGKILL, and follows until another worker supervises the
 * job; prints who the trainer is before and after.
 */
export async function killWorkerInTraining(
  session: Session,
  runId: string,
  out: Output,
  over: AbortSignal,
): Promise<void> {
  const job = jobId(runId, train.name);
  const jobs = new LocalJobs({
    root: join(session.root, '.ratchet', 'jobs'),
    python: (await findPython()).executable,
    trainers: join(packageRoot, 'trainers'),
  });
  const before = await firstEpoch(jobs, job, over);
  const { parts } = await stackStatus(session.root);
  const pid = parts.find((part) => part.name.startsWith('worker'))?.pid;
  if (!before || !pid) return out.note(pc.dim('  (the trainer had ended before the worker could be killed)'));
  process.kill(pid, 'SIGKILL');
  out.note(pc.yellow(`  ⚡ worker ${pid} killed with SIGKILL in mid-training`));
  out.note(`    trainer before: ${before}`);
  const next = await nextSupervisor(session, runId, pid, over);
  const after = await jobs.attach(job);
  if (after.kind === 'running') out.note(`    trainer after:  ${after.where}, now supervised by worker ${next}`);
  else
    out.note(
      `    trainer after:  ended by itself before worker ${next ?? '(the next)'} looked; nothing was started again`,
    );
}

async function firstEpoch(jobs: LocalJobs, job: string, over: AbortSignal): Promise<string | null> {
  while (!over.aborted) {
    const state = await jobs.attach(job);
    if (state.kind === 'done') return null;
    if (state.kind === 'running' && ((await jobs.progress(job))?.done ?? 0) >= 1) return state.where;
    await pause(100);
  }
  return null;
}

/** Temporal says which worker (`<pid>@<host>`) has the activity now. */
async function nextSupervisor(
  session: Session,
  runId: string,
  dead: number,
  over: AbortSignal,
): Promise<string | null> {
  const { client } = await session.temporal();
  while (!over.aborted) {
    const { raw } = await client.workflow.getHandle(runId).describe();
    const training = raw.pendingActivities?.find((activity) => activity.activityId === train.name);
    const worker = training?.lastWorkerIdentity?.split('@')[0];
    if (worker && worker !== String(dead) && (training?.attempt ?? 0) > 1) return worker;
    await pause(200);
  }
  return null;
}

/** Whether MLflow holds each step of the metric once, in words. */
export async function metricStepsInWords(session: Session, mlflowRun: string, key: string): Promise<string> {
  const history = await session.tracking.metricHistory(mlflowRun, key);
  const steps = new Set(history.map(({ step }) => step)).size;
  return steps === history.length
    ? pc.green(`MLflow holds ${steps} steps of ${key}, each once`)
    : pc.red(`MLflow holds ${history.length} values of ${key} for ${steps} steps`);
}
