/** `ratchet estimate`. */
import { join } from 'node:path';
import { createErrorModel } from '#adapters/process/error-model.ts';
import { type Estimate, type EstimateChunk, EstimateOptions } from '#contracts/estimate.ts';
import { NOT_TESTED } from '#decisions/drift-kind.ts';
import { alarms } from '#decisions/estimate-alarm.ts';
import { estimatePerformance } from '#measures/performance/estimate-performance.ts';
import { findDrift } from '#measures/performance/find-drift.ts';
import type { Tables } from '#ports/tables.ts';
import pc from '../../kit/color.ts';
import { type Dataset, withDatasets } from '../../kit/datasets.ts';
import { exitCode } from '../../kit/exit-codes.ts';
import { refuseUnwritable } from '../../kit/given-file.ts';
import { createOutput, type Output, table } from '../../kit/output.ts';
import { readingOf } from '../../kit/reading-options.ts';
import { writeReport } from '../../kit/write-report.ts';
import { columnRoles } from './columns.ts';
import type { EstimateArguments } from './options.ts';

/** Chunks that the terminal lists. */
const LISTED = 60;

export async function runEstimate(given: EstimateArguments): Promise<void> {
  const out = createOutput(given.json ?? false);
  await refuseUnwritable('--html', given.html);
  const names = [given.reference, given.analysis, ...(given.targets === undefined ? [] : [given.targets])];
  const made = await withDatasets(names, { format: given.format, reading: readingOf(given), out }, async (opened) => {
    const { datasets, tables, folder, signal } = opened;
    const files = await Promise.all(
      datasets.map(async (dataset, index) => ({
        name: ['the reference', 'the analysis', 'the targets'][index] as string,
        file: await oneFile(dataset, tables, join(folder, `joined-${index}.parquet`), signal),
      })),
    );
    const [reference, analysis, targets = null] = files as [File, File, File?];
    const columns = await Promise.all(
      files.map(async ({ file }) => (await tables.inspect(file, signal)).columns.map(({ name }) => name)),
    );
    const options = optionsOf(given, columns as [string[], string[], string[]?]);
    if (out.live) out.note(`estimating ${given.analysis} from ${given.reference} …`);
    const errorModel = createErrorModel(await python(out));
    const sides = { reference, analysis, targets };
    const estimated = await estimatePerformance(sides, options, { tables, errorModel }, folder, signal);
    const estimate = { ...estimated, notes: [...opened.notes, ...estimated.notes] };
    if (!given.drift) return estimate;
    if (out.live) out.note('testing the features …');
    return { ...estimate, drift: await findDrift(sides, options, estimate, { tables }, signal) };
  });
  if (given.html !== undefined) {
    const { estimatePage } = await import('#reports/estimate/estimate-page.ts');
    await writeReport(given.html, await estimatePage(made), out);
  }
  out.object(made);
  const failed = alarms(made, given.failOn);
  if (!out.json) show(made, failed, out);
  if (failed) process.exitCode = exitCode.refused;
}

interface File {
  readonly name: string;
  readonly file: string;
}

/** Rows of several files lie one after another. */
async function oneFile({ files, name }: Dataset, tables: Tables, to: string, signal: AbortSignal): Promise<string> {
  if (files.length === 1) return files[0] as string;
  await tables.snapshot({ files, labels: files.map(() => name), format: 'parquet', to }, signal);
  return to;
}

function optionsOf(
  given: EstimateArguments,
  [reference, analysis, targets = null]: readonly [string[], string[], (string[] | null)?],
): EstimateOptions {
  const several = given.score.filter((text) => text.includes('='));
  const { score, ...roles } = columnRoles(
    { reference, analysis, targets },
    { ...given, score: several.length > 0 ? undefined : given.score[0] },
  );
  const chunk =
    given.chunkPeriod !== undefined
      ? { by: 'period', value: given.chunkPeriod }
      : given.chunkSize !== undefined
        ? { by: 'size', value: given.chunkSize }
        : { by: 'number', value: given.chunkNumber ?? 10 };
  return EstimateOptions.parse({
    problem: given.problem,
    metrics: given.metrics,
    ...roles,
    ...(given.problem === 'regression' ? {} : { score: several.length > 0 ? byClass(several) : score }),
    chunk,
    limits: given.limit,
    positive: given.positive,
    threshold: given.threshold,
    worth: given.worth,
    features: given.features?.length === 1 && given.features[0] === 'none' ? [] : given.features,
  });
}

