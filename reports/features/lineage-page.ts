/** The lineage of features as a drawing: what feeds what, from sources on the left to models on the right. */
import { type Html, html } from '../html.ts';
import { note, page, section } from '../page.ts';

export interface Drawn {
  readonly nodes: readonly { readonly kind: string; readonly name: string; readonly note: string }[];
  /** Places among the nodes. */
  readonly edges: readonly (readonly [from: number, to: number])[];
}

const columns = ['source', 'view', 'on-demand', 'service', 'model'];
const titles: Readonly<Record<string, string>> = {
  source: 'Sources',
  view: 'Views',
  'on-demand': 'On demand',
  service: 'Services',
  model: 'Models',
};
const [WIDTH, HEIGHT, ACROSS, DOWN, TOP] = [190, 40, 250, 58, 34];
/** Characters that a box has room for; the whole name is its title. */
const ROOM = 26;

/** @param of what the definitions are called */
export function lineagePage(of: string, { nodes, edges }: Drawn): string {
  return page({
    title: `Lineage of ${of}`,
    lead: 'What feeds what: sources, views, functions on demand, services, and the models that were trained with them',
    sections: [
      section('Drawn', drawing({ nodes, edges })),
      section(
        'As a table',
        html`<table><thead><tr><th>feeds</th><th>is fed</th></tr></thead><tbody>${edges.map(
          ([from, to]) => html`<tr><td>${called(nodes[from])}</td><td>${called(nodes[to])}</td></tr>`,
        )}</tbody></table>`,
        note('Of each model its champion and its newest version.'),
      ),
    ],
  });
}

const called = (node: Drawn['nodes'][number] | undefined) => (node ? `${node.kind} ${node.name}` : '');

function drawing({ nodes, edges }: Drawn): Html {
  const shown = columns.filter((kind) => nodes.some((node) => node.kind === kind));
  const rows = new Map<string, number>();
  const places = nodes.map(({ kind }) => {
    const row = rows.get(kind) ?? 0;
    rows.set(kind, row + 1);
    // Between the rows of the others: what passes this column by does not run into a box of it.
    const beside = kind === 'on-demand' ? DOWN / 2 : 0;
    return { x: shown.indexOf(kind) * ACROSS, y: TOP + row * DOWN + beside };
  });
  const width = Math.max(0, (shown.length - 1) * ACROSS) + WIDTH;
  const height = TOP + Math.max(1, ...rows.values()) * DOWN + (rows.has('on-demand') ? DOWN / 2 : 0);
  const lines = edges.flatMap(([from, to]) => {
    const [a, b] = [places[from], places[to]];
    if (!a || !b) return [];
    const [x1, y1, x2, y2] = [a.x + WIDTH, a.y + HEIGHT / 2, b.x, b.y + HEIGHT / 2];
    const bend = (x1 + x2) / 2;
    return [
      html`<path d="M${x1} ${y1}C${bend} ${y1} ${bend} ${y2} ${x2} ${y2}" fill="none" stroke="currentColor" opacity=".35"/>`,
    ];
  });
  const boxes = nodes.map((node, index) => {
    const { x, y } = places[index] ?? { x: 0, y: 0 };
    return html`<g><title>${called(node)}${node.note ? `, ${node.note}` : ''}</title><rect x="${x + 0.5}" y="${y}" width="${WIDTH - 1}" height="${HEIGHT}" rx="6" fill="none" stroke="currentColor" opacity=".6"/>
<text x="${x + 10}" y="${y + 17}" fill="currentColor" font-size="13">${cut(node.name)}</text><text x="${x + 10}" y="${y + 32}" fill="currentColor" font-size="11" opacity=".7">${cut(node.note)}</text></g>`;
  });
  const heads = shown.map(
    (kind, index) =>
      html`<text x="${index * ACROSS}" y="16" fill="currentColor" font-size="13" font-weight="600">${titles[kind]}</text>`,
  );
  return html`<svg role="img" aria-label="Lineage: the table below says the same" viewBox="0 0 ${width} ${height}" width="${width}" style="max-width:100%;height:auto" xmlns="http://www.w3.org/2000/svg">${heads}${lines}${boxes}</svg>`;
}

/** A path's end says more than its beginning. */
const cut = (text: string) =>
  text.length <= ROOM ? text : text.includes('/') ? `…${text.slice(1 - ROOM)}` : `${text.slice(0, ROOM - 1)}…`;
