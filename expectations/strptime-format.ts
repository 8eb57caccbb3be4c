/**
 * Formats of Python's `datetime.strptime`, as a regular expression and what is left to check, after CPython's
 * Lib/_strptime.py (3.11, C locale).
 */
import { asciiDigits } from './digits.ts';

const two = (name: string, pattern: string) => `(?<${name}>${pattern})`;
const D = '\\p{Nd}';
const monthNames = ['january', 'february', 'march', 'april', 'may', 'june', 'july'].concat([
  'august',
  'september',
  'october',
  'november',
  'december',
]);
const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const shortName = (name: string) => name.slice(0, 3);
const short = (names: readonly string[]) => names.map(shortName).join('|');
// The longest first: `sept` does not occur, and no other name begins another.
const directives: Record<string, string> = {
  d: two('d', `3[0-1]|[1-2]${D}|0[1-9]|[1-9]| [1-9]`),
  f: '[0-9]{1,6}',
  H: `2[0-3]|[0-1]${D}|${D}`,
  I: '1[0-2]|0[1-9]|[1-9]',
  j: `36[0-6]|3[0-5]${D}|[1-2]${D}${D}|0[1-9]${D}|00[1-9]|[1-9]${D}|0[1-9]|[1-9]`,
  m: two('m', '1[0-2]|0[1-9]|[1-9]'),
  M: `[0-5]${D}|${D}`,
  S: two('S', `6[0-1]|[0-5]${D}|${D}`),
  U: `5[0-3]|[0-4]${D}|${D}`,
  W: `5[0-3]|[0-4]${D}|${D}`,
  w: '[0-6]',
  u: '[1-7]',
  y: two('y', `${D}${D}`),
  Y: two('Y', `${D}${D}${D}${D}`),
  z: `(?<z>[+\\-]${D}${D}):?[0-5]${D}(?::?[0-5]${D}(?:\\.${D}{1,6})?)?|(?<zulu>Z)`,
  A: days.join('|'),
  a: short(days),
  B: two('B', monthNames.join('|')),
  b: two('b', short(monthNames)),
  p: 'am|pm',
  Z: 'utc|gmt',
};
const whole: Record<string, string> = { c: '%a %b %d %H:%M:%S %Y', x: '%m/%d/%y', X: '%H:%M:%S' };

/** Does the text match as `datetime.strptime(text, format)` would? */
export type TimeFormatTest = (text: string) => boolean;

/**
 * Patterns of RE2 that are true of most matching texts and of no other: days up to the 28th, and up to the 30th outside of
 * February. Null for a format that is none.
 */
export function strptimeShortcuts(format: string): readonly string[] | null {
  const named = (names: readonly string[]) => names.filter((name) => !name.startsWith('feb')).join('|');
  const every = {
    ...directives,
    d: '1[0-9]|2[0-8]|0[1-9]|[1-9]| [1-9]',
    S: `[0-5]${D}|${D}`,
    Y: `[1-9]${D}${D}${D}`,
    z: `[+\\-](?:[01][0-9]|2[0-3]):?[0-5]${D}(?::?[0-5]${D}(?:\\.${D}{1,6})?)?|(?-i:Z)`,
  };
  const longer = {
    ...every,
    d: `30|29|${every.d}`,
    m: '1[0-2]|0[13-9]|[13-9]',
    B: named(monthNames),
    b: named(monthNames.map(shortName)),
  };
  const plain = (table: Record<string, string>) => {
    const source = sourceOf(format, table);
    return typeof source === 'string'
      ? `(?i)\\A(?:${source.replace(/\(\?<\w+>/g, '(?:').replaceAll('\\x85', '\\x{85}')})\\z`
      : null;
  };
  const [first, second] = [plain(every), plain(longer)];
  return first === null || second === null ? null : [first, second];
}

/** A test of texts, or in words why the format is none: what Python, and so Great Expectations, refuses. */
export function strptimeTest(format: string): TimeFormatTest | { problem: string } {
  const source = sourceOf(format, directives);
  if (typeof source !== 'string') return source;
  const pattern = new RegExp(`^(?:${source})$`, 'iu');
  return (value) => {
    const found = pattern.exec(value);
    // `$` without the flag m is the very end in JavaScript.
    return found !== null && isTime(found.groups ?? {});
  };
}

function sourceOf(format: string, table: Readonly<Record<string, string>>): string | { problem: string } {
  let source = '';
  const seen = new Set<string>();
  const text = format.replace(/%([cxX])/g, (_, name: string) => whole[name]!);
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (/\s/.test(char)) {
      while (/\s/.test(text[at + 1] ?? '')) at++;
      source += '[\\t-\\r\\x1c-\\x20\\x85\\p{Z}]+';
    } else if (char !== '%') source += /[\\.^$*+?(){}[\]|/]/.test(char) ? `\\${char}` : char;
    else {
      const name = text[++at];
      if (name === undefined) return { problem: `the format ${format} ends with a stray %` };
      if (name === '%') {
        source += '%';
        continue;
      }
      if (name === 'G' || name === 'V')
        return { problem: `the format ${format} counts ISO weeks (%${name}), which is not supported` };
      const pattern = Object.hasOwn(table, name) ? table[name] : undefined;
      if (!pattern) return { problem: `'${name}' is a bad directive in the format ${format}` };
      if (seen.has(name)) return { problem: `the format ${format} has %${name} twice` };
      seen.add(name);
      source += `(?:${pattern})`;
    }
  }
  return source;
}

/** What the regular expression cannot know: 31 April, 29 February, second 60, the year 0, 25 hours from Greenwich. */
function isTime(groups: Record<string, string | undefined>): boolean {
  const { d, m, y, Y, B, b, S, z, zulu } = groups;
  const number = (digits: string) => Number(asciiDigits(digits));
  // The letter, unlike all others, in upper case only.
  if (zulu === 'z') return false;
  if (S !== undefined && number(S) > 59) return false;
  if (z !== undefined && Math.abs(number(z.slice(1))) > 23) return false;
  const short = y === undefined ? undefined : number(y);
  const year = Y === undefined ? (short === undefined ? 1900 : short <= 68 ? 2000 + short : 1900 + short) : number(Y);
  if (year < 1) return false;
  const named = (B ?? b)?.slice(0, 3).toLowerCase();
  const month = m !== undefined ? number(m) : named ? monthNames.findIndex((name) => name.startsWith(named)) + 1 : 1;
  return d === undefined || number(d.trim()) <= daysIn(month, year);
}

function daysIn(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