const byClass = (texts: readonly string[]): Record<string, string> =>
  Object.fromEntries(texts.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]));

/** Looked for only when a model of the error is fitted. */
async function python(out: Output) {
  const { packageRoot } = await import('#workers/code/package-root.ts');
  const trainers = join(packageRoot, 'trainers');
  return {
    trainers,
    python: async () => {
      const [{ ensurePythonEnvironment }, { projectRoot }] = await Promise.all([
        import('#stack/python-environment.ts'),
        import('../../kit/project.ts'),
      ]);
      const lock = join(trainers, 'estimate-requirements.lock');
      return (await ensurePythonEnvironment({ root: projectRoot(), name: 'estimate', lock, progress: out.note }))
        .python;
    },
  };
}

function show(made: Estimate, failed: boolean, out: Output): void {
  const names = made.metrics.map(({ name }) => name);
  const labelled = made.chunks.some((chunk) => chunk.labelled > 0);
  out.print(`${pc.bold(made.estimator.name)}: ${made.estimator.says}`);
  for (const condition of made.estimator.conditions ?? []) out.print(pc.dim(`holds if ${condition}`));
  out.print('');
  out.print(
    table(
      ['chunk', 'rows', ...(labelled ? ['labels'] : []), ...names],
      made.chunks
        .slice(0, LISTED)
        .map((chunk) => [
          chunk.key,
          String(chunk.rows),
          ...(labelled ? [String(chunk.labelled)] : []),
          ...names.map((name) => cell(chunk, name)),
        ]),
      [1, 2, 3, 4, 5, 6, 7, 8],
    ),
  );
  if (made.chunks.length > LISTED)
    out.print(pc.dim(`… the first ${LISTED} of ${made.chunks.length} chunks; --json and --html have all`));
  for (const { name, lower, upper, rule } of made.metrics)
    out.print(pc.dim(`${name} alerts below ${short(lower)} or above ${short(upper)}: ${rule}`));
  if (labelled) out.print(pc.dim('estimated / realized'));
  for (const note of made.notes) out.print(pc.dim(note));
  out.print('');
  if (made.drift.kind !== 'unknown') out.print(made.drift.summary);
  for (const why of made.drift.data.why) if (why.startsWith(NOT_TESTED)) out.print(pc.dim(why));
  const alerting = made.chunks.filter(alerts);
  const which = alerting
    .slice(0, 8)
    .map(({ key }) => key)
    .join(', ');
  const counted = `${alerting.length} of ${made.chunks.length} chunks alert: ${which}${alerting.length > 8 ? ', …' : ''}`;
  if (alerting.length === 0)
    out.print(`${failed ? pc.red('✗') : pc.green('✓')} none of ${made.chunks.length} chunks alerts`);
  else if (failed) out.print(pc.red(`✗ ${counted}`));
  else out.print(`${pc.green('✓')} performance holds, although ${counted}; --fail-on any takes that for a failure`);
}

const alerts = (chunk: EstimateChunk) =>
  Object.values(chunk.metrics).some(({ alert, realizedAlert }) => alert || realizedAlert);

function cell(chunk: EstimateChunk, name: string): string {
  const metric = chunk.metrics[name];
  if (!metric) return '';
  const { estimated, realized, alert, realizedAlert } = metric;
  const marked = (value: number | null, red: boolean) => (red ? pc.red(`${short(value)}!`) : short(value));
  if (estimated === null) return marked(realized, realizedAlert);
  return realized === null
    ? marked(estimated, alert)
    : `${marked(estimated, alert)} / ${marked(realized, realizedAlert)}`;
}

const short = (value: number | null): string =>
  value === null ? '–' : value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
