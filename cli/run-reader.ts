/** A run as the command line reads it: its record when it has ended, its progress while it lives. */
import { runProgress } from '#adapters/temporal/runs.ts';
import { UserError } from '#contracts/failures.ts';
import { type RunProgress, RunRecord } from '#contracts/run.ts';
import type { Session } from './session.ts';

export type ReadRun = { kind: 'ended'; record: RunRecord } | { kind: 'live'; progress: RunProgress };

/** `flight-delays/t1` and `run/flight-delays/t1` are the same run. */
export const fullRunId = (id: string): string => (id.startsWith('run/') || !id.includes('/') ? id : `run/${id}`);

/** @throws UserError InvalidInput when no such run is known. */
export async function readRun(session: Session, id: string): Promise<ReadRun> {
  const runId = fullRunId(id);
  const record = await session.record(runId);
  if (record) return { kind: 'ended', record };
  const { client } = await session.temporal();
  try {
    return { kind: 'live', progress: await runProgress(client, runId) };
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError')
      throw new UserError('InvalidInput', `There is no run "${runId}". \`ratchet runs\` lists those there are.`);
    throw error;
  }
}

/** The record of a run that must have ended. @throws UserError InvalidInput while it goes on. */
export async function endedRun(session: Session, id: string, verb: string): Promise<RunRecord> {
  const run = await readRun(session, id);
  if (run.kind === 'ended') return run.record;
  throw new UserError(
    'InvalidInput',
    `${run.progress.runId} has not ended: \`ratchet ${verb}\` takes up a run that has. \`ratchet cancel\` ends it.`,
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
