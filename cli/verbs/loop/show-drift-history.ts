/** `ratchet loop drift`: drift by column over time, as the watch measured it. */

import { type DriftCheck, driftChecks } from '#records/drift-results.ts';
import pc from '../../kit/color.ts';
import { createOutput, shortened, table } from '../../kit/output.ts';
import { withSession } from '../../kit/session.ts';
import { writeReport } from '../../kit/write-report.ts';
import { deployed } from './requests.ts';

/** Columns that the terminal lists, and checks that a line has room for. */
const LISTED = 40;
const MARKS = 30;

export async function showDriftHistory(
  pipeline: string,
  options: { limit: number; html?: string; json?: boolean },
): Promise<void> {
  const out = createOutput(options.json ?? false);
  const checks = await withSession(async (session) => {
    const found = await driftChecks(session.store, pipeline, options.limit);
    // Of a mistyped name there are none, either.
    if (found.length === 0) await deployed(session, pipeline);
    return found;
  });
  if (options.html !== undefined) {
    const { driftHistoryPage } = await import('#reports/drift/history-page.ts');
    await writeReport(options.html, driftHistoryPage(`Drift of ${pipeline}`, checks), out, null);
  }
  out.object({ pipeline, checks });
  if (checks.length === 0)
    return out.print(
      `The watch of ${pipeline} has measured no drift yet: it needs a champion, and a watch that names the time column.`,
    );
  out.print(overTime(checks));
  const [first, last] = [checks[0], checks.at(-1)];
  if (last) for (const line of untestedLines(last)) out.print(pc.dim(line));
  out.print(
    pc.dim(
      `${checks.length} checks from ${first?.at} to ${last?.at}, the newest on the right: ✗ drifted, · not, blank not tested`,
    ),
  );
}

/** Columns of a check that could not be tested, each with the reason. @internal */
export const untestedLines = ({ at, result: { untested } }: DriftCheck): string[] =>
  untested
    .slice(0, LISTED)
    .map(({ column, reason }) => `not tested, ${at}: ${shortened(column, 40)}: ${shortened(reason, 160)}`);

/** A line a column, most often drifted first. */
function overTime(checks: readonly DriftCheck[]): string {
  const names = [...new Set(checks.flatMap(({ result }) => Object.keys(result.columns)))];
  const rows = names
    .map((name) => {
      const found = checks.map(({ result }) => result.columns[name] ?? null);
      const drifted = found.filter((each) => each?.drifted).length;
      return { name, found, drifted, tested: found.filter((each) => each !== null).length, last: found.at(-1) };
    })
    .sort((a, b) => b.drifted - a.drifted || (a.name < b.name ? -1 : 1));
  const lines = rows.slice(0, LISTED).map(({ name, found, drifted, tested, last }) => [
    shortened(name, 40),
    found
      .slice(-MARKS)
      .map((each) => (each ? (each.drifted ? pc.red('✗') : '·') : ' '))
      .join(''),
    `${drifted} of ${tested}`,
    last ? `${last.method} ${typeof last.value === 'number' ? Number(last.value.toPrecision(4)) : last.value}` : '',
  ]);
  const rest = rows.length - lines.length;
  return table(['column', 'over time', 'drifted', 'last'], lines, [2]) + (rest > 0 ? `\n… and ${rest} more` : '');
}
