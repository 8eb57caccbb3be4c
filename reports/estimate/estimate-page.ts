/** The report of an estimate: performance by chunk, estimated without labels and realized with them. One HTML file. */
import type { Estimate, EstimateChunk, EstimateMetric } from '#contracts/estimate.ts';
import { alarms } from '#decisions/estimate-alarm.ts';
import { findingSection, findingWord } from '../finding-section.ts';
import { type Html, html } from '../html.ts';
import { amount, clipped, count, moment } from '../numbers.ts';
import { note, page, section } from '../page.ts';
import { type Column, table } from '../table.ts';
import { tiles, verdict } from '../tiles.ts';
import { chunkPlot } from './chunk-plot.ts';

/** Metrics with a plot of their own, and rows of the table. */
const PLOTTED = 12;
const LISTED = 400;

export interface EstimatePageOptions {
  readonly title?: string;
}

/** Equal estimates give equal bytes. Takes 0.1 s a metric of one core: Vega draws them. */
export async function estimatePage(estimate: Estimate, options: EstimatePageOptions = {}): Promise<string> {
  const { estimator, rows, chunks, metrics } = estimate;
  const shown = metrics.slice(0, PLOTTED);
  const figures = await Promise.all(shown.map((metric) => chunkPlot(metric, estimate)));
  const known = estimator.name === 'realized' ? 'Realized performance' : 'Performance, estimated';
  return page({
    title: options.title === undefined ? `${known} (${estimator.name})` : clipped(options.title, 160),
    lead: `${count(rows.analysis)} rows in ${count(chunks.length)} chunks beside ${count(rows.reference)} rows of reference`,
    sections: [
      banner(estimate),
      summary(estimate),
      section(
        'By chunk',
        key(estimate),
        html`<div class="wide">${figures}</div>`,
        ...(estimator.conditions ?? []).map((condition) => note(`Estimates hold if ${condition}.`)),
        ...rules(shown).map(note),
        metrics.length > PLOTTED ? note(`${metrics.length - PLOTTED} more metrics stand in the table.`) : null,
      ),
      estimate.drift.kind === 'unknown' ? null : findingSection(estimate.drift),
      chunkTable(estimate),
      section('How it works', html`<p>${estimator.says}</p>`, html`${estimate.notes.map(note)}`),
    ].filter((each) => each !== null),
  });
}

/** One line where all have the same. */
function rules(metrics: readonly EstimateMetric[]): string[] {
  const different = [...new Set(metrics.map(({ rule }) => rule))];
  if (different.length === 1 && metrics.length > 1) return [`Limits of all are ${different[0]}.`];
  return metrics.map(({ label, rule }) => `${label}: limits are ${rule}.`);
}

function banner(estimate: Estimate): Html {
  const { chunks, metrics, alert, drift, notes } = estimate;
  const left = metrics.flatMap((metric) => {
    const at = chunks.filter((chunk) => alerts(chunk, metric.name));
    return at.length > 0 ? [{ metric, at }] : [];
  });
  const reasons = left.slice(0, 4).map(({ metric, at }) => {
    const first = at[0] as EstimateChunk;
    const found = first.metrics[metric.name];
    const value = found?.realizedAlert && !found.alert ? found.realized : (found?.estimated ?? found?.realized ?? null);
    return html`${metric.label} left its limits (${amount(metric.lower)} … ${amount(metric.upper)}) in ${at.length} of ${chunks.length} chunks, first in ${chunkName(first)} with ${amount(value)}`;
  });
  return verdict({
    is: alarms(estimate) ? 'refused' : alert ? 'inconclusive' : 'passed',
    word:
      drift.performance.holds === false
        ? '✗ Performance fell'
        : alarms(estimate)
          ? '✗ The concept drifted'
          : alert
            ? '△ Performance holds, with single chunks beyond its limits'
            : '✓ Performance stays within its limits',
    reasons: [
      ...(drift.kind === 'unknown' ? [] : [findingWord(drift)]),
      ...reasons,
      ...(alert ? [] : [`${metrics.map(({ label }) => label).join(', ')} over ${chunks.length} chunks`]),
      ...notes.slice(0, 1),
    ],
  });
}

