/** `ratchet validate`. */

import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { quarantineTests } from '#activities/data/set-aside.ts';
import { formatOf } from '#activities/data/source/source.ts';
import { grouped } from '#contracts/grouped.ts';
import type { ValidationResult } from '#contracts/validation.ts';
import { suiteOf } from '#measures/expectations/suite.ts';
import { validateTable } from '#measures/expectations/validation.ts';
import pc from '../../kit/color.ts';
import { type Datasets, withDatasets } from '../../kit/datasets.ts';
import { exitCode } from '../../kit/exit-codes.ts';
import { refuseUnwritable } from '../../kit/given-file.ts';
import { createOutput, type Output, shortened } from '../../kit/output.ts';
import { readingOf } from '../../kit/reading-options.ts';
import { writeReport } from '../../kit/write-report.ts';
import type { ValidateOptions } from './options.ts';
import { readSuite } from './read-suite.ts';

/** Unmet expectations that the terminal lists. */
const LISTED = 40;

export async function validateDataset(data: string, options: ValidateOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await refuseUnwritable('--html', options.html);
  await refuseUnwritable('--quarantine', options.quarantine);
  const { name, expectations } = await readSuite(options.suite);
  // All of it is checked before any data is read.
  const suite = suiteOf(expectations);
  if (options.quarantine) formatOf([options.quarantine], undefined);
  const result = await withDatasets(
    [data],
    { format: options.format, reading: readingOf(options), out },
    async (opened) => {
      const { files = [], shape: known } = opened.datasets[0] ?? {};
      if (out.live) out.note(`checking ${expectations.length} expectations on ${data} …`);
      const shape = known ?? (await opened.tables.shape(files, opened.signal));
      const judged = await validateTable(
        { files, shape, data, suite, suiteName: name, format: options.resultFormat, redacted: options.redact },
        opened.tables,
        opened.signal,
      );
      const result = await withQuarantine(judged, suite, files, options.quarantine, opened);
      return opened.notes.length === 0
        ? result
        : { ...result, ratchet: { ...result.ratchet, notes: [...opened.notes, ...(result.ratchet.notes ?? [])] } };
    },
  );
  if (options.html !== undefined) {
    const { validationPage } = await import('#reports/validation/validation-page.ts');
    await writeReport(options.html, await validationPage(result), out);
  }
  out.object(result);
  if (!out.json) show(result, options, out);
  if (!result.ratchet.passed) process.exitCode = exitCode.refused;
}

/** Writes the bad rows where they were asked for; without a place for them the expectation counts as failed. */
async function withQuarantine(
  result: ValidationResult,
  suite: ReturnType<typeof suiteOf>,
  files: readonly string[],
  file: string | undefined,
  { tables, signal }: Datasets,
): Promise<ValidationResult> {
  const tests = quarantineTests(suite, result.results);
  const bad = result.results.some(({ success, ratchet }) => ratchet.severity === 'quarantine' && !success);
  if (file === undefined || tests.length === 0)
    return bad ? { ...result, ratchet: { ...result.ratchet, passed: false } } : result;
  const path = resolve(file);
  const partial = `${path}.${process.pid}.partial`;
  try {
    const done = await tables.quarantine(
      { files, tests, good: null, bad: { path: partial, format: formatOf([file], undefined) } },
      signal,
    );
    await rename(partial, path);
    const quarantine = { rows: done.rows, uri: path, reasons: [...done.reasons] };
    return { ...result, ratchet: { ...result.ratchet, quarantine } };
  } finally {
    await rm(partial, { force: true });
  }
}

function show({ results, statistics, ratchet }: ValidationResult, options: ValidateOptions, out: Output): void {
  const unmet = results.filter(({ success }) => !success);
  const signs = { fail: pc.red('✗'), warn: pc.yellow('!'), quarantine: pc.yellow('⇢') };
  for (const { ratchet: ours, expectation_config } of unmet.slice(0, LISTED))
    out.print(`${signs[ours.severity]} ${shortened(ours.message, 300)} ${pc.dim(expectation_config.type)}`);
  if (unmet.length > LISTED) out.print(pc.dim(`… and ${unmet.length - LISTED} more; --json and --html have them all`));
  for (const note of ratchet.notes ?? []) out.print(pc.dim(note));
  const { quarantine } = ratchet;
  if (quarantine) out.print(`${grouped(quarantine.rows)} rows set aside in ${quarantine.uri}`);
  else if (!options.quarantine && unmet.some(({ ratchet: ours }) => ours.severity === 'quarantine'))
    out.print(pc.dim('--quarantine FILE sets the bad rows aside'));
  const { evaluated_expectations: all, successful_expectations: good } = statistics;
  const rows = `${grouped(ratchet.rows)} rows × ${ratchet.columns.length} columns`;
  const told = `${good} of ${all} expectations hold for ${ratchet.data} (${rows})`;
  out.print(ratchet.passed ? pc.green(`✓ ${told}`) : pc.red(`✗ ${told}`));
}
