/** `ratchet runs`: live ones from Temporal, ended ones from the records that outlive its retention. */

import type { Client } from '@temporalio/client';
import { failingTask, workflowsThatFail } from '#adapters/temporal/failing-tasks.ts';
import { type ListedRun, listRuns } from '#adapters/temporal/runs.ts';
import { type FailingTask, failingInWords } from '#contracts/failing-task.ts';
import type { RunRecord } from '#contracts/run.ts';
import { writeMissingRecord } from '#workers/missing-records.ts';
import pc from '../../kit/color.ts';
import { createOutput, duration, fittedTable } from '../../kit/output.ts';
import { recentRecords } from '../../kit/runs/reader.ts';
import { coloured, standsStill } from '../../kit/runs/view.ts';
import { type Session, withSession } from '../../kit/session.ts';

interface Row {
  runId: string;
  status: RunRecord['result']['status'];
  trigger: string | null;
  startedAt: string;
  ms: number | null;
  modelVersion: string | null;
  why: string;
  /** Why a run that is called running does not go on. */
  failing?: FailingTask;
}

const ofRecord = (record: RunRecord): Row => ({
  runId: record.run.id,
  status: record.result.status,
  trigger: record.run.trigger.kind,
  startedAt: record.startedAt,
  ms: Date.parse(record.endedAt) - Date.parse(record.startedAt),
  modelVersion: record.result.modelVersion,
  why: record.failure?.message ?? record.result.reasons[0] ?? '',
});

/** Ends after which the record may be missing yet: by force, before there was a plan, or while the store was away. */
const unhappy = ['Failed', 'Canceled', 'Terminated', 'TimedOut'];

async function withoutRecord(session: Session, runs: ListedRun[]): Promise<Row[]> {
  const { client } = await session.temporal();
  const recorder = { client, store: session.store, environment: session.environment };
  const known = await Promise.all(
    runs.map(async ({ runId }) => ((await session.record(runId)) ? 'recorded' : writeMissingRecord(recorder, runId))),
  );
  return runs.flatMap(({ runId, status, trigger, startedAt, endedAt }, index): Row[] => {
    const record = known[index];
    // Listed with the records already, or too old to be.
    if (record === 'recorded') return [];
    if (record) return [ofRecord(record)];
    return [
      {
        runId,
        status: status === 'CANCELLED' ? 'cancelled' : 'failed',
        trigger,
        startedAt,
        ms: endedAt === null ? null : Date.parse(endedAt) - Date.parse(startedAt),
        modelVersion: null,
        why: `left no record; \`ratchet show ${runId}\` tells why it ended`,
      },
    ];
  });
}

async function liveRow(client: Client, run: ListedRun): Promise<Row> {
  const { runId, trigger, startedAt, stage } = run;
  const failing = await failingTask(client.workflow.getHandle(runId)).catch((error: unknown) => {
    // Listed a moment ago, forgotten now.
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return null;
    throw error;
  });
  return {
    ...{ runId, status: 'running', trigger, startedAt, ms: null, modelVersion: null },
    ...(failing ? { why: standsStill(runId, failing), failing } : { why: stage ?? '' }),
  };
}

/** What `ratchet runs --json` prints: those that go on first, then the newest. @internal */
export async function runRows(session: Session, pipeline: string | undefined, limit: number): Promise<Row[]> {
  const { client } = await session.temporal();
  const of = { ...(pipeline ? { pipeline } : {}), limit };
  const [live, ended, failed] = await Promise.all([
    listRuns(client, { ...of, status: 'Running' }),
    recentRecords(session, pipeline, limit),
    Promise.all(unhappy.map((status) => listRuns(client, { ...of, status }))),
  ]);
  const done = new Set(ended.map((record) => record.run.id));
  // Visibility lags behind: a run that has a record is over, whatever the list says.
  const goingOn = live.filter((run) => !done.has(run.runId));
  const unrecorded = await withoutRecord(
    session,
    failed.flat().filter((run) => !done.has(run.runId)),
  );
  return [
    ...(await Promise.all(goingOn.map((run) => liveRow(client, run)))),
    ...[...ended.map(ofRecord), ...unrecorded].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1)),
  ].slice(0, limit);
}

/** Loops and models are no runs, but a run may wait for one in vain. */
async function othersThatFail(client: Client, rows: readonly Row[]): Promise<string[]> {
  const listed = new Set(rows.flatMap(({ failing }) => failing?.workflow ?? []));
  const ids = (await workflowsThatFail(client, 50)).filter((id) => !listed.has(id) && !id.startsWith('run/'));
  const found = await Promise.all(ids.map((id) => failingTask(client.workflow.getHandle(id)).catch(() => null)));
  return found.flatMap((failing) => (failing ? [`${failing.workflow} stands still: ${failingInWords(failing)}`] : []));
}

export async function printRuns(
  pipeline: string | undefined,
  options: { limit: number; json?: boolean },
): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withSession(async (session) => {
    const { client } = await session.temporal();
    const rows = await runRows(session, pipeline, options.limit);
    out.object(rows);
    if (rows.length === 0) {
      out.print(`No run yet${pipeline ? ` of ${pipeline}` : ''}. Start one: ratchet run ${pipeline ?? 'NAME'} --wait`);
      return;
    }
    out.print(
      fittedTable(
        ['run', 'status', 'trigger', 'started (UTC)', 'time', 'version', 'why'],
        rows.map((row) => [
          row.runId.replace(/^run\//, ''),
          row.failing ? pc.red('stands still') : coloured(row.status),
          row.trigger ?? '',
          pc.dim(row.startedAt.slice(0, 16).replace('T', ' ')),
          duration(row.ms),
          row.modelVersion ?? '',
          row.why,
        ]),
        [4, 5],
      ),
    );
    for (const words of await othersThatFail(client, rows)) out.note(pc.red(words));
  });
}
