/** Vega-Lite specifications to SVG text. Takes 0.1 s a plot: run it where nothing waits for the event loop. */
import { createHash } from 'node:crypto';
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { type Html, html, trusted } from './html.ts';

/** CSS variables of reports: a plot follows the page's theme. */
export const ink = {
  text: 'var(--ink)',
  soft: 'var(--soft)',
  grid: 'var(--grid)',
  line: 'var(--line)',
  candidate: 'var(--candidate)',
  champion: 'var(--champion)',
};

const config: TopLevelSpec['config'] = {
  background: 'transparent',
  font: 'system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif',
  padding: 4,
  view: { stroke: null },
  axis: {
    labelColor: ink.soft,
    titleColor: ink.soft,
    gridColor: ink.grid,
    domainColor: ink.line,
    tickColor: ink.line,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 8,
  },
  text: { color: ink.text, fontSize: 12 },
};

/** Two lines of one plot, the leading one first. */
export interface Series {
  readonly names: readonly [string, string];
  readonly colors: readonly [string, string];
}
export const models: Series = { names: ['candidate', 'champion'], colors: [ink.candidate, ink.champion] };

/** Both in one plot: colour and dash, so that neither alone carries the difference. */
export const bySeries = ({ names, colors }: Series) =>
  ({
    color: {
      field: 'model',
      type: 'nominal',
      scale: { domain: [...names], range: [...colors] },
      legend: null,
    },
    strokeDash: {
      field: 'model',
      type: 'nominal',
      scale: {
        domain: [...names],
        range: [
          [1, 0],
          [6, 4],
        ],
      },
      legend: null,
    },
  }) as const;
export const byModel = bySeries(models);

/** `<svg>` text, deterministic: equal specifications give equal bytes, in whatever process and order. */
export async function svg(spec: TopLevelSpec): Promise<string> {
  const view = new vega.View(vega.parse(compile({ ...spec, config }).spec), { renderer: 'none' });
  const text = await view.toSVG();
  view.finalize();
  return ownIds(text, createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 8));
}

/** Vega numbers clip paths through the life of the process; here each plot's start at 0, under a name of its own. */
function ownIds(text: string, name: string): string {
  const known = new Map<string, string>();
  const renamed = (id: string) => {
    const own = known.get(id) ?? `${name}-${known.size}`;
    known.set(id, own);
    return own;
  };
  return text
    .replace(/ id="([^"]+)"/g, (_, id: string) => ` id="${renamed(id)}"`)
    .replace(/url\(#([^)]+)\)/g, (_, id: string) => `url(#${renamed(id)})`);
}

/** A plot with its title; `says` is what a reader who does not see it is told. */
export async function plot(title: string, says: string, spec: TopLevelSpec): Promise<Html> {
  const markup = (await svg(spec)).replace(/^<svg /, html`<svg role="img" aria-label="${says}" `.markup);
  return html`<figure><figcaption>${title}</figcaption>${trusted(markup)}</figure>`;
}

export const plots = (figures: readonly (Html | null)[]): Html => html`<div class="plots">${figures}</div>`;

/** What the line styles mean. */
export const key = (champion: string | null): Html =>
  html`<p class="key"><span class="candidate">candidate</span>${champion === null ? null : html`<span class="champion">champion ${champion}</span>`}</p>`;
