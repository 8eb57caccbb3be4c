/** `ratchet runs`: live ones from Temporal, ended ones from the records that outlive its retention. */

import { type ListedRun, listRuns } from '#adapters/temporal/runs.ts';
import type { RunRecord } from '#contracts/run.ts';
import pc from './color.ts';
import { createOutput, duration, fittedTable } from './output.ts';
import { recentRecords } from './run-reader.ts';
import { coloured } from './run-view.ts';
import { type Session, withSession } from './session.ts';

interface Row {
  runId: string;
  status: RunRecord['result']['status'];
  trigger: string | null;
  startedAt: string;
  ms: number | null;
  modelVersion: string | null;
  why: string;
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

/** Ends that may leave no record: a plan that could not be made, a run ended by force. */
const unhappy = ['Failed', 'Canceled', 'Terminated', 'TimedOut'];

async function withoutRecord(session: Session, runs: ListedRun[]): Promise<Row[]> {
  const records = await Promise.all(runs.map(({ runId }) => session.record(runId)));
  return runs
    .filter((_, index) => records[index] === null)
    .map(({ runId, status, trigger, startedAt, endedAt }) => ({
      runId,
      status: status === 'CANCELLED' ? 'cancelled' : 'failed',
      trigger,
      startedAt,
      ms: endedAt === null ? null : Date.parse(endedAt) - Date.parse(startedAt),
      modelVersion: null,
      why: `left no record; \`ratchet show ${runId}\` tells why it ended`,
    }));
}

export async function printRuns(
  pipeline: string | undefined,
  options: { limit: number; json?: boolean },
): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withSession(async (session) => {
    const { client } = await session.temporal();
    const of = { ...(pipeline ? { pipeline } : {}), limit: options.limit };
    const [live, ended, failed] = await Promise.all([
      listRuns(client, { ...of, status: 'Running' }),
      recentRecords(session, pipeline, options.limit),
      Promise.all(unhappy.map((status) => listRuns(client, { ...of, status }))),
    ]);
    const done = new Set(ended.map((record) => record.run.id));
    const unrecorded = await withoutRecord(
      session,
      failed.flat().filter((run) => !done.has(run.runId)),
    );
    const rows: Row[] = [
      // Visibility lags behind: a run that has a record is over, whatever the list says.
      ...live
        .filter((run) => !done.has(run.runId))
        .map(
          (run): Row => ({
            runId: run.runId,
            status: 'running',
            trigger: run.trigger,
            startedAt: run.startedAt,
            ms: null,
            modelVersion: null,
            why: run.stage ?? '',
          }),
        ),
      ...[...ended.map(ofRecord), ...unrecorded].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1)),
    ].slice(0, options.limit);
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
          coloured(row.status),
          row.trigger ?? '',
          pc.dim(row.startedAt.slice(0, 16).replace('T', ' ')),
          duration(row.ms),
          row.modelVersion ?? '',
          row.why,
        ]),
        [4, 5],
      ),
    );
  });
}
