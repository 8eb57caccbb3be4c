import type { Evidence } from '#contracts/evidence.ts';
import { asWritten, decimalsFor, percent, plain, signed, valueOf, versionName } from '#decisions/gate/words.ts';
import { type Html, html } from '../html.ts';
import { note, section } from '../page.ts';
import { ink, plot } from '../plots.ts';
import { type Column, table } from '../table.ts';

/** What the gate asks of the compared metric, when it has been asked. */
export interface Asked {
  readonly metric: string;
  readonly minimumEffect: number;
  readonly floors: Readonly<Record<string, number>>;
}

/** Every metric of both models with the interval of their difference. */
export function metricsSection(evidence: Evidence, asked: Asked | null, interval: Html | null): Html {
  const names = Object.keys(evidence.candidate.metrics);
  const lead = asked?.metric ?? evidence.comparisons[0]?.metric;
  const rows = [...names].sort((a, b) => Number(b === lead) - Number(a === lead));
  const champion = evidence.champion;
  const columns: Column<string>[] = [
    { head: 'Metric', cell: (metric) => html`${metric}<span class="why">${described(evidence, metric)}</span>` },
    { head: 'Candidate', number: true, cell: (metric) => shown(evidence, metric, evidence.candidate.metrics) },
  ];
  if (champion) {
    columns.push(
      {
        head: `Champion ${versionName(champion.version)}`,
        number: true,
        cell: (metric) => shown(evidence, metric, champion.metrics),
      },
      { head: 'Better by', number: true, cell: (metric) => difference(evidence, metric) },
    );
  }
  const floors = Object.keys(asked?.floors ?? {}).length > 0;
  if (floors)
    columns.push({ head: 'Must reach', number: true, cell: (metric) => limit(evidence, asked as Asked, metric) });
  const first = evidence.comparisons[0];
  return section(
    'Metrics',
    table('Metrics of both models', columns, rows),
    first
      ? note(
          `“Better by” points in the direction of better for every metric. Intervals: ${percent(first.confidence)}, paired bootstrap over ${first.resamples.toLocaleString('en-US')} resamples of the same rows.`,
        )
      : null,
    interval,
  );
}

/** The compared difference as a bar with its ends, against zero and the minimum effect. Null when nothing was compared. */
export async function intervalPlot(evidence: Evidence, asked: Asked | null): Promise<Html | null> {
  const metric = asked?.metric ?? evidence.comparisons[0]?.metric;
  const compared = evidence.comparisons.find((each) => each.metric === metric);
  if (!compared) return null;
  const values = {
    lower: valueOf(compared.lower),
    upper: valueOf(compared.upper),
    difference: valueOf(compared.difference),
  };
  if (Object.values(values).some((value) => !Number.isFinite(value))) return null;
  const effect = asked?.minimumEffect ?? null;
  const marks = [
    { at: 0, label: 'no difference' },
    ...(effect ? [{ at: effect, label: `minimum effect ${asWritten(effect)}` }] : []),
  ];
  const decimals = places(evidence, compared.metric);
  const says = `${compared.metric}: better by ${signed(values.difference, decimals)}, interval ${signed(values.lower, decimals)} to ${signed(values.upper, decimals)}${effect ? `, minimum effect ${asWritten(effect)}` : ''}`;
  const x = {
    type: 'quantitative',
    scale: { zero: false, nice: true, padding: 18 },
    axis: { tickCount: 6, title: `${compared.metric}: better by`, format: '+~g' },
  } as const;
  const drawn = await plot(`Is it better? ${compared.metric} and its ${percent(compared.confidence)} interval`, says, {
    width: 560,
    height: 76,
    data: { values: [values] },
    layer: [
      {
        data: { values: marks },
        mark: { type: 'rule', stroke: ink.soft },
        encoding: {
          x: { field: 'at', ...x },
          strokeDash: {
            field: 'at',
            type: 'nominal',
            scale: {
              domain: marks.map(({ at }) => at),
              range: [
                [1, 0],
                [5, 4],
              ],
            },
            legend: null,
          },
        },
      },
      {
        data: { values: marks.slice(-1) },
        mark: { type: 'text', align: 'left', baseline: 'top', dx: 6, fontSize: 11, color: ink.soft },
        encoding: { x: { field: 'at', ...x }, y: { value: 0 }, text: { field: 'label' } },
      },
      {
        mark: { type: 'rule', strokeWidth: 4, stroke: ink.candidate, strokeCap: 'round' },
        encoding: { x: { field: 'lower', ...x }, x2: { field: 'upper' }, y: { value: 46 } },
      },
      {
        mark: { type: 'point', filled: true, size: 130, color: ink.candidate, opacity: 1 },
        encoding: { x: { field: 'difference', ...x }, y: { value: 46 } },
      },
    ],
  });
  return html`<div style="margin-top:18px">${drawn}</div>`;
}

/** Decimals for a metric's figures: those that show its interval, or three. */
export function places(evidence: Evidence, metric: string): number {
  const compared = evidence.comparisons.find((each) => each.metric === metric);
  const width = compared ? valueOf(compared.upper) - valueOf(compared.lower) : Number.NaN;
  const largest = Math.max(
    ...[evidence.candidate.metrics[metric], evidence.champion?.metrics[metric]]
      .map((value) => Math.abs(valueOf(value)))
      .filter(Number.isFinite),
    0,
  );
  return decimalsFor(Number.isFinite(width) ? width / 10 : 0, largest);
}

const shown = (evidence: Evidence, metric: string, figures: Evidence['candidate']['metrics']): string =>
  metric in figures ? plain(valueOf(figures[metric]), places(evidence, metric)) : '–';

const described = (evidence: Evidence, metric: string): string =>
  [evidence.meanings[metric], evidence.directions[metric] === false ? 'less is better' : null]
    .filter(Boolean)
    .join('; ');

function difference(evidence: Evidence, metric: string): Html | string {
  const compared = evidence.comparisons.find((each) => each.metric === metric);
  if (!compared) return '–';
  const decimals = places(evidence, metric);
  const [value, lower, upper] = [valueOf(compared.difference), valueOf(compared.lower), valueOf(compared.upper)];
  const sure = lower > 0 ? 'better' : upper < 0 ? 'worse' : '';
  return html`<span class="${sure}">${signed(value, decimals)}</span><span class="why">${signed(lower, decimals)} … ${signed(upper, decimals)}</span>`;
}

function limit(evidence: Evidence, asked: Asked, metric: string): Html | string {
  const floor = asked.floors[metric];
  if (floor === undefined) return '';
  const higher = evidence.directions[metric] !== false;
  const value = valueOf(evidence.candidate.metrics[metric]);
  const kept = higher ? value >= floor : value <= floor;
  return html`<span class="${kept ? 'better' : 'worse'}">${kept ? '✓' : '✗'} ${higher ? '≥' : '≤'} ${asWritten(floor)}</span>`;
}
