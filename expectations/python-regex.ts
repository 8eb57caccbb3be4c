/**
 * Patterns of Python's `re` as RE2 reads them, and as JavaScript does with the flag `v`: what RE2 has not (look-around,
 * references to groups, a negated class in a set) and what it reads otherwise (`\b` beyond ASCII) is left to JavaScript.
 * The reading follows https://docs.python.org/3.11/library/re.html; `\w \d \s \b` are Unicode unless `(?a)` is given.
 */

export interface TranslatedRegex {
  /** null: RE2 cannot say it. */
  readonly re2: string | null;
  /** RE2 agrees with Python on texts of ASCII only. */
  readonly asciiOnly: boolean;
  /** null: JavaScript cannot say it, but RE2 can. */
  readonly js: { readonly source: string; readonly flags: string } | null;
}

/** The pattern, or in words why there is none. */
export function translateRegex(pattern: string): TranslatedRegex | { problem: string } {
  try {
    return new Translation(pattern).result();
  } catch (error) {
    if (error instanceof Untranslatable) return { problem: `the pattern ${pattern} ${error.message}` };
    throw error;
  }
}

class Untranslatable extends Error {}

/** Unicode classes, as the inside of a set: [RE2, JavaScript]. */
const unicode: Record<string, readonly [string, string]> = {
  w: ['\\p{L}\\p{N}_', '\\p{L}\\p{N}_'],
  d: ['\\p{Nd}', '\\p{Nd}'],
  s: ['\\t-\\r\\x1c-\\x20\\x{85}\\p{Z}', '\\t-\\r\\x1c-\\x20\\x85\\p{Z}'],
};
const ascii: Record<string, readonly [string, string]> = {
  w: ['0-9A-Za-z_', '0-9A-Za-z_'],
  d: ['0-9', '0-9'],
  s: ['\\t-\\r ', '\\t-\\r\\x20'],
};
const controls: Record<string, string> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\x07' };
const LARGEST_REPEAT_OF_RE2 = 1000;

class Translation {
  private at = 0;
  private re2 = '';
  private js = '';
  private re2Problem = false;
  private jsProblem: string | null = null;
  private asciiOnly = false;
  private flags = new Set<string>();
  private groups = 0;
  private readonly names = new Set<string>();
  private readonly open: number[] = [];
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  result(): TranslatedRegex {
    this.globalFlags();
    while (this.at < this.text.length) this.item();
    if (this.open.length > 0) throw new Untranslatable('opens a group and never closes it');
    const flags = this.flags.has('i') ? 'iv' : 'v';
    const re2 = this.re2Problem ? null : `${this.flags.has('i') ? '(?i)' : ''}${this.re2}`;
    if (re2 === null && this.jsProblem) throw new Untranslatable(this.jsProblem);
    if (!this.jsProblem)
      try {
        new RegExp(this.js, flags);
      } catch (error) {
        throw new Untranslatable(`is not a regular expression (${error instanceof Error ? error.message : error})`);
      }
    return {
      re2,
      asciiOnly: this.asciiOnly,
      js: this.jsProblem ? null : { source: this.js, flags },
    };
  }

  private put(re2: string, js = re2): void {
    this.re2 += re2;
    this.js += js;
  }

  /** Only JavaScript can say it. */
  private putJs(js: string): void {
    this.re2Problem = true;
    this.js += js;
  }

  private literal(char: string): void {
    this.put(escapeRe2(char), escapeJs(char));
  }

  private word(): string {
    return (this.flags.has('a') ? ascii : unicode).w![1];
  }

  private globalFlags(): void {
    const found = /^\(\?([aiLmsux]+)\)/.exec(this.text);
    if (!found) return;
    for (const flag of found[1]!) this.flags.add(flag);
    if (this.flags.has('L')) throw new Untranslatable('has the flag L, which depends on the machine; leave it out');
    this.at = found[0].length;
  }

  private item(): void {
    const char = this.next();
    if (this.flags.has('x') && /[ \t\n\r\f\v]/.test(char)) return;
    if (this.flags.has('x') && char === '#') {
      while (this.at < this.text.length && this.next() !== '\n');
      return;
    }
    if (char === '\\') this.escape();
    else if (char === '[') this.set();
    else if (char === '(') this.group();
    else if (char === ')') {
      if (this.open.pop() === undefined) throw new Untranslatable('closes a group that was never opened');
      this.put(')');
    } else if (char === '.') {
      if (this.flags.has('s')) this.put('(?s:.)', '[\\s\\S]');
      else this.put('[^\\n]');
    } else if (char === '^') this.put(this.flags.has('m') ? '(?m:^)' : '^', this.flags.has('m') ? '(?<![^\\n])' : '^');
    else if (char === '$') this.end();
    else if (char === '|') this.put('|');
    else if ('*+?'.includes(char) || (char === '{' && this.repeat())) {
      if (char !== '{') this.put(char);
      this.quantifierEnd();
    } else this.literal(char);
  }

