/** The shell of every report: one file, no network, no script but its own. */
import { createHash } from 'node:crypto';
import { type Html, html, trusted } from './html.ts';
import { style } from './style.ts';

/** Sorts a table by its head and finds rows by their text; without it the page loses nothing else. */
const sorting = `document.addEventListener('click',function(e){var b=e.target.closest&&e.target.closest('thead button');if(!b)return;
var h=b.closest('th'),r=h.parentNode,i=[].indexOf.call(r.children,h),t=b.closest('table').tBodies[0],d=h.getAttribute('aria-sort')==='descending'?1:-1;
[].forEach.call(r.children,function(c){c.removeAttribute('aria-sort')});h.setAttribute('aria-sort',d<0?'descending':'ascending');
function v(x){var c=x.children[i];return c.dataset.value!==undefined?(c.dataset.value===''?null:+c.dataset.value):c.textContent.trim()}
[].slice.call(t.rows).sort(function(a,b){var x=v(a),y=v(b);if(x===null)return y===null?0:1;if(y===null)return -1;return d*(typeof x==='number'?x-y:x.localeCompare(y))}).forEach(function(x){t.appendChild(x)})});
document.addEventListener('input',function(e){var l=e.target.closest&&e.target.closest('.find');if(!l)return;var q=e.target.value.toLowerCase(),s=l.closest('section');
[].forEach.call(s.querySelectorAll('tbody tr,.cards>*'),function(x){x.hidden=q!==''&&x.textContent.toLowerCase().indexOf(q)<0})});
addEventListener('beforeprint',function(){[].forEach.call(document.querySelectorAll('details'),function(d){d.open=true})})`;

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
/** Nothing is fetched and no other script runs, whatever finds its way into the page. */
const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src ${hash(sorting)}; base-uri 'none'; form-action 'none'`;

/** A whole document. `title` is also the window's; `lead` is the line below it. */
export function page({ title, lead, sections }: { title: string; lead: string; sections: readonly Html[] }): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<main>
<header><h1>${title}</h1><p class="lead">${lead}</p></header>
${sections.map((section) => html`${section}\n`)}
</main>
<script>${trusted(sorting)}</script>
</body>
</html>
`.markup;
}

/** The same document with the time when its figures were measured in its lead: a file is read later than that. @param at ISO */
export const dated = (document: string, at: string): string =>
  // All text is escaped, so that the first end of a header is the page's own.
  document.replace(
    '</p></header>',
    () => `, measured ${html`<time datetime="${at}">${at}</time>`.markup}</p></header>`,
  );

/** A titled block of a report. */
export const section = (title: string, ...content: readonly (Html | null)[]): Html =>
  html`<section class="card"><h2>${title}</h2>${content}</section>`;

/** A line of explanation below a table or a plot. */
export const note = (text: string): Html => html`<p class="note">${text}</p>`;

/** Name and value pairs. */
export const facts = (entries: readonly (readonly [name: string, value: string | Html])[]): Html =>
  html`<dl>${entries.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

export const code = (text: string): Html => html`<code>${text}</code>`;
