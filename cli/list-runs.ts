/** `ratchet runs`: live ones from Temporal, ended ones from the records that outlive its retention. */
import pc from 'picocolors';
import { listRuns } from '#adapters/temporal/runs.ts';
import type { RunRecord } from '#contracts/run.ts';
import { createOutput, duration, shortened, table } from './output.ts';
import { recentRecords } from './run-reader.ts';
import { coloured } from './run-view.ts';
import { withSession } from './session.ts';

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

export async function printRuns(
  pipeline: string | undefined,
  options: { limit: number; json?: boolean },
): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withSession(async (session) => {
    const { client } = await session.temporal();
    const [live, ended] = await Promise.all([
      listRuns(client, { ...(pipeline ? { pipeline } : {}), status: 'Running', limit: options.limit }),
      recentRecords(session, pipeline, options.limit),
    ]);
    const done = new Set(ended.map((record) => record.run.id));
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
      ...ended.map(ofRecord),
    ].slice(0, options.limit);
    out.object(rows);
    if (rows.length === 0) {
      out.print(`No run yet${pipeline ? ` of ${pipeline}` : ''}. Start one: ratchet run ${pipeline ?? 'NAME'} --wait`);
      return;
    }
    out.print(
      table(
        ['run', 'status', 'trigger', 'started', 'time', 'version', 'why'],
        rows.map((row) => [
          row.runId.replace(/^run\//, ''),
          coloured(row.status),
          row.trigger ?? '',
          pc.dim(row.startedAt.slice(0, 16).replace('T', ' ')),
          duration(row.ms),
          row.modelVersion ?? '',
          shortened(row.why, 70),
        ]),
        [4, 5],
      ),
    );
  });
}
