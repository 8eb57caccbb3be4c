/** Words that mean something in a time's text. */

const table = (rows: readonly (readonly string[])[]) =>
  new Map(rows.flatMap((names, index) => names.map((name): [string, number] => [name, index])));
const jumps = new Set([
  ' ',
  '.',
  ',',
  ';',
  '-',
  '/',
  "'",
  'at',
  'on',
  'and',
  'ad',
  'm',
  't',
  'of',
  'st',
  'nd',
  'rd',
  'th',
]);
const weekdays = table([
  ['mon', 'monday'],
  ['tue', 'tuesday'],
  ['wed', 'wednesday'],
  ['thu', 'thursday'],
  ['fri', 'friday'],
  ['sat', 'saturday'],
  ['sun', 'sunday'],
]);
const months = table([
  ['jan', 'january'],
  ['feb', 'february'],
  ['mar', 'march'],
  ['apr', 'april'],
  ['may'],
  ['jun', 'june'],
  ['jul', 'july'],
  ['aug', 'august'],
  ['sep', 'sept', 'september'],
  ['oct', 'october'],
  ['nov', 'november'],
  ['dec', 'december'],
]);
const units = table([
  ['h', 'hour', 'hours'],
  ['m', 'minute', 'minutes'],
  ['s', 'second', 'seconds'],
]);
const halves = table([
  ['am', 'a'],
  ['pm', 'p'],
]);

const found = (words: ReadonlyMap<string, number>) => (word: string | undefined) =>
  word === undefined ? null : (words.get(word.toLowerCase()) ?? null);

export const weekdayOf = found(weekdays);
/** 0 is January. */
export const monthOf = found(months);
/** 0 hours, 1 minutes, 2 seconds. */
export const unitOf = found(units);
/** 0 before noon, 1 after. */
export const halfOf = found(halves);
export const isJump = (word: string | undefined) => word !== undefined && jumps.has(word.toLowerCase());
export const isUtc = (word: string) => ['utc', 'gmt', 'z'].includes(word.toLowerCase());

/** Two digits mean a year within fifty of this one: fixed, so that the same text is judged alike every day. */
const THIS_YEAR = 2026;
export function fullYear(year: number, centuryGiven: boolean): number {
  if (year >= 100 || centuryGiven) return year;
  const near = year + 2000;
  return near >= THIS_YEAR + 50 ? near - 100 : near < THIS_YEAR - 50 ? near + 100 : near;
}

export function daysIn(month: number, year: number): number {
  if (month < 1 || month > 12) throw new RangeError('month');
  return [
    31,
    year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28,
    31,
    30,
    31,
    30,
    31,
    31,
    30,
    31,
    30,
    31,
  ][month - 1] as number;
}
