/** Is a text what `dateutil.parser.parse` reads as a date or time? After python-dateutil 2.9 (Apache-2.0 or BSD-3-Clause). */
import { asciiDigits } from '#expectations/digits.ts';
import { DateParts, integer, Unreadable } from './date-parts.ts';
import { tokensOf } from './tokens.ts';
import { daysIn, fullYear, halfOf, isJump, isUtc, monthOf, unitOf, weekdayOf } from './words.ts';

/** What a text leaves open is taken from 1 January 2000, so that the same text is judged alike every day. */
const DEFAULT = { year: 2000, month: 1, day: 1 };

export function isDate(text: string): boolean {
  try {
    return new Reading(tokensOf(asciiDigits(text))).isDate();
  } catch (error) {
    if (error instanceof Unreadable) return false;
    throw error;
  }
}

/** Python's `Decimal(text)`, of what tokens can be. */
function decimal(text: string | undefined): number {
  if (text === undefined || !/^(\d+\.?\d*|\.\d+)$/.test(text)) throw new Unreadable();
  return Number(text);
}

const isNumeric = (token: string) => /^(\d+\.?\d*|\.\d+)$/.test(token) || /^(nan|inf|infinity)$/i.test(token);

class Reading {
  private at = 0;
  private readonly parts = new DateParts();
  private readonly tokens: string[];
  private hour: number | null = null;
  private minute: number | null = null;
  private second: number | null = null;
  private weekday: number | null = null;
  private half: number | null = null;
  private zone: string | null = null;
  private offset: number | null = null;

  constructor(tokens: string[]) {
    this.tokens = tokens;
  }

  isDate(): boolean {
    for (; this.at < this.tokens.length; this.at++) this.token();
    const { year, month, day } = this.parts.resolve();
    const { hour, minute, second } = this;
    if (
      [year, month, day, hour, minute, second, this.weekday, this.half, this.zone, this.offset].every((x) => x === null)
    )
      return false;
    const y = year === null ? DEFAULT.year : fullYear(year, this.parts.centuryGiven);
    const m = month ?? DEFAULT.month;
    if (y < 1 || y > 9999 || m < 1 || m > 12) return false;
    if (day !== null && (day < 1 || day > daysIn(m, y))) return false;
    return within(hour, 23) && within(minute, 59) && within(second, 59);
  }

  private token(): void {
    const token = this.tokens[this.at] ?? '';
    if (isNumeric(token)) this.number(token);
    else this.word(token);
  }

  private word(token: string): void {
    const { tokens, at } = this;
    const weekday = weekdayOf(token);
    const month = monthOf(token);
    const half = halfOf(token);
    if (weekday !== null) this.weekday = weekday;
    else if (month !== null) this.month(month);
    else if (half !== null) {
      if (this.hour === null || this.hour < 0 || this.hour > 12) throw new Unreadable();
      this.hour = onTheDial(this.hour, half);
      this.half = half;
    } else if (this.couldBeZone(token, this.offset)) {
      this.zone = token;
      this.offset = isUtc(token) && token === token.toLowerCase() ? 0 : null;
      const sign = tokens[at + 1];
      if (sign === '+' || sign === '-') {
        tokens[at + 1] = sign === '+' ? '-' : '+';
        this.offset = null;
        if (isUtc(token)) this.zone = null;
      }
    } else if (this.hour !== null && (token === '+' || token === '-')) this.zoneOffset(token === '+' ? 1 : -1);
    else if (!isJump(token)) throw new Unreadable();
  }

  private couldBeZone(token: string, offset: number | null): boolean {
    return (
      this.hour !== null &&
      this.zone === null &&
      offset === null &&
      token.length <= 5 &&
      (/^[A-Z]*$/.test(token) || token === 'z')
    );
  }

  private month(month: number): void {
    const { tokens, at, parts } = this;
    parts.appendNumber(month + 1, 'M');
    const separator = tokens[at + 1];
    if (separator === '-' || separator === '/') {
      parts.appendText(tokens[at + 2]);
      if (tokens[at + 3] === separator) {
        parts.appendText(tokens[at + 4]);
        this.at += 2;
      }
      this.at += 2;
    } else if (
      at + 4 < tokens.length &&
      separator === ' ' &&
      tokens[at + 3] === ' ' &&
      tokens[at + 2]?.toLowerCase() === 'of'
    ) {
      const year = tokens[at + 4] ?? '';
      if (/^\d+$/.test(year)) parts.appendText(String(fullYear(integer(year), false)), 'Y');
      this.at += 4;
    }
  }

  private zoneOffset(sign: number): void {
    const { tokens, at } = this;
    const digits = tokens[at + 1];
    if (digits === undefined) throw new Unreadable();
    let hours: number;
    let minutes = 0;
    if (digits.length === 4) {
      hours = integer(digits.slice(0, 2));
      minutes = integer(digits.slice(2));
    } else if (tokens[at + 2] === ':') {
      hours = integer(digits);
      minutes = integer(tokens[at + 3]);
      this.at += 2;
    } else if (digits.length <= 2) hours = integer(digits.slice(0, 2));
    else throw new Unreadable();
    this.offset = sign * (hours * 3600 + minutes * 60);
    const next = this.at;
    const name = tokens[next + 4] ?? '';
    if (
      next + 5 < tokens.length &&
      isJump(tokens[next + 2]) &&
      tokens[next + 3] === '(' &&
      tokens[next + 5] === ')' &&
      name.length >= 3 &&
      this.couldBeZone(name, null)
    ) {
      this.zone = name;
      this.at += 4;
    }
    this.at++;
  }

