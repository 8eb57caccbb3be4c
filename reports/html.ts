/** HTML that is escaped unless it was built here: text from data can never become markup. */

/** Markup that needs no escaping. Made only by {@link html} and by {@link trusted}. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
  toString(): string {
    return this.markup;
  }
}

type Piece = string | number | Html | null | undefined | false | readonly Piece[];

/** Template tag: every value is escaped, lists are joined, null and false are left out. */
export function html(texts: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(texts.reduce((markup, text, i) => markup + render(pieces[i - 1]) + text));
}

/** For markup that a library of ours rendered from escaped data (an SVG of Vega's). Never for text from outside. */
export const trusted = (markup: string): Html => new Html(markup);

/** Text as it stands in markup and in its attributes. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => signs[sign] as string);
const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function render(piece: Piece): string {
  if (piece === null || piece === undefined || piece === false) return '';
  if (piece instanceof Html) return piece.markup;
  if (Array.isArray(piece)) return piece.map(render).join('');
  return escaped(String(piece));
}
