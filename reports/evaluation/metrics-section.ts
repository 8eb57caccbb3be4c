import type { Evidence } from '#contracts/evidence.ts';
import type { ParsedGateRules } from '#contracts/gate-rules.ts';
import { limitOf } from '#decisions/gate/rules/floors.ts';
import { asWritten, decimalsFor, numberOf, percent, plain, signed, versionName } from '#decisions/gate/words.ts';
import { type Html, html } from '../html.ts';
import { note, section } from '../page.ts';
import { type Column, table } from '../table.ts';
import { intervalInWords } from './interval-words.ts';

/** What the gate asks of the compared metric, when it has been asked. */
export type Asked = Pick<ParsedGateRules, 'metric' | 'minimumEffect' | 'notWorseThan' | 'floors'>;

/** Every metric of both models with the interval of their difference. */
export function metricsSection(evidence: Evidence, asked: Asked | null): Html {
  const names = Object.keys(evidence.candidate.metrics);
  const lead = asked?.metric ?? evidence.comparisons[0]?.metric;
  const rows = [...names].sort((a, b) => Number(b === lead) - Number(a === lead));
  const champion = evidence.champion;
  const columns: Column<string>[] = [
    {
      head: 'Metric',
      cell: (metric) => html`${breakable(metric)}<span class="why">${described(evidence, metric)}</span>`,
    },
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
          `“Better by” points in the direction of better for every metric. Intervals: ${percent(first.confidence)}, ${intervalInWords(first)}.`,
        )
      : null,
  );
}

/** Decimals for a metric's figures: those that show its interval, or three. */
export function places(evidence: Evidence, metric: string): number {
  const compared = evidence.comparisons.find((each) => each.metric === metric);
  const width = compared ? numberOf(compared.upper) - numberOf(compared.lower) : Number.NaN;
  const largest = Math.max(
    ...[evidence.candidate.metrics[metric], evidence.champion?.metrics[metric]]
      .map((value) => Math.abs(numberOf(value)))
      .filter(Number.isFinite),
    0,
  );
  return decimalsFor(Number.isFinite(width) ? width / 2 : 0, largest);
}

const shown = (evidence: Evidence, metric: string, figures: Evidence['candidate']['metrics']): string =>
  metric in figures ? plain(numberOf(figures[metric]), places(evidence, metric)) : '–';

/** Long names may break at their underscores. */
const breakable = (name: string): Html =>
  html`${name.split('_').map((part, i) => html`${i > 0 ? html`_<wbr>` : null}${part}`)}`;

const described = (evidence: Evidence, metric: string): string =>
  [evidence.meanings[metric], evidence.directions[metric] === false ? 'less is better' : null]
    .filter(Boolean)
    .join('; ');

function difference(evidence: Evidence, metric: string): Html | string {
  const compared = evidence.comparisons.find((each) => each.metric === metric);
  if (!compared) return '–';
  const decimals = places(evidence, metric);
  const [value, lower, upper] = [numberOf(compared.difference), numberOf(compared.lower), numberOf(compared.upper)];
  const sure = lower > 0 ? 'better' : upper < 0 ? 'worse' : '';
  return html`<span class="${sure}">${signed(value, decimals)}</span><span class="why">${signed(lower, decimals)} … ${signed(upper, decimals)}</span>`;
}

function limit(evidence: Evidence, asked: Asked, metric: string): Html | string {
  const set = asked.floors[metric];
  if (set === undefined) return '';
  const floor = limitOf(set);
  const higher = evidence.directions[metric] !== false;
  const value = numberOf(evidence.candidate.metrics[metric]);
  const kept = higher ? value >= floor : value <= floor;
  return html`<span class="${kept ? 'better' : 'worse'}">${kept ? '✓' : '✗'} ${higher ? '≥' : '≤'} ${asWritten(floor)}</span>`;
}