  private number(token: string): void {
    const { tokens, at, parts } = this;
    const value = decimal(token);
    const length = token.length;
    const next = tokens[at + 1];
    if (
      parts.values.length === 3 &&
      (length === 2 || length === 4) &&
      this.hour === null &&
      (next === undefined || (next !== ':' && unitOf(next) === null))
    ) {
      this.hour = integer(token.slice(0, 2));
      if (length === 4) this.minute = integer(token.slice(2));
    } else if (length === 6 || (length > 6 && token.indexOf('.') === 6)) this.sixDigits(token);
    else if (length === 8 || length === 12 || length === 14) {
      parts.appendText(token.slice(0, 4), 'Y');
      parts.appendText(token.slice(4, 6));
      parts.appendText(token.slice(6, 8));
      if (length > 8) {
        this.hour = integer(token.slice(8, 10));
        this.minute = integer(token.slice(10, 12));
      }
      if (length > 12) this.second = integer(token.slice(12));
    } else if (this.unit(token, value)) return;
    else if (next === ':' && tokens[at + 2] !== undefined) {
      this.hour = Math.trunc(value);
      this.minutes(decimal(tokens[at + 2]));
      if (tokens[at + 3] === ':' && tokens[at + 4] !== undefined) {
        this.seconds(tokens[at + 4] ?? '');
        this.at += 2;
      }
      this.at += 2;
    } else if (next === '-' || next === '/' || next === '.') this.separated(token, next);
    else if (next === undefined || isJump(next)) {
      const half = halfOf(tokens[at + 2]);
      if (half !== null) {
        this.hour = onTheDial(Math.trunc(value), half);
        this.at++;
      } else parts.appendNumber(value);
      this.at++;
    } else if (halfOf(next) !== null && value >= 0 && value < 24) {
      this.hour = onTheDial(Math.trunc(value), halfOf(next) ?? 0);
      this.at++;
    } else if (parts.couldBeDay(value)) parts.appendNumber(value);
    else throw new Unreadable();
  }

  /** YYMMDD, or HHMMSS[.ss] after a date. */
  private sixDigits(token: string): void {
    const pair = (from: number) => token.slice(from, from + 2);
    if (this.parts.values.length === 0 && !token.includes('.')) {
      for (const text of [pair(0), pair(2), token.slice(4)]) this.parts.appendText(text);
      return;
    }
    this.hour = integer(pair(0));
    this.minute = integer(pair(2));
    this.seconds(token.slice(4));
  }

  /** 12h, 36m, 5 seconds: the unit after the number, or before it. */
  private unit(token: string, value: number): boolean {
    const { tokens, at } = this;
    const place =
      unitOf(tokens[at + 1]) !== null
        ? at + 1
        : tokens[at + 1] === ' ' && unitOf(tokens[at + 2]) !== null
          ? at + 2
          : at > 0 && unitOf(tokens[at - 1]) !== null
            ? at - 1
            : at > 1 && at === tokens.length - 1 && tokens[at - 1] === ' ' && unitOf(tokens[at - 2]) !== null
              ? at - 2
              : null;
    if (place === null) return false;
    const unit = (unitOf(tokens[place]) ?? 0) + (place > at ? 0 : 1);
    if (place > at) this.at = place;
    if (unit === 0) {
      this.hour = Math.trunc(value);
      if (value % 1) this.minute = Math.trunc(60 * (value % 1));
    } else if (unit === 1) this.minutes(value);
    else if (unit === 2) this.seconds(token);
    return true;
  }

  private separated(token: string, separator: string): void {
    const { tokens, at, parts } = this;
    parts.appendText(token);
    const second = tokens[at + 2];
    if (second !== undefined && !isJump(second)) {
      const month = monthOf(second);
      if (/^\d+$/.test(second)) parts.appendText(second);
      else if (month !== null) parts.appendNumber(month + 1, 'M');
      else throw new Unreadable();
      if (tokens[at + 3] === separator) {
        const third = tokens[at + 4];
        const named = monthOf(third);
        if (named !== null) parts.appendNumber(named + 1, 'M');
        else parts.appendText(third);
        this.at += 2;
      }
      this.at++;
    }
    this.at++;
  }

  private minutes(value: number): void {
    this.minute = Math.trunc(value);
    this.second = value % 1 ? Math.trunc(60 * (value % 1)) : null;
  }

  private seconds(text: string): void {
    const [whole, fraction, ...more] = text.split('.');
    if (more.length > 0) throw new Unreadable();
    this.second = integer(whole);
    if (fraction !== undefined) integer(fraction.padEnd(6, '0').slice(0, 6));
  }
}

const onTheDial = (hour: number, half: number) =>
  hour < 12 && half === 1 ? hour + 12 : hour === 12 && half === 0 ? 0 : hour;
const within = (value: number | null, most: number) => value === null || (value >= 0 && value <= most);