  private next(): string {
    const char = String.fromCodePoint(this.text.codePointAt(this.at)!);
    this.at += char.length;
    return char;
  }

  /** At the end, and before a line feed that ends the text. */
  private end(): void {
    if (this.flags.has('m')) this.put('(?m:$)', '(?![^\\n])');
    // RE2 has no look-ahead: where something follows the line feed is used up.
    else if (/^[)|]*$/.test(this.text.slice(this.at))) this.put('(?:\\n?\\z)', '(?=\\n?(?![\\s\\S]))');
    else this.putJs('(?=\\n?(?![\\s\\S]))');
  }

  private quantifierEnd(): void {
    const follows = this.text[this.at];
    if (follows === '+') throw new Untranslatable('has a possessive quantifier; write it without the second +');
    if (follows === '?') {
      this.at++;
      this.put('?');
    }
  }

  /** `{m}`, `{m,}`, `{,n}`, `{m,n}` after the brace; false when it is a brace and nothing more. */
  private repeat(): boolean {
    const found = /^(\d*)(?:(,)(\d*))?\}/.exec(this.text.slice(this.at));
    if (!found || (found[1] === '' && found[2] === undefined) || (found[1] === '' && found[3] === '')) return false;
    this.at += found[0].length;
    const [, least = '', comma = '', most = ''] = found;
    if (Number(least) > LARGEST_REPEAT_OF_RE2 || Number(most) > LARGEST_REPEAT_OF_RE2) this.re2Problem = true;
    this.put(`{${least || '0'}${comma}${most}}`);
    return true;
  }

  private group(): void {
    if (this.text[this.at] !== '?') {
      this.groups++;
      this.open.push(this.groups);
      this.put('(');
      return;
    }
    const rest = this.text.slice(this.at);
    const comment = /^\?#[^)]*\)/.exec(rest);
    if (comment) {
      this.at += comment[0].length;
      return;
    }
    const back = /^\?P=(\w+)\)/.exec(rest);
    if (back) {
      if (!this.names.has(back[1]!)) throw new Untranslatable(`refers to the group ${back[1]}, which there is not`);
      this.at += back[0].length;
      this.putJs(`\\k<${back[1]}>`);
      return;
    }
    const named = /^\?P<([A-Za-z_]\w*)>/.exec(rest);
    const around = /^\?(<?[=!])/.exec(rest);
    const scoped = /^\?([aimsux]*)(?:-([imsx]+))?:/.exec(rest);
    if (named) {
      if (this.names.has(named[1]!)) throw new Untranslatable(`names two groups ${named[1]}`);
      this.names.add(named[1]!);
      this.groups++;
      this.at += named[0].length;
      this.put(`(?P<${named[1]}>`, `(?<${named[1]}>`);
    } else if (around) {
      this.at += around[0].length;
      this.putJs(`(?${around[1]}`);
    } else if (scoped) {
      this.at += scoped[0].length;
      if (scoped[0] === '?:') this.put('(?:');
      else if (scoped[1] === 'i' && !scoped[2] && !this.flags.has('i')) {
        this.jsProblem ??= 'ignores case in one group and looks around elsewhere; write (?i) at its beginning';
        this.put('(?i:');
      } else throw new Untranslatable('sets flags for one group; write them once at its beginning: (?im)…');
    } else if (/^\?[aiLmsux]+\)/.test(rest))
      throw new Untranslatable('sets flags after its beginning; write them first');
    else if (rest.startsWith('?(')) throw new Untranslatable('depends on whether a group matched; write two patterns');
    else if (rest.startsWith('?>')) throw new Untranslatable('has an atomic group; write it as (?:…)');
    else throw new Untranslatable(`has an unknown group (${rest.slice(0, 4)}`);
    this.open.push(this.groups);
  }

  private escape(): void {
    if (this.at >= this.text.length) throw new Untranslatable('ends with a backslash');
    const char = this.next();
    const lower = char.toLowerCase();
    const word = this.word();
    if (char === 'A') this.put('\\A', '(?<![\\s\\S])');
    else if (char === 'Z') this.put('\\z', '(?![\\s\\S])');
    else if (char === 'b') {
      this.asciiOnly ||= !this.flags.has('a');
      this.put('\\b', `(?:(?<=[${word}])(?![${word}])|(?<![${word}])(?=[${word}]))`);
    } else if (char === 'B') {
      this.asciiOnly ||= !this.flags.has('a');
      this.put('\\B', `(?:(?<=[${word}])(?=[${word}])|(?<![${word}])(?![${word}]))`);
    } else if ('wds'.includes(lower)) {
      const [re2, js] = (this.flags.has('a') ? ascii : unicode)[lower]!;
      const not = char === lower ? '' : '^';
      this.put(`[${not}${re2}]`, `[${not}${js}]`);
    } else if (/[1-9]/.test(char)) this.backReference(char);
    else this.literal(this.character(char));
  }

  private backReference(first: string): void {
    const more = /^[0-7]{2}/.exec(this.text.slice(this.at));
    if (more && /[0-3]/.test(first)) {
      this.at += 2;
      this.literal(String.fromCharCode(Number.parseInt(first + more[0], 8)));
      return;
    }
    const second = /^\d/.exec(this.text.slice(this.at))?.[0] ?? '';
    this.at += second.length;
    const group = Number(first + second);
    if (group > this.groups || this.open.includes(group))
      throw new Untranslatable(`refers to the group ${group}, which is not there yet`);
    this.putJs(`(?:\\${group})`);
  }

  /** The character that an escape names. */
  private character(char: string): string {
    if (controls[char]) return controls[char];
    const rest = this.text.slice(this.at);
    const digits = { x: 2, u: 4, U: 8 }[char];
    if (digits) {
      const hex = new RegExp(`^[0-9a-fA-F]{${digits}}`).exec(rest)?.[0];
      const code = hex === undefined ? Number.NaN : Number.parseInt(hex, 16);
      if (Number.isNaN(code) || code > 0x10ffff) throw new Untranslatable(`has an incomplete escape \\${char}`);
      this.at += digits;
      return String.fromCodePoint(code);
    }
    if (char === '0') {
      const octal = /^[0-7]{0,2}/.exec(rest)![0];
      this.at += octal.length;
      return String.fromCharCode(Number.parseInt(`0${octal}`, 8));
    }
    if (/[A-Za-z0-9]/.test(char)) throw new Untranslatable(`has the escape \\${char}, which Python refuses`);
    return char;
  }

  private set(): void {
    const not = this.text[this.at] === '^' ? '^' : '';
    this.at += not.length;
    let re2 = '';
    let js = '';
    let first = true;
    for (;;) {
      if (this.at >= this.text.length) throw new Untranslatable('opens a set with [ and never closes it');
      const char = this.next();
      if (char === ']' && !first) break;
      first = false;
      const item = char === '\\' ? this.setEscape() : { re2: escapeSet(char), js: escapeSet(char), char };
      const range = item.char !== null && /^-(?!\])/.test(this.text.slice(this.at));
      if (!range) {
        re2 += item.re2;
        js += item.js;
        continue;
      }
      this.at++;
      const end = this.next();
      const to = end === '\\' ? this.setEscape() : { re2: escapeSet(end), js: escapeSet(end), char: end };
      if (to.char === null || item.char === null || to.char.codePointAt(0)! < item.char.codePointAt(0)!)
        throw new Untranslatable(`has a range in [ ] that does not go upwards`);
      re2 += `${item.re2}-${to.re2}`;
      js += `${item.js}-${to.js}`;
    }
    this.put(`[${not}${re2}]`, `[${not}${js}]`);
  }

  private setEscape(): { re2: string; js: string; char: string | null } {
    const char = this.next();
    const lower = char.toLowerCase();
    if ('wds'.includes(lower)) {
      const [re2, js] = (this.flags.has('a') ? ascii : unicode)[lower]!;
      if (char === lower) return { re2, js, char: null };
      this.re2Problem = true;
      return { re2: '', js: `[^${js}]`, char: null };
    }
    const octal = /[1-7]/.test(char) ? /^[0-7]{2}/.exec(this.text.slice(this.at))?.[0] : undefined;
    if (octal) this.at += 2;
    const one = octal
      ? String.fromCharCode(Number.parseInt(char + octal, 8))
      : char === 'b'
        ? '\b'
        : this.character(char);
    return { re2: escapeSet(one), js: escapeSet(one), char: one };
  }
}

const escapeRe2 = (char: string) => (/[\\.^$*+?()[\]{}|]/.test(char) ? `\\${char}` : char === '\n' ? '\\n' : char);
const escapeJs = (char: string) => (/[\\.^$*+?()[\]{}|/]/.test(char) ? `\\${char}` : char === '\n' ? '\\n' : char);
const escapeSet = (char: string) =>
  /[\\\]^[(){}/|&~!#$%*+,.:;<=>?@`-]/.test(char) ? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}` : char;
