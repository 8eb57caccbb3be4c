/**
 * YAML as DVC writes `dvc.lock`, byte for byte: block style by ruamel.yaml with its defaults (80 columns, lists not
 * indented in maps). Its rules for quotes and for where a line is broken are its own, which no other library has.
 */
import { floatText, isValueList, isValueMap, type Value, type ValueMap } from './value.ts';

const WIDTH = 80;
/** A longer key is written behind a `?`. */
const LONGEST_KEY = 128;

export function yamlText(value: ValueMap): string {
  const text = new YamlText();
  text.map(value, 0);
  return text.ended();
}

const isEmpty = (value: Value) => (isValueList(value) && value.length === 0) || (isValueMap(value) && value.size === 0);

class YamlText {
  #text = '';
  #column = 0;

  ended(): string {
    return `${this.#text}\n`;
  }

  map(value: ValueMap, indent: number, isBehindDash = false): void {
    let isFirst = isBehindDash;
    for (const [key, each] of value) {
      if (!isFirst) this.#line(indent);
      isFirst = false;
      const isSimple = [...key].length < LONGEST_KEY && !/[\n\u0085\u2028\u2029]/.test(key);
      if (isSimple) {
        this.#scalar(key, indent + 2, true);
        this.#write(':');
        this.#value(each, indent);
      } else {
        this.#write('? ');
        this.#scalar(key, indent + 2, false);
        this.#line(indent);
        this.#write(':');
        if (each !== null) this.#item(each, indent);
      }
    }
  }

  #value(value: Value, indent: number): void {
    if (isEmpty(value)) this.#write(isValueMap(value) ? ' {}' : ' []');
    else if (isValueMap(value)) this.map(value, indent + 2);
    else if (isValueList(value)) this.#list(value, indent);
    else if (value !== null) {
      this.#write(' ');
      this.#scalar(value, indent + 2, false);
    }
  }

  /** @param indent of the dashes */
  #list(value: readonly Value[], indent: number, isBehindDash = false): void {
    for (const [at, each] of value.entries()) {
      if (!(isBehindDash && at === 0)) this.#line(indent);
      this.#write('-');
      this.#item(each, indent);
    }
  }

  /** Behind a dash, or the colon of a long key: what it holds begins on the same line. */
  #item(value: Value, indent: number): void {
    this.#write(' ');
    if (isEmpty(value)) this.#write(isValueMap(value) ? '{}' : '[]');
    else if (isValueMap(value)) this.map(value, indent + 2, true);
    else if (isValueList(value)) this.#list(value, indent + 2, true);
    else this.#scalar(value, indent + 2, false);
  }

  /** @param indent of the lines that it is broken into */
  #scalar(value: null | boolean | string | bigint | number, indent: number, isKey: boolean): void {
    const split = !isKey;
    const style = typeof value === 'string' ? styleOf(value) : 'plain';
    const text = [...(typeof value === 'string' ? value : scalarText(value))];
    if (style === 'plain') this.#plain(text, indent, split);
    else if (style === 'single') this.#single(text, indent, split);
    else this.#double(text, indent, split);
  }

  #plain(text: readonly string[], indent: number, split: boolean): void {
    let spaces = 0;
    for (const { part, isSpace } of parts(text)) {
      if (isSpace && part.length === 1 && this.#column >= WIDTH && split) this.#line(indent);
      else {
        // A word that is longer than what is left gets a line of its own; not behind two spaces, of which one would be lost, nor in a key (DVC does both, and reads
        // something else, or nothing).
        const isLong = !isSpace && part.length + this.#column > WIDTH && this.#column > indent;
        if (isLong && spaces < 2 && split) this.#line(indent);
        this.#write(part.join(''));
      }
      spaces = isSpace ? part.length : 0;
    }
  }

  #single(text: readonly string[], indent: number, split: boolean): void {
    this.#write("'");
    let at = 0;
    for (const { part, isSpace } of parts(text)) {
      const end = at + part.length;
      const breaks = isSpace && part.length === 1 && this.#column > WIDTH && split && at !== 0 && end !== text.length;
      if (breaks) this.#line(indent);
      else this.#write(part.join('').replaceAll("'", "''"));
      at = end;
    }
    this.#write("'");
  }

  #double(text: readonly string[], indent: number, split: boolean): void {
    this.#write('"');
    let start = 0;
    for (let end = 0; end <= text.length; end += 1) {
      const char = text[end];
      if (char === undefined || isEscaped(char)) {
        if (start < end) this.#write(text.slice(start, end).join(''));
        start = end;
        if (char !== undefined) {
          this.#write(escaped(char));
          start = end + 1;
        }
      }
      const isFull = this.#column + (end - start) > WIDTH;
      if (!(end > 0 && end < text.length - 1 && (char === ' ' || start >= end) && isFull && split)) continue;
      const backslash = needsBackslash(text, start, end) ? '\\' : '';
      this.#write(text.slice(start, end).join('') + backslash);
      if (start < end) start = end;
      this.#line(indent);
      if (text[start] === ' ') {
        if (backslash === '') start += 1;
        this.#write(backslash);
      }
    }
    this.#write('"');
  }

  #write(text: string): void {
    this.#text += text;
    this.#column += [...text].length;
  }

  #line(indent: number): void {
    if (this.#text !== '') this.#text += '\n';
    this.#text += ' '.repeat(indent);
    this.#column = indent;
  }
}

