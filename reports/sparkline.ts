/**
 * Distributions as small SVGs: one or two paths each, coloured by the page's CSS. A report has hundreds of them, and
 * Vega takes 0.1 s and 8 kB for one; see docs/adr/0011.
 */
import { type Html, html, trusted } from './html.ts';
import { amount, clipped, moment, percent } from './numbers.ts';

/** What can be drawn: both sides over the same bins or values; the reference is null where there is none. */
export type Shape =
  | {
      readonly by: 'bin';
      readonly of: 'number' | 'time';
      readonly edges: readonly number[];
      readonly current: readonly number[];
      readonly reference: readonly number[] | null;
    }
  | {
      readonly by: 'value';
      readonly values: readonly string[];
      readonly current: readonly number[];
      readonly reference: readonly number[] | null;
      readonly other: { readonly current: number; readonly reference: number | null };
    };

const HEIGHT = 40;
const STEP = 4;

/** A small picture of the shape; `says` names it to who does not see it. */
export function sparkline(shape: Shape | null, says: string, large = false): Html | null {
  if (!shape || shape.current.length === 0) return null;
  const current = shares(shape, 'current');
  const reference = shape.reference && shares(shape, 'reference');
  const top = Math.max(...current, ...(reference ?? []), 1e-12);
  const heights = (values: readonly number[]) =>
    values.map((value) => Math.round((1 - value / top) * HEIGHT * 10) / 10);
  const paths =
    shape.by === 'bin'
      ? [
          reference && ['ref', steps(heights(reference), true)],
          [reference ? 'cur line' : 'cur', steps(heights(current), !reference)],
        ]
      : [
          reference && ['ref', bars(heights(reference), 0, 2)],
          ['cur', bars(heights(current), reference ? 2 : 0, reference ? 3.6 : 3.4)],
        ];
  const width = current.length * STEP;
  return html`<svg class="spark${large ? ' large' : ''}" viewBox="0 -1 ${width} ${HEIGHT + 1}" preserveAspectRatio="none" role="img" aria-label="${says}">${paths.map((path) => path && html`<path class="${path[0]}" d="${trusted(String(path[1]))}"/>`)}</svg>`;
}

/** Shares of the rows by bin or value, what is beyond the listed values included in the whole. */
function shares(shape: Shape, side: 'current' | 'reference'): number[] {
  const counts = shape[side] ?? [];
  const other = shape.by === 'value' ? (shape.other[side] ?? 0) : 0;
  const all = counts.reduce((sum, rows) => sum + rows, other);
  return counts.map((rows) => (all > 0 ? rows / all : 0));
}

/** A staircase; closed along the bottom when `filled`. */
function steps(heights: readonly number[], filled: boolean): string {
  const line = heights.map((y, i) => `V${y}H${(i + 1) * STEP}`).join('');
  return filled ? `M0 ${HEIGHT}${line}V${HEIGHT}Z` : `M0 ${HEIGHT}${line}V${HEIGHT}`;
}

const bars = (heights: readonly number[], from: number, to: number): string =>
  heights.map((y, i) => (y >= HEIGHT ? '' : `M${i * STEP + from} ${HEIGHT}V${y}H${i * STEP + to}V${HEIGHT}Z`)).join('');

/** The picture with its axis, or bars with their values: for a card. */
export function distribution(shape: Shape | null, says: string): Html | null {
  if (!shape || shape.current.length === 0) return null;
  if (shape.by === 'value') return valueBars(shape, says);
  const [first, last] = [shape.edges[0] as number, shape.edges.at(-1) as number];
  const at = (edge: number) => (shape.of === 'time' ? moment(new Date(edge).toISOString()) : amount(edge));
  return html`<div class="shape">${sparkline(shape, says, true)}<div class="axis" aria-hidden="true"><span>${at(first)}</span><span>${at((first + last) / 2)}</span><span>${at(last)}</span></div></div>`;
}

/** Rows of one bar a side, with the share in figures. The others have figures only: beside them, often the most by far, no bar would be seen. */
function valueBars(shape: Shape & { by: 'value' }, says: string): Html {
  const [current, reference] = [shares(shape, 'current'), shape.reference && shares(shape, 'reference')];
  const top = Math.max(...current, ...(reference ?? []), 1e-12);
  const bar = (kind: string, share: number) =>
    html`<i class="${kind}" style="width:${((share / top) * 100).toFixed(1)}%"></i>`;
  const rest = (shares: readonly number[]) => Math.max(0, 1 - shares.reduce((sum, share) => sum + share, 0));
  const line = (label: Html, now: number, before: number | null, bars: Html | null) =>
    html`<li><span class="what">${label}</span><span class="both">${bars}</span><span class="share">${percent(now)}${before === null ? null : html`<small>${percent(before)}</small>`}</span></li>`;
  const listed = shape.values.slice(0, 12).map((value, i) => {
    const [now, before] = [current[i] ?? 0, reference ? (reference[i] ?? 0) : null];
    return line(label(value), now, before, html`${bar('cur', now)}${before === null ? null : bar('ref', before)}`);
  });
  const others = shape.other.current > 0 || (shape.other.reference ?? 0) > 0;
  return html`<ul class="values" aria-label="${says}">${listed}${others ? line(html`<em>others</em>`, rest(current), reference && rest(reference), null) : null}</ul>`;
}

const label = (value: string): Html =>
  value.trim() === '' ? html`<em>(blank)</em>` : html`<bdi>${clipped(value, 40)}</bdi>`;

/** What a shape shows, in words. */
export function shapeInWords(shape: Shape | null, column: string): string {
  if (!shape) return `${clipped(column)}: nothing to draw`;
  const sides = shape.reference ? 'current beside reference' : 'rows';
  if (shape.by === 'value') return `${clipped(column)}: ${sides} by ${shape.values.length} values`;
  const at = (edge: number | undefined) =>
    shape.of === 'time' ? moment(new Date(edge ?? 0).toISOString()) : amount(edge);
  return `${clipped(column)}: ${sides} in ${shape.current.length} bins from ${at(shape.edges[0])} to ${at(shape.edges.at(-1))}`;
}
