import type { Evidence } from '#contracts/evidence.ts';
import { numberOf, plain, signed, versionName } from '#decisions/gate/words.ts';
import { type Html, html } from '../html.ts';
import { note, section } from '../page.ts';
import { key } from '../plots.ts';
import { type Column, table } from '../table.ts';
import { type Dot, dotsByName } from './dots-by-name.ts';
import { places } from './metrics-section.ts';

type Slice = Evidence['slices'][number];
/** Slices that the plot shows. */
const PLOTTED = 20;
/** Slices that the table lists, so that a report stays small; the evidence has all of them. */
const LISTED = 200;

/** Where the candidate is better and where it is worse: one metric by slice, largest slices first. Null without slices. */
export async function slicesSection(evidence: Evidence, metric: string): Promise<Html | null> {
  if (evidence.slices.length === 0) return null;
  const champion = evidence.champion;
  const higher = evidence.directions[metric] !== false;
  const better = (slice: Slice) =>
    (numberOf(slice.candidate[metric]) - numberOf(slice.champion?.[metric])) * (higher ? 1 : -1);
  const decimals = Math.min(4, places(evidence, metric));
  const measured = (slice: Slice) => metric in slice.candidate;
  const columns: Column<Slice>[] = [
    { head: 'Slice', cell: (slice) => html`${slice.column} = ${shortened(slice.value)}` },
    { head: 'Rows', number: true, sortBy: (slice) => slice.rows, cell: (slice) => slice.rows.toLocaleString('en-US') },
    {
      head: 'Candidate',
      number: true,
      sortBy: (slice) => numberOf(slice.candidate[metric]),
      cell: (slice) => (measured(slice) ? plain(numberOf(slice.candidate[metric]), decimals) : '–'),
    },
  ];
  if (champion)
    columns.push(
      {
        head: `Champion ${versionName(champion.version)}`,
        number: true,
        sortBy: (slice) => numberOf(slice.champion?.[metric]),
        cell: (slice) => (measured(slice) ? plain(numberOf(slice.champion?.[metric]), decimals) : '–'),
      },
      {
        head: 'Better by',
        number: true,
        sortBy: better,
        cell: (slice) => (measured(slice) ? change(better(slice), decimals) : '–'),
      },
    );
  const listed = largest(evidence.slices, LISTED);
  const unlisted = evidence.slices.length - listed.length;
  const leftOut = evidence.slicesLeftOut.map(
    ({ column, values, rows }) =>
      `${values.toLocaleString('en-US')} more values of ${column} (${rows.toLocaleString('en-US')} rows)`,
  );
  return section(
    `Slices: ${metric}`,
    champion ? key(versionName(champion.version)) : null,
    html`<div class="beside">${table(`${metric} by slice`, columns, listed, true)}${await pictured(evidence, metric)}</div>`,
    note(
      `Slices below ${evidence.minimumSliceRows} rows carry no figure.${unlisted > 0 ? ` ${unlisted} smaller slices stand in the evidence only.` : ''}${leftOut.length > 0 ? ` Not measured: ${leftOut.join('; ')}.` : ''}`,
    ),
  );
}

async function pictured(evidence: Evidence, metric: string): Promise<Html | null> {
  const finite = (slice: Slice) => Number.isFinite(numberOf(slice.candidate[metric]));
  const shown = evidence.slices
    .filter(finite)
    .sort((a, b) => b.rows - a.rows)
    .slice(0, PLOTTED);
  if (shown.length < 2) return null;
  const dots = shown.flatMap((slice): Dot[] => {
    const name = `${slice.column} = ${shortened(slice.value, 20)}`;
    const of = (model: Dot['model'], figure: number) => (Number.isFinite(figure) ? [{ name, model, x: figure }] : []);
    return [
      ...of('candidate', numberOf(slice.candidate[metric])),
      ...of('champion', numberOf(slice.champion?.[metric])),
    ];
  });
  const names = shown.map((slice) => `${slice.column} = ${shortened(slice.value, 20)}`);
  return dotsByName(
    `The ${shown.length === evidence.slices.length ? '' : 'largest '}slices`,
    `${metric} of both models on ${shown.length} slices; the table has the figures`,
    { metric, names, dots, zero: false },
  );
}

/** The slices with the most rows, in the order that they have. */
function largest(slices: readonly Slice[], most: number): readonly Slice[] {
  if (slices.length <= most) return slices;
  const least = [...slices].sort((a, b) => b.rows - a.rows)[most - 1]?.rows ?? 0;
  return slices.filter(({ rows }) => rows >= least).slice(0, most);
}

const change = (value: number, decimals: number): Html =>
  html`<span class="${value > 0 ? 'better' : value < 0 ? 'worse' : ''}">${signed(value, decimals)}</span>`;
const shortened = (text: string, most = 80): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
