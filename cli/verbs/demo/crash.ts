/** The worker dies in mid-training; the trainer must not notice, and the next worker takes it over. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { jobId } from '#activities/model/trainer-job/trainer-job.ts';
import { LocalExecutor } from '#adapters/process/local-executor.ts';
import { train } from '#contracts/stages/train.ts';
import type { Executor, JobIdentity } from '#ports/executor.ts';
import { packageRoot } from '#workers/code/package-root.ts';
import { findPython } from '#workers/stack/find-python.ts';
import { stackStatus } from '#workers/stack/status.ts';
import pc from '../../kit/color.ts';
import type { Output } from '../../kit/output.ts';
import type { Session } from '../../kit/session.ts';

const words = (identity: JobIdentity) =>
  `pid ${identity.pid}, start time ${identity.startTime}, boot ${identity.bootId.slice(0, 8)}`;

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
  const executor = new LocalExecutor({
    root: join(session.root, '.ratchet', 'jobs'),
    python: (await findPython()).executable,
    trainers: join(packageRoot, 'trainers'),
  });
  const before = await firstEpoch(executor, job, over);
  const { parts } = await stackStatus(session.root);
  const pid = parts.find((part) => part.name.startsWith('worker'))?.pid;
  if (!before || !pid) return out.note(pc.dim('  (the trainer had ended before the worker could be killed)'));
  process.kill(pid, 'SIGKILL');
  out.note(pc.yellow(`  ⚡ worker ${pid} killed with SIGKILL in mid-training`));
  out.note(`    trainer before: ${words(before)}`);
  const next = await nextSupervisor(session, runId, pid, over);
  const after = await executor.attach(job);
  if (after.kind === 'running')
    out.note(`    trainer after:  ${words(after.identity)}, now supervised by worker ${next}`);
  else
    out.note(
      `    trainer after:  ended by itself before worker ${next ?? '(the next)'} looked; nothing was started again`,
    );
}

async function firstEpoch(executor: Executor, job: string, over: AbortSignal): Promise<JobIdentity | null> {
  while (!over.aborted) {
    const state = await executor.attach(job);
    if (state.kind === 'done') return null;
    if (state.kind === 'running' && ((await executor.progress(job))?.done ?? 0) >= 1) return state.identity;
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
