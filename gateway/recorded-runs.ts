/** Runs as they are: live ones in Temporal, ended ones in their records, which outlive it. */
import type { Client } from '@temporalio/client';
import { failingTask } from '#adapters/temporal/failing-tasks.ts';
import { approveRun, listRuns, runProgress } from '#adapters/temporal/runs.ts';
import { failingInWords } from '#contracts/failing-task.ts';
import { storeKey } from '#contracts/names.ts';
import { type RunProgress, RunRecord, type RunStatus } from '#contracts/run.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { ListedRun, Runs } from './runs.ts';

export function createRuns({ client, store }: { client: Client; store: Pick<ObjectStore, 'get' | 'list'> }): Runs {
  const record = async (key: string): Promise<RunRecord | null> => {
    const body = await store.get(key);
    return body ? (RunRecord.safeParse(JSON.parse(Buffer.from(body).toString('utf8'))).data ?? null) : null;
  };
  return {
    find: async (runId) => {
      const ended = await record(storeKey.record(runId));
      if (ended) return { kind: 'ended', record: ended };
      try {
        const workflow = client.workflow.getHandle(runId);
        const described = await workflow.describe();
        const { status, type } = described;
        if (status.name === 'RUNNING') {
          const failing = await failingTask(workflow, described);
          const progress = await runProgress(client, runId);
          return { kind: 'live', progress: failing ? { ...progress, failing } : progress };
        }
        // Its record is not written yet: it ended a moment ago, by force or before it had a plan.
        const none: RunProgress = { runId, pipeline: type, status: 'failed', nodes: [], approvals: [] };
        const last = await runProgress(client, runId).catch(() => none);
        return { kind: 'live', progress: { ...last, status: endOf[status.name] ?? last.status } };
      } catch (error) {
        if (error instanceof Error && error.name === 'WorkflowNotFoundError') return null;
        throw error;
      }
    },
    approve: (runId, request) => approveRun(client, runId, request),
    list: async (pipeline, limit) => {
      const newest: { key: string; modified: Date }[] = [];
      for await (const item of store.list(`records/run/${pipeline}/`)) newest.push(item);
      newest.sort((a, b) => b.modified.getTime() - a.modified.getTime());
      const [live, records] = await Promise.all([
        listRuns(client, { pipeline, status: 'Running', limit }),
        Promise.all(newest.slice(0, limit).map(({ key }) => record(key))),
      ]);
      const ended = records.flatMap((one) => (one ? [ofRecord(one)] : []));
      const over = new Set(ended.map(({ runId }) => runId));
      // Visibility lags behind: a run that has a record is over, whatever the list says. The loop has the attribute, too.
      const goingOn = live.filter((run) => run.pipeline === pipeline && !over.has(run.runId));
      const running = await Promise.all(goingOn.map((run) => ofLive(client, run)));
      return [...running, ...ended].slice(0, limit);
    },
  };
}

/** What Temporal calls the ends that a run does not tell of itself. */
const endOf: Readonly<Record<string, RunStatus>> = {
  FAILED: 'failed',
  TERMINATED: 'failed',
  TIMED_OUT: 'failed',
  CANCELLED: 'cancelled',
};

async function ofLive(client: Client, run: Awaited<ReturnType<typeof listRuns>>[number]): Promise<ListedRun> {
  const { runId, trigger, startedAt, stage } = run;
  // Listed a moment ago, and maybe forgotten now.
  const failing = await failingTask(client.workflow.getHandle(runId)).catch(() => null);
  return {
    ...{ runId, status: 'running', trigger, startedAt, endedAt: null, modelVersion: null },
    why: failing ? `stands still: ${failingInWords(failing)}` : (stage ?? ''),
  };
}

const ofRecord = ({ run, result, startedAt, endedAt, failure }: RunRecord): ListedRun => ({
  runId: run.id,
  status: result.status,
  trigger: run.trigger.kind,
  startedAt,
  endedAt,
  modelVersion: result.modelVersion,
  why: failure?.message ?? result.reasons[0] ?? '',
});
