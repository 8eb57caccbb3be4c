/** Up to three numbers of a date and which of them is the year, the month, the day; after `_ymd` of python-dateutil 2.9. */
import { daysIn } from './words.ts';

export class Unreadable extends Error {}

/** Python's `int(text)`. */
export function integer(text: string | undefined): number {
  if (text === undefined || !/^\s*[-+]?\d+\s*$/.test(text)) throw new Unreadable();
  return Number(text);
}

type Label = 'Y' | 'M' | 'D';

export class DateParts {
  centuryGiven = false;
  readonly values: number[] = [];
  private readonly place: Partial<Record<Label, number>> = {};

  couldBeDay(value: number): boolean {
    const { Y, M, D } = this.place;
    if (D !== undefined) return false;
    if (M === undefined) return value >= 1 && value <= 31;
    return value >= 1 && value <= this.lastDay(this.values[M] ?? 0, Y === undefined ? 2000 : (this.values[Y] ?? 0));
  }

  private lastDay(month: number, year: number): number {
    if (month < 1 || month > 12) throw new Unreadable();
    return daysIn(month, year);
  }

  appendText(text: string | undefined, label?: Label): void {
    if (text === undefined) throw new Unreadable();
    this.add(integer(text), label, /^\d+$/.test(text) && text.length > 2);
  }

  appendNumber(value: number, label?: Label): void {
    this.add(Math.trunc(value), label, value > 100);
  }

  private add(value: number, label: Label | undefined, isYear: boolean): void {
    if (isYear && label !== undefined && label !== 'Y') throw new Unreadable();
    if (isYear) this.centuryGiven = true;
    const meant = isYear ? 'Y' : label;
    this.values.push(value);
    if (!meant) return;
    if (this.place[meant] !== undefined) throw new Unreadable();
    this.place[meant] = this.values.length - 1;
  }

  /** American order where nothing tells otherwise. */
  resolve(): { year: number | null; month: number | null; day: number | null } {
    const [a = 0, b = 0, c = 0] = this.values;
    const count = this.values.length;
    const { Y, M, D } = this.place;
    const known = (['Y', 'M', 'D'] as const).filter((label) => this.place[label] !== undefined);
    const date = (year: number | null, month: number | null, day: number | null) => ({ year, month, day });
    if ((count === known.length && count > 0) || (count === 3 && known.length === 2)) {
      const free = [0, 1, 2].find((index) => ![Y, M, D].includes(index)) ?? 0;
      const value = (label: Label) => {
        const place = this.place[label] ?? (count === 3 ? free : undefined);
        return place === undefined ? null : (this.values[place] ?? null);
      };
      return date(value('Y'), value('M'), value('D'));
    }
    if (count > 3) throw new Unreadable();
    if (count === 1 || (M !== undefined && count === 2)) {
      const month = M === undefined ? null : (this.values[M] ?? null);
      if (count === 1 && M !== undefined) return date(null, month, null);
      const other = M === undefined ? a : (this.values.at(M - 1) ?? 0);
      return other > 31 ? date(other, month, null) : date(null, month, other);
    }
    if (count === 2) return a > 31 ? date(a, b, null) : b > 31 ? date(b, a, null) : date(null, a, b);
    if (count === 3) {
      if (M === 0) return b > 31 ? date(b, a, c) : date(c, a, b);
      if (M === 1) return a > 31 ? date(a, b, c) : date(c, b, a);
      if (M === 2) return b > 31 ? date(b, c, a) : date(a, c, b);
      if (a > 31 || Y === 0) return date(a, b, c);
      return a > 12 ? date(c, b, a) : date(c, a, b);
    }
    return date(null, null, null);
  }
}
