/** A run as the command line reads it: its record when it has ended, its progress while it lives. */
import { failingTask } from '#adapters/temporal/failing-tasks.ts';
import { runProgress } from '#adapters/temporal/runs.ts';
import type { FailingTask } from '#contracts/failing-task.ts';
import { UserError } from '#contracts/failures.ts';
import { type RunProgress, RunRecord, type RunResult } from '#contracts/run.ts';
import { writeMissingRecord } from '#workers/missing-records.ts';
import type { Session } from '../session.ts';
import { runEnd } from './end.ts';

export type ReadRun =
  | { kind: 'ended'; record: RunRecord }
  /** `progress` asks the run's worker; `failing` is why that cannot answer, or why the run does not go on. */
  | { kind: 'live'; runId: string; failing: FailingTask | null; progress(): Promise<RunProgress> }
  /** It ended without a record that could be written now: it is of another environment, or its id can name none. */
  | { kind: 'unrecorded'; result: RunResult };

/** `flight-delays/t1` and `run/flight-delays/t1` are the same run; whoever starts a run may also give it an id of another form. */
export function idsOf(id: string): string[] {
  return id.startsWith('run/') || !id.includes('/') ? [id] : [`run/${id}`, id];
}

/** @throws UserError InvalidInput when no such run is known. */
export async function readRun(session: Session, id: string): Promise<ReadRun> {
  const found = await findRun(session, id);
  if (found) return found;
  throw new UserError('InvalidInput', `There is no run "${idsOf(id)[0]}". \`ratchet runs\` lists those there are.`);
}

/** Null when no such run is known. */
export async function findRun(session: Session, id: string): Promise<ReadRun | null> {
  const ids = idsOf(id);
  for (const runId of ids) {
    const record = await session.record(runId);
    if (record) return { kind: 'ended', record };
  }
  const { client } = await session.temporal();
  for (const runId of ids) {
    const workflow = client.workflow.getHandle(runId);
    try {
      const described = await workflow.describe();
      const { status, type } = described;
      if (status.name === 'RUNNING')
        return {
          ...{ kind: 'live', runId, progress: () => runProgress(client, runId) },
          failing: await failingTask(workflow, described),
        };
      // One that was ended by force could not write it, nor one without a plan, nor one whose store was away.
      const record = await writeMissingRecord(
        { client, store: session.store, environment: session.environment },
        runId,
      );
      if (record) return { kind: 'ended', record };
      return { kind: 'unrecorded', result: await runEnd(workflow, type) };
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'WorkflowNotFoundError') throw error;
    }
  }
  return null;
}

/** The record of a run that must have ended. @throws UserError InvalidInput while it goes on. */
export async function endedRun(session: Session, id: string, verb: string): Promise<RunRecord> {
  const run = await readRun(session, id);
  if (run.kind === 'ended') return run.record;
  if (run.kind === 'unrecorded')
    throw new UserError(
      'InvalidInput',
      `${run.result.runId} ended as ${run.result.status} and left no record, so nothing of it can be kept (${run.result.reasons[0] ?? 'no reason given'}). Start it anew with \`ratchet run\`.`,
    );
  throw new UserError(
    'InvalidInput',
    `${run.runId} has not ended: \`ratchet ${verb}\` takes up a run that has. \`ratchet cancel\` ends it.`,
  );
}

/** Records, newest first. Reads only as many as asked for. */
export async function recentRecords(
  session: Session,
  pipeline: string | undefined,
  limit: number,
): Promise<RunRecord[]> {
  const found: { key: string; modified: Date }[] = [];
  for await (const item of session.store.list(pipeline ? `records/run/${pipeline}/` : 'records/')) found.push(item);
  found.sort((a, b) => b.modified.getTime() - a.modified.getTime());
  const bodies = await Promise.all(found.slice(0, limit).map(({ key }) => session.store.get(key)));
  return bodies.flatMap((body) => {
    const record = body && RunRecord.safeParse(JSON.parse(Buffer.from(body).toString('utf8')));
    return record?.success ? [record.data] : [];
  });
}
