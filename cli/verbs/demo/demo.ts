/** `ratchet demo`: the flagship through the year, on servers and data of its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runResult, startRun } from '#adapters/temporal/start-run.ts';
import { ensurePythonEnvironment } from '#stack/python-environment.ts';
import pc from '../../kit/color.ts';
import { createOutput, duration, type Output } from '../../kit/output.ts';
import { coloured } from '../../kit/runs/view.ts';
import { type Session, withSession } from '../../kit/session.ts';
import { start } from '../dev/bring-up.ts';
import { killWorkerInTraining, metricStepsInWords } from './crash.ts';
import { inDemoProject, tellServers } from './demo-project.ts';
import { followQuietly } from './follow-quietly.ts';
import { evidenceOf, type Row, summary } from './summary.ts';
import { windows } from './windows.ts';

const PIPELINE = 'flight-delays';

export async function runDemo(options: { from: string; to: string; every: number; keep?: boolean }): Promise<void> {
  const days = windows(options);
  const out = createOutput(false);
  const began = performance.now();
  await inDemoProject({ pipeline: PIPELINE, folder: 'demo', keep: options.keep ?? false }, async ({ source, root }) => {
    out.print(`${pc.bold('1. Servers')}: Temporal, MLflow, an S3 store and a worker, in .ratchet/demo/`);
    const [stack] = await Promise.all([
      start(root, 1, out),
      ensurePythonEnvironment({
        root,
        name: 'pipeline',
        lock: join(source, 'requirements.lock'),
        progress: (line) => out.note(pc.dim(`  ${line}`)),
      }),
    ]);
    out.print(
      `\n${pc.bold('2. The year')}: ${days.length} windows of 90 days to train on and 21 to judge by; the gate's rules stay the same`,
    );
    await withSession(async (session) => {
      const rows = await walk(session, days, options.every, out);
      out.print(`\n${pc.bold('3. What came of it')}, in ${duration(performance.now() - began)}\n`);
      out.print(summary(rows));
      await farewell(session, rows, stack.addresses.temporalUiUrl, options.keep ?? false, out);
    });
  });
}

/** Which window the worker is killed in: the second, so that there is a champion to lose. */
const CRASH_WINDOW = 1;

async function walk(session: Session, days: string[], every: number, out: Output): Promise<Row[]> {
  const rows: Row[] = [];
  const { client } = await session.temporal();
  for (const [index, asOf] of days.entries()) {
    out.print(`\n${pc.bold(asOf)}`);
    const run = await startRun(client, {
      pipeline: PIPELINE,
      params: { asOf },
      environment: session.environment,
      trigger: {
        kind: 'schedule',
        id: `window-${asOf}`,
        reason: index === 0 ? 'first window' : `${every} days later`,
        who: 'demo',
      },
    });
    const over = new AbortController();
    const crashes = index === Math.min(CRASH_WINDOW, days.length - 1);
    const crash = crashes ? killWorkerInTraining(session, run.runId, out, over.signal) : null;
    await followQuietly(run.workflow, out);
    over.abort();
    await crash;
    const result = await runResult(run.workflow);
    out.print(`  ${coloured(result.status)}`);
    for (const reason of result.reasons) out.print(`    ${reason}`);
    const record = await session.record(run.runId);
    if (!record) continue;
    rows.push({ window: asOf, record });
    const { candidate } = evidenceOf(record) ?? {};
    if (crashes && candidate) out.print(`    ${await metricStepsInWords(session, candidate.runId, 'auc')}`);
  }
  return rows;
}

async function farewell(
  session: Session,
  rows: Row[],
  temporalUi: string | null,
  keep: boolean,
  out: Output,
): Promise<void> {
  const last = rows.at(-1)?.record.result.report;
  if (last) {
    const page = await session.store.get(session.store.key(last));
    const path = join(session.root, 'last-gate.html');
    if (page) writeFileSync(path, page);
    out.print(`\nReport of the last gate  file://${path}`);
  }
  tellServers(out, { session, temporalUi, keep, again: 'npm run demo -- --keep' });
}
