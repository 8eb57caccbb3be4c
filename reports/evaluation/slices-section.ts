import type { Evidence } from '#contracts/evidence.ts';
import { numberOf, plain, signed, versionName } from '#decisions/gate/words.ts';
import { type Html, html } from '../html.ts';
import { name } from '../numbers.ts';
import { note, section } from '../page.ts';
import { key } from '../plots.ts';
import { type Column, table } from '../table.ts';
import { type Dot, dotsByName } from './dots-by-name.ts';
import { branchesOf, forestPlot } from './forest-plot.ts';
import { places } from './metrics-section.ts';

type Slice = Evidence['slices'][number];
/** Slices that the plot shows. */
const PLOTTED = 20;
/** Slices that the table lists, so that a report stays small; the evidence has all of them. */
const LISTED = 200;

/**
 * Where the candidate is better and where it is worse: one metric by slice, largest slices first. Null without slices.
 * @param maxDrop what a slice may lose against the champion; null: no such rule
 */
export async function slicesSection(evidence: Evidence, metric: string, maxDrop: number | null): Promise<Html | null> {
  if (evidence.slices.length === 0) return null;
  const champion = evidence.champion;
  const higher = evidence.directions[metric] !== false;
  const better = (slice: Slice) =>
    (numberOf(slice.candidate[metric]) - numberOf(slice.champion?.[metric])) * (higher ? 1 : -1);
  const decimals = Math.min(4, places(evidence, metric));
  const measured = (slice: Slice) => metric in slice.candidate;
  const columns: Column<Slice>[] = [
    { head: 'Slice', cell: (slice) => html`${name(slice.column, 40)} = ${name(slice.value)}` },
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
        cell: (slice) => (measured(slice) ? change(better(slice), slice.difference?.[metric], decimals) : '–'),
      },
    );
  const listed = largest(evidence.slices, LISTED);
  const unlisted = evidence.slices.length - listed.length;
  const leftOut = evidence.slicesLeftOut.map(
    ({ column, values, rows }) =>
      `${values.toLocaleString('en-US')} more values of ${column} (${rows.toLocaleString('en-US')} rows)`,
  );
  const branches = branchesOf(evidence, metric, (slice) => `${slice.column} = ${shortened(slice.value, 20)}`);
  // A forest of differences; without a champion, or of evidence without intervals, both models' figures.
  const forest = await forestPlot(metric, branches, maxDrop);
  return section(
    `Slices: ${metric}`,
    champion && !forest ? key(versionName(champion.version)) : null,
    html`<div class="beside">${forest}${table(`${metric} by slice`, columns, listed, true)}${forest ? null : await dotted(evidence, metric)}</div>`,
    note(
      `${forest ? `A triangle is better or worse with the whole of its interval, each slice taken by itself${maxDrop === null ? '' : '; the dashed line is what a slice may lose'}. ` : ''}Slices below ${evidence.minimumSliceRows} rows carry no figure.${unlisted > 0 ? ` ${unlisted} smaller slices stand in the evidence only.` : ''}${leftOut.length > 0 ? ` Not measured: ${leftOut.join('; ')}.` : ''}`,
    ),
  );
}

/** Both models' figures on the largest slices. */
async function dotted(evidence: Evidence, metric: string): Promise<Html | null> {
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

/** Coloured where it is shown; where no interval is known, by its sign. */
function change(value: number, own: NonNullable<Slice['difference']>[string] | undefined, decimals: number): Html {
  const [lower, upper] = [numberOf(own?.lower), numberOf(own?.upper)];
  const known = Number.isFinite(lower) && Number.isFinite(upper);
  const sure = (known ? lower : value) > 0 ? 'better' : (known ? upper : value) < 0 ? 'worse' : '';
  return html`<span class="${sure}">${signed(value, decimals)}</span>${known ? html`<span class="why wide">${signed(lower, decimals)} … ${signed(upper, decimals)}</span>` : null}`;
}
const shortened = (text: string, most = 80): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