const alerts = (chunk: EstimateChunk, metric: string): boolean =>
  chunk.metrics[metric]?.alert === true || chunk.metrics[metric]?.realizedAlert === true;

function summary({ chunks, metrics, rows, estimator }: Estimate): Html {
  const alarmed = chunks.filter((chunk) => metrics.some(({ name }) => alerts(chunk, name))).length;
  const labelled = chunks.reduce((sum, chunk) => sum + chunk.labelled, 0);
  const first = metrics[0];
  const last = chunks.at(-1)?.metrics[first?.name ?? ''];
  return tiles([
    { name: 'Chunks with an alert', value: `${alarmed} of ${chunks.length}`, bad: alarmed > 0 },
    ...(first
      ? [
          {
            name: `${first.label}, last chunk`,
            value: amount(last?.estimated ?? last?.realized),
            note: `limits ${amount(first.lower)} … ${amount(first.upper)}`,
          },
        ]
      : []),
    { name: 'Rows', value: count(rows.analysis), note: `reference ${count(rows.reference)}` },
    {
      name: 'Labels that came',
      value: count(labelled),
      note: labelled === 0 ? 'none yet' : labelled === rows.analysis ? 'all of them' : 'some',
    },
    {
      name: 'Estimator',
      value: estimator.name,
      note: estimator.calibrated ? 'calibrated on the reference' : undefined,
    },
  ]);
}

const key = ({ estimator }: Estimate): Html =>
  html`<p class="key">${estimator.name === 'realized' ? null : html`<span class="candidate">estimated, with its band of chance</span>`}<span class="champion">realized</span><span class="limit">limits</span><span class="alarm">alert</span></p>`;

/** When or which: a period by its key, rows by their times or numbers. */
function chunkName({ key: text, from, to, start, end }: EstimateChunk): string {
  if (!/^\[/.test(text)) return clipped(text, 40);
  // A chunk that ends with a day is named by its days.
  const day = (iso: string) => (/T(00:00:00|23:59:59)/.test(iso) ? iso.slice(0, 10) : moment(iso));
  return from && to ? `${day(from)} … ${day(to)}` : `rows ${count(start)} … ${count(end)}`;
}

function chunkTable({ chunks, metrics, estimator }: Estimate): Html {
  const figure = (metric: EstimateMetric): Column<EstimateChunk>[] => {
    const of = (chunk: EstimateChunk) => chunk.metrics[metric.name];
    const alarm = (yes: boolean | undefined) => (yes ? html` <span class="tag bad">✗ alert</span>` : null);
    const estimated = {
      head: metric.label,
      number: true,
      sortBy: (chunk: EstimateChunk) => of(chunk)?.estimated ?? of(chunk)?.realized ?? null,
      cell: (chunk: EstimateChunk) => {
        const found = of(chunk);
        if (!found) return '–';
        if (estimator.name === 'realized')
          return html`${amount(found.realized)}${alarm(found.alert || found.realizedAlert)}`;
        return html`${amount(found.estimated)}${alarm(found.alert)}<span class="why">realized ${amount(found.realized)}${alarm(found.realizedAlert)}</span>`;
      },
    };
    return [estimated];
  };
  const listed = chunks.slice(-LISTED);
  return section(
    'Chunks',
    table(
      'Performance by chunk',
      [
        { head: 'Chunk', sortBy: ({ index }) => index, cell: (chunk) => chunkName(chunk) },
        {
          head: 'Rows',
          number: true,
          sortBy: ({ rows }) => rows,
          cell: ({ rows, labelled }) =>
            html`${count(rows)}<span class="why">${labelled === rows ? 'all' : count(labelled)} labelled</span>`,
        },
        ...metrics.flatMap(figure),
      ],
      listed,
      { sortable: true, stacked: true },
    ),
    chunks.length > LISTED ? note(`The last ${LISTED} chunks; the JSON has all.`) : null,
  );
}
