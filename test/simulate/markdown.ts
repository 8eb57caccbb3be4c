/** Tables of a study as Markdown, and their place in a page that people write around them. */
import type { Study, Table } from './study.ts';

/** Cells are padded, so that the same text reads well in a terminal. */
export function markdownTable({ title, columns, rows }: Table): string {
  const widths = columns.map((column, at) => Math.max(3, column.length, ...rows.map((row) => (row[at] ?? '').length)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, at) => (cells[at] ?? '').padEnd(width)).join(' | ')} |`;
  return [title, '', line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

const start = (name: string) => `<!-- simulate:${name} -->`;
const end = (name: string) => `<!-- /simulate:${name} -->`;

/**
 * The page with the study's figures between its two markers; what stands around them stays.
 * @throws Error when the page lacks the markers
 */
export function withSection(page: string, { name }: Pick<Study, 'name'>, text: string): string {
  const from = page.indexOf(start(name));
  const to = page.indexOf(end(name));
  if (from < 0 || to < from) throw new Error(`the page needs the lines ${start(name)} and ${end(name)}, in this order`);
  return `${page.slice(0, from + start(name).length)}\n${text}\n${page.slice(to)}`;
}
