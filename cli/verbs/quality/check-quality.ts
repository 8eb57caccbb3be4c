/** `ratchet quality`. */

import { UserError } from '#contracts/failures.ts';
import { grouped, significant } from '#contracts/grouped.ts';
import type { QualityReport, QualityTest } from '#contracts/quality.ts';
import { readConditions } from '#decisions/quality-tests.ts';
import { measureQuality, type QualityRequest } from '#measures/quality/measure-quality.ts';
import pc from '../../kit/color.ts';
import { withDatasets } from '../../kit/datasets.ts';
import { exitCode } from '../../kit/exit-codes.ts';
import { refuseUnwritable } from '../../kit/given-file.ts';
import { createOutput, type Output, shortened, table } from '../../kit/output.ts';
import { readingOf } from '../../kit/reading-options.ts';
import { writeReport } from '../../kit/write-report.ts';
import type { QualityOptions } from './options.ts';

/** Columns that the terminal lists. */
const LISTED = 60;

export async function checkQuality(data: string, options: QualityOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await refuseUnwritable('--html', options.html);
  const asked = conditionsOf(options);
  const predictions = predictionsOf(options);
  const names = [data, ...(options.reference === undefined ? [] : [options.reference])];
  const report = await withDatasets(
    names,
    { format: options.format, reading: readingOf(options), out },
    async ({ datasets, notes, tables, signal }) => {
      const [current, reference] = datasets;
      if (!current) throw new Error('no dataset was opened');
      if (out.live) out.note(`measuring ${names.join(' beside ')} …`);
      const measured = await measureQuality(
        {
          current,
          reference: reference ?? null,
          time: options.time ?? null,
          performance: predictions,
          conditions: asked,
        },
        tables,
        signal,
      );
      return { ...measured, notes: [...notes, ...measured.notes] };
    },
  );
  if (options.html !== undefined) {
    const { qualityPage } = await import('#reports/quality/quality-page.ts');
    await writeReport(options.html, await qualityPage(report), out);
  }
  out.object(report);
  if (!out.json) show(report, out);
  if (!report.passed) process.exitCode = exitCode.refused;
}

function conditionsOf(options: QualityOptions) {
  const texts = [
    ...options.test,
    ...(options.maxMissing === undefined ? [] : [`missing<=${options.maxMissing}`]),
    ...(options.maxDuplicates === undefined ? [] : [`duplicates<=${options.maxDuplicates}`]),
    ...(options.minRows === undefined ? [] : [`rows>=${options.minRows}`]),
  ];
  return texts.flatMap((text) => readConditions(text, options.reference !== undefined));
}

function predictionsOf({
  target,
  prediction,
  task,
  positive,
  threshold,
}: QualityOptions): QualityRequest['performance'] {
  if (target === undefined && prediction === undefined) return null;
  if (target === undefined || prediction === undefined)
    throw new UserError(
      'InvalidInput',
      `--${target === undefined ? 'prediction' : 'target'} is given alone: the quality of predictions needs --target and --prediction`,
    );
  return { target, prediction, task, positive, threshold };
}

function show(report: QualityReport, out: Output): void {
  const { current, reference, columns } = report;
  const beside = (of: (side: NonNullable<typeof reference>) => string) =>
    reference ? `${of(current)}  ${pc.dim(`reference ${of(reference)}`)}` : of(current);
  const share = (part: number, whole: number) => `${grouped(part)} (${percent(part / Math.max(1, whole))})`;
  out.print(`${pc.bold(current.name)}${reference ? ` beside ${reference.name}` : ''}`);
  out.print(`  rows            ${beside(({ rows }) => grouped(rows))}`);
  out.print(`  columns         ${beside((side) => grouped(side.columns))}`);
  out.print(`  missing         ${beside((side) => share(side.missing, side.rows * side.columns))}`);
  out.print(`  duplicate rows  ${beside((side) => share(side.duplicateRows, side.rows))}`);
  if (report.time) {
    const { column, first, last, duplicates, gaps, gapCount } = report.time.current;
    const longest = gaps[0]
      ? `, ${gapCount} gaps, the longest ${days(gaps[0].seconds)} from ${gaps[0].from}`
      : ', no gaps';
    out.print(
      `  ${shortened(column, 14).padEnd(14)}  ${first} to ${last}, ${grouped(duplicates)} duplicates${longest}`,
    );
  }
  const worst = [...columns].sort((a, b) => (b.current?.missingShare ?? 1) - (a.current?.missingShare ?? 1));
  const listed = columns.length > LISTED ? worst.slice(0, LISTED) : columns;
  out.print('');
  out.print(
    table(
      ['column', 'type', 'missing', 'distinct', 'mean / most common', 'min', 'max'],
      listed.map(({ name, type, current: side }) => [
        shortened(name, 40),
        shortened(type, 20),
        side ? percent(side.missingShare) : pc.red('gone'),
        side ? grouped(side.distinct) : '',
        side?.numbers ? short(side.numbers.mean) : shortened(side?.mostCommon[0]?.value ?? '', 24),
        side?.numbers ? (side.numbers.exact?.min ?? short(side.numbers.min)) : (side?.times?.first ?? ''),
        side?.numbers ? (side.numbers.exact?.max ?? short(side.numbers.max)) : (side?.times?.last ?? ''),
      ]),
      [2, 3, 4, 5, 6],
    ),
  );
  if (listed.length < columns.length)
    out.print(
      pc.dim(`… the ${LISTED} columns that miss most, of ${columns.length}; --json and --html have the others`),
    );
  if (report.performance) {
    const { current: now, reference: before } = report.performance;
    out.print('');
    out.print(
      table(
        ['metric', report.current.name, ...(before ? ['reference'] : [])],
        Object.entries(now.metrics).map(([name, value]) => [
          name,
          short(value),
          ...(before ? [short(before.metrics[name] ?? null)] : []),
        ]),
        [1, 2],
      ),
    );
  }
  for (const note of report.notes) out.print(pc.dim(note));
  showTests(report.tests, out);
}

function showTests(tests: readonly QualityTest[], out: Output): void {
  if (tests.length === 0) return;
  const failed = tests.filter(({ passed }) => !passed);
  out.print('');
  for (const { name, column, condition, value } of failed.slice(0, LISTED))
    out.print(
      `${pc.red('✗')} ${name}${column === null ? '' : ` of ${shortened(column, 40)}`} is ${short(value)}, wanted ${condition}`,
    );
  if (failed.length > LISTED) out.print(pc.dim(`… and ${failed.length - LISTED} more`));
  out.print(
    failed.length === 0
      ? pc.green(`✓ all ${tests.length} tests hold`)
      : pc.red(`${failed.length} of ${tests.length} tests fail`),
  );
}

const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 2 : 1)} %`;
const short = (value: number | string | null): string =>
  typeof value === 'number' ? significant(value, 5) : (value ?? '–');
const days = (seconds: number): string =>
  seconds >= 172_800
    ? `${(seconds / 86_400).toFixed(1)} days`
    : seconds >= 7_200
      ? `${(seconds / 3_600).toFixed(1)} hours`
      : `${short(seconds)} s`;
