/**
 * Text for a terminal: data, names, reasons and errors come from others, and no terminal may obey them. Every control but the
 * line feed, and every character that turns the direction of writing or hides, is shown as its escape. Colours of our own
 * pass: they carry a mark that is drawn anew in each process, so that no text of others can have it.
 */
import { randomInt } from 'node:crypto';

const mark = `${randomInt(1_000, 9_999)};${randomInt(1_000, 9_999)};${randomInt(1_000, 9_999)}`;
const own = new RegExp(`\\u001b\\[${mark};([0-9]+)m`, 'g');
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const colour = /\u001b\[([0-9]+)m/g;
/** C0 but LF, DEL, C1, separators of lines, controls of direction, joiners that hide, the byte order mark, tags, lone surrogates. */
const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;
const short: Readonly<Record<string, string>> = { '\t': '\\t', '\r': '\\r' };

/** Shown as JSON and JavaScript write it: `\u001b`; for what is beyond 16 bits, two of them. */
const shown = (text: string): string =>
  text.replace(
    unsafe,
    (found) =>
      short[found] ??
      Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
        '',
      ),
  );

/** Escaped, with our colours as they are while text is put together. */
export function escaped(text: string): string {
  let whole = '';
  let from = 0;
  for (const found of text.matchAll(own)) {
    whole += shown(text.slice(from, found.index)) + found[0];
    from = found.index + found[0].length;
  }
  return whole + shown(text.slice(from));
}

/** As it goes out: escaped, our colours as terminals know them. The last thing that is done to a text. */
export const printable = (text: string): string => escaped(text).replace(own, '\u001b[$1m');

/** JSON that is as harmless at a terminal, and the same value to whoever reads it. */
export const printableJson = (value: unknown): string => {
  // JSON.stringify has escaped what is below a space within texts; the line feeds are its own.
  const text = JSON.stringify(value, null, 2);
  return text === undefined ? 'null' : text.replace(unsafe, (found) => shown(found));
};

/** A colour of the library's as one of ours: what it is put around is escaped, what it adds is marked. */
export const marked =
  (paint: (text: string) => string) =>
  (text: string | number): string =>
    paint(printable(String(text))).replace(colour, `\u001b[${mark};$1m`);