function scalarText(value: null | boolean | bigint | number): string {
  if (value === null) return '';
  if (typeof value !== 'number') return String(value);
  return Number.isNaN(value) ? '.nan' : Number.isFinite(value) ? floatText(value) : value > 0 ? '.inf' : '-.inf';
}

/** Runs of spaces, and what is between them. */
function parts(text: readonly string[]): { part: string[]; isSpace: boolean }[] {
  const found: { part: string[]; isSpace: boolean }[] = [];
  for (const char of text) {
    const last = found.at(-1);
    const isSpace = char === ' ';
    if (last?.isSpace === isSpace) last.part.push(char);
    else found.push({ part: [char], isSpace });
  }
  return found;
}

/** What a plain text would be read as something else than a text. */
const RESOLVED =
  /^(?:true|True|TRUE|false|False|FALSE|~|null|Null|NULL|<<|=|[-+]?0b[01_]+|[-+]?0o?[0-7_]+|[-+][0-9_]+|[0-9][0-9_]*|[-+]?0x[0-9a-fA-F_]+|[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?\.[0-9_]+(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/;
const BREAKS = '\n\u0085\u2028\u2029';
const BLANKS = `\0 \t\r${BREAKS}`;

function styleOf(text: string): 'plain' | 'single' | 'double' {
  if (text === '') return 'single';
  const chars = [...text];
  const isMultiline = chars.some((char) => BREAKS.includes(char));
  const isSpecial = chars.some((char) => isSpecialCharacter(char));
  const ends = ` ${BREAKS}`;
  const hasBlankEnd = ends.includes(chars[0] ?? '') || ends.includes(chars.at(-1) ?? '');
  const isPlain = !isMultiline && !isSpecial && !hasBlankEnd && !hasIndicator(chars) && !RESOLVED.test(text);
  if (isPlain) return 'plain';
  // Line breaks of YAML 1.1, which ruamel.yaml writes and reads in single quotes, are others' letters.
  return text.includes("'") || isMultiline || isSpecial ? 'double' : 'single';
}

/** Of those that a plain text must not hold in block style. */
function hasIndicator(chars: readonly string[]): boolean {
  const text = chars.join('');
  if (text.startsWith('---') || text.startsWith('...')) return true;
  const isBlankAfter = (at: number) => at + 1 >= chars.length || BLANKS.includes(chars[at + 1] ?? '');
  const [first = ''] = chars;
  if ('#,[]{}&*!|>\'"%@`'.includes(first)) return true;
  if ('?:-'.includes(first) && isBlankAfter(0)) return true;
  return chars.some(
    (char, at) =>
      at > 0 && ((char === ':' && isBlankAfter(at)) || (char === '#' && BLANKS.includes(chars[at - 1] ?? ''))),
  );
}

function isSpecialCharacter(char: string): boolean {
  if (char === '\n' || (char >= ' ' && char <= '~')) return false;
  const code = char.codePointAt(0) ?? 0;
  const isPrintable =
    code === 0x85 || (code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) || code >= 0x10000;
  return !isPrintable || code === 0xfeff;
}

function isEscaped(char: string): boolean {
  if ('"\\\u0085\u2028\u2029\ufeff'.includes(char)) return true;
  if (char >= ' ' && char <= '~') return false;
  const code = char.codePointAt(0) ?? 0;
  return !((code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) || code >= 0x10000);
}

const SHORT = new Map(
  Object.entries({
    ...{
      '\0': '0',
      '\u0007': 'a',
      '\b': 'b',
      '\t': 't',
      '\n': 'n',
      '\u000b': 'v',
      '\f': 'f',
      '\r': 'r',
      '\u001b': 'e',
    },
    ...{ '"': '"', '\\': '\\', '\u0085': 'N', '\u00a0': '_', '\u2028': 'L', '\u2029': 'P' },
  }),
);

function escaped(char: string): string {
  const short = SHORT.get(char);
  if (short !== undefined) return `\\${short}`;
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  return code <= 0xff ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`;
}

/** A line may end at a space without one, where the next line's first word says that the space was there. */
function needsBackslash(text: readonly string[], start: number, end: number): boolean {
  const space = text.indexOf(' ', end);
  if (space === -1) return true;
  const line = text.slice(end, space).indexOf('\n');
  const at = line === -1 ? space : end + line;
  const after = text[at + 1];
  if (after === undefined) return true;
  if (text[at] === '\n' && after !== ' ') return true;
  const word = text.slice(end, at);
  const isClean = !word.includes('"') && !word.includes("'") && after !== ' ' && after !== '\n';
  return !(isClean && text.slice(end - 1, end + 1).join('') !== '  ' && start !== end);
}
