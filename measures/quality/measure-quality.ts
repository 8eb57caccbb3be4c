/** The quality report of a dataset, alone or beside a reference: figures only. */

import type { Performance, QualityReport } from '#contracts/quality.ts';
import { type Condition, judge, untestedNotes } from '#decisions/quality-tests.ts';
import type { Tables } from '#ports/tables.ts';
import { metricsFor } from '../statistics/registry.ts';
import { type PerformanceRequest, type PerformanceWork, taskOf } from './performance.ts';

interface QualityData {
  readonly name: string;
  /** Parquet. */
  readonly files: readonly string[];
}
export interface QualityRequest {
  readonly current: QualityData;
  readonly reference: QualityData | null;
  readonly time: string | null;
  readonly performance: PerformanceRequest | null;
  readonly conditions: readonly Condition[];
}

const methodNames = { pearson: "Pearson's r", spearman: "Spearman's rho", cramer_v: "Cramér's V" } as const;

function thinnedNote(correlations: QualityReport['correlations']): string {
  const errors = correlations.flatMap(({ method, standardError }) =>
    typeof standardError === 'number' ? [`${standardError.toPrecision(2)} (${methodNames[method]})`] : [],
  );
  const said =
    errors.length === 0
      ? ''
      : `: the standard error of a figure, estimated from ten parts of them, is at most ${errors.join(', ')}`;
  return `Spearman's rho and Cramér's V come from an even choice of about 100,000 rows${said}.`;
}

/** Which columns a matrix lacks, because it has as many as it may have. */
function leftOutNotes(correlations: QualityReport['correlations']): string[] {
  return correlations.flatMap(({ method, columns, leftOutColumns = [] }) =>
    leftOutColumns.length === 0
      ? []
      : [`${methodNames[method]} is of ${columns.length} columns; left out: ${leftOutColumns.join(', ')}.`],
  );
}

/** @throws UserError for columns that are not there or do not fit, and conditions that ask for what was not measured */
export async function measureQuality(
  { current, reference, time, performance: asked, conditions }: QualityRequest,
  tables: Pick<Tables, 'summarize' | 'compute'>,
  signal?: AbortSignal,
): Promise<QualityReport> {
  const first = asked ? [asked.target, asked.prediction] : [];
  const found = await tables.summarize(
    {
      current: current.files,
      reference: reference?.files ?? null,
      time,
      first,
      correlate: { module: new URL('./correlations.ts', import.meta.url).href, name: 'correlations' },
    },
    signal,
  );
  const { thinned, notes, ...summary } = found;
  const report: Omit<QualityReport, 'tests' | 'passed'> = {
    format: 1,
    kind: 'quality',
    current: { name: current.name, ...summary.current },
    reference: reference && summary.reference && { name: reference.name, ...summary.reference },
    columns: summary.columns,
    correlations: summary.correlations,
    time: summary.time,
    performance: null,
    exact: summary.exact,
    notes: [...notes, ...(thinned ? [thinnedNote(summary.correlations)] : []), ...leftOutNotes(summary.correlations)],
  };
  if (asked) {
    const task = taskOf(asked, summary.columns);
    const module = new URL('./performance.ts', import.meta.url).href;
    const of = ({ files }: QualityData) => {
      const args: PerformanceWork = { files, request: asked, task };
      return tables.compute<Performance>({ module, name: 'performance', args, files }, signal);
    };
    const labelled = (name: string) => summary.columns.some((column) => column.name === name && column.reference);
    const metrics = metricsFor(task);
    report.performance = {
      target: asked.target,
      prediction: asked.prediction,
      meanings: Object.fromEntries(metrics.map(({ name, says }) => [name, says])),
      directions: Object.fromEntries(metrics.map(({ name, higherIsBetter }) => [name, higherIsBetter])),
      current: await of(current),
      reference: reference && labelled(asked.target) && labelled(asked.prediction) ? await of(reference) : null,
    };
  }
  const tests = judge(report, conditions);
  const untested = untestedNotes(report, conditions);
  return { ...report, notes: [...report.notes, ...untested], tests, passed: tests.every(({ passed }) => passed) };
}
