/** `ratchet drift`. */
import { basename, join } from 'node:path';
import type { DriftColumn, DriftResult } from '#contracts/drift.ts';
import { UserError } from '#contracts/failures.ts';
import { measureDriftHere } from '#measures/drift/measure.ts';
import pc from '../../kit/color.ts';
import { isStored, localData, withDatasets } from '../../kit/datasets.ts';
import { exitCode } from '../../kit/exit-codes.ts';
import { refuseUnwritable } from '../../kit/given-file.ts';
import { createOutput, type Output, shortened, table } from '../../kit/output.ts';
import { createProgress } from '../../kit/progress.ts';
import { readingOf } from '../../kit/reading-options.ts';
import { writeReport } from '../../kit/write-report.ts';
import { readChoices } from './choices.ts';
import type { DriftOptions } from './options.ts';

/** Columns that the terminal lists. */
const LISTED = 60;

export async function checkDrift(options: DriftOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await refuseUnwritable('--html', options.html);
  const choices = await readChoices(options);
  const profiles = options.reference.filter((name) => /\.json$/i.test(name));
  if (profiles.length > 0 && profiles.length < options.reference.length)
    throw new UserError('InvalidInput', '--reference names profiles and data: give one of both');
  const names = profiles.length > 0 ? options.current : [...options.reference, ...options.current];
  const result = await withDatasets(
    names,
    { format: options.format, reading: readingOf(options), out },
    async ({ datasets, notes, tables, folder, signal }) => {
      const before = datasets.slice(0, names.length - options.current.length).flatMap(({ files }) => files);
      const now = datasets.slice(names.length - options.current.length).flatMap(({ files }) => files);
      const reference =
        profiles.length > 0
          ? { profiles: (await Promise.all(profiles.map((name) => profileFiles(name, folder, signal)))).flat() }
          : { files: before };
      const progress = createProgress(out, 'columns');
      try {
        const measured = await tables.scanning(
          [...before, ...now],
          (open) =>
            measureDriftHere({ reference, current: { files: now }, options: choices }, null, open, progress.tell),
          signal,
        );
        return { ...measured, notes: [...notes, ...measured.notes] };
      } finally {
        progress.end();
      }
    },
  );
  if (options.html !== undefined) {
    const { driftPage } = await import('#reports/drift/drift-page.ts');
    const [current, reference] = [options.current.join(', '), options.reference.join(', ')];
    await writeReport(options.html, driftPage(result, { current, reference }), out);
  }
  out.object(result);
  if (!out.json) show(result, out);
  if (result.dataset_drift || brokenTests(result).length > 0) process.exitCode = exitCode.refused;
  // Nothing in common is no evidence of no drift.
  else if (result.tested === 0) process.exitCode = exitCode.undecided;
}

async function profileFiles(name: string, folder: string, signal: AbortSignal): Promise<string[]> {
  if (!isStored(name)) return localData(name);
  const { downloadStored } = await import('../../kit/stored-data.ts');
  return (await downloadStored(name, join(folder, 'profiles', basename(name)), signal)).files;
}

/** Drift of a column alone is no failure: the share of drifted columns decides, and what was asked besides. */
function brokenTests({ tests }: DriftResult) {
  return tests.filter(
    ({ name, status }) => status !== 'SUCCESS' && !/^(Value Drift for column|Share of Drifted)/.test(name),
  );
}

function show(result: DriftResult, out: Output): void {
  const columns = Object.entries(result.columns);
  const listed = columns.length > LISTED ? columns.filter(([, { drifted }]) => drifted).slice(0, LISTED) : columns;
  if (listed.length > 0)
    out.print(
      table(
        ['column', 'kind', 'method', 'value', 'threshold', ''],
        listed.map(([name, column]) => [
          shortened(name, 40),
          column.kind,
          column.method,
          figureOf(column),
          String(column.threshold),
          column.drifted ? pc.red('drifted') : '',
        ]),
        [3, 4],
      ),
    );
  if (listed.length < columns.length) out.print(pc.dim(`… of ${columns.length} columns; --json and --html have all`));
  for (const { column, reason } of result.untested.slice(0, LISTED))
    out.print(pc.dim(`not tested: ${shortened(column, 40)}: ${shortened(reason, 160)}`));
  for (const { name, description } of brokenTests(result)) out.print(`${pc.red('✗')} ${name}: ${description}`);
  for (const note of result.notes) out.print(pc.dim(note));
  const { drifted, tested, share, share_threshold: limit, rows } = result;
  const counts = `${drifted} of ${tested} columns drifted (${(share * 100).toFixed(0)} %, limit ${limit * 100} %); ${rows.current.toLocaleString('en-US')} rows beside ${rows.reference.toLocaleString('en-US')}`;
  if (tested === 0) out.print(pc.yellow('? nothing could be tested: the two have no column in common that can be'));
  else out.print(result.dataset_drift ? pc.red(`✗ the data drifted: ${counts}`) : pc.green(`✓ no drift: ${counts}`));
}

function figureOf({ value, exact }: DriftColumn): string {
  const shown =
    typeof value === 'number' ? (value !== 0 && value < 1e-3 ? value.toExponential(2) : value.toFixed(4)) : value;
  return exact ? shown : `≈ ${shown}`;
}
