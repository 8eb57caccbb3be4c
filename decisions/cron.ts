/**
 * A cron line as Temporal's schedules read it: what is refused there, or read otherwise than crontab does, is refused here in
 * words. The grammar is that of `service/worker/scheduler/calendar.go` (Temporal 1.32, MIT), five fields or a name with `@`.
 */

/** Values at which each field holds; a weekday is 0 (Sunday) to 6. */
export interface CronFields {
  minute: ReadonlySet<number>;
  hour: ReadonlySet<number>;
  day: ReadonlySet<number>;
  month: ReadonlySet<number>;
  weekday: ReadonlySet<number>;
}
export type CronReading = { fields: CronFields; problem: null } | { fields: null; problem: string };

const months = ['january', 'february', 'march', 'april', 'may', 'june', 'july'].concat([
  'august',
  'september',
  'october',
  'november',
  'december',
]);
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

interface Field {
  name: keyof CronFields;
  least: number;
  most: number;
  names?: { words: readonly string[]; first: number; letters: number };
}
const shape: readonly Field[] = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, names: { words: months, first: 1, letters: 3 } },
  { name: 'weekday', least: 0, most: 7, names: { words: weekdays, first: 0, letters: 2 } },
];

const named: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
/** Days that a month may have; February in a leap year. */
const LONGEST = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

class CronProblem extends Error {}

/** The fields of a line, or what is wrong with it: a sentence that names the value and what to write instead. */
export function readCron(line: string): CronReading {
  try {
    return { fields: fieldsOf(line), problem: null };
  } catch (error) {
    if (!(error instanceof CronProblem)) throw error;
    return { fields: null, problem: error.message };
  }
}

function fieldsOf(line: string): CronFields {
  const shown = JSON.stringify(line);
  if (line.startsWith('@') && !Object.hasOwn(named, line))
    throw new CronProblem(`there is no ${shown}: ${Object.keys(named).join(', ')} are known`);
  const texts = (named[line] ?? line).split(' ');
  if (texts.length !== shape.length || texts.includes(''))
    throw new CronProblem(
      `${shown} has not five cron fields with one space between them: minute hour day month weekday, "0 2 * * 1"` +
        (/^(CRON_)?TZ=/.test(line) ? '; the time zone is an option, { timezone: … }' : ''),
    );
  const [minute, hour, day, month, weekday] = shape.map((field, index) => valuesOf(texts[index] ?? '', field)) as [
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
  ];
  if (day.size < 31 && weekday.size < 7)
    throw new CronProblem(
      `${shown} names a day of the month (${texts[2]}) and a weekday (${texts[4]}): the server starts where both hold, crontab where either does. Write * for one of them; two schedules within any(…) mean either`,
    );
  if (![...month].some((each) => Math.min(...day) <= (LONGEST[each - 1] ?? 0)))
    throw new CronProblem(`${shown} never comes: no month that it names has a day ${Math.min(...day)}`);
  return { minute, hour, day, month, weekday };
}

function valuesOf(text: string, field: Field): Set<number> {
  const values = new Set<number>();
  const wrong = (why: string) => new CronProblem(`its ${field.name} is ${JSON.stringify(text)}: ${why}`);
  const range = `${field.least} to ${field.most}`;
  if (text.includes('#'))
    throw wrong('the server reads what follows a # as a comment, so that an "nth weekday" would be every one');
  if (/[?LW]/.test(text.replace(/[A-Za-z]{2,}/g, '')))
    throw wrong('?, L and W are not known to the server; * is any, and 28 is the last day that each month has');
  for (const part of text.split(',')) {
    const [of = '', step, more] = part.split('/');
    if (more !== undefined || (step !== undefined && !/^\d{1,9}$/.test(step)) || Number(step ?? 1) < 1)
      throw wrong('a step is one whole number from 1 behind a single slash, */15');
    const [from = '', to, third] = of.split('-');
    if (third !== undefined) throw wrong('a range has two ends, 1-5');
    const start = of === '*' ? field.least : readValue(from, field, field.least);
    if (start === null) throw wrong(wanted(field, range));
    const end =
      of === '*' || (to === undefined && step !== undefined)
        ? field.most
        : to === undefined
          ? start
          : readValue(to, field, start);
    if (end === null) throw wrong(`a range goes upwards within ${range}; one that wraps is two, FRI,SAT,SUN,MON`);
    const by = Number(step ?? 1);
    if (by > field.most - field.least + 1) throw wrong(`a step of ${by} is longer than ${range}`);
    if (field.name === 'weekday' && start === 1 && end === 7 && by === 1 && of !== '*')
      throw wrong(`the server leaves the Sunday out of ${part}; * is every day, 1-6 all but Sunday`);
    // Sunday is 0 and 7.
    for (let value = start; value <= end; value += by) values.add(field.name === 'weekday' ? value % 7 : value);
  }
  return values;
}

const wanted = ({ names }: Field, range: string): string =>
  `${range} ${names ? `or a name (${names.words[0]?.slice(0, 3)})` : ''} is wanted, *, 1-5, 1,3 or */2`.replace(
    '  ',
    ' ',
  );

/** Null: no value of the field, or one below `least`. Names may be cut, to `mon` or `mo`. */
function readValue(text: string, { most, names }: Field, least: number): number | null {
  const word = text.toLowerCase();
  const found = names && word.length >= names.letters ? names.words.findIndex((name) => name.startsWith(word)) : -1;
  const value = found >= 0 && names ? found + names.first : /^\d{1,9}$/.test(text) ? Number(text) : null;
  return value === null || value < least || value > most ? null : value;
}

/** What is wrong with a zone's name: the server knows it by its exact letters only, and knows no bare offset. */
export function timeZoneProblem(zone: string): string | null {
  try {
    const known = new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
    if (known !== zone && known.toLowerCase() === zone.toLowerCase())
      return `the time zone ${JSON.stringify(zone)} is written ${known}`;
    if (/^[A-Z][A-Za-z0-9]*([/_+-][A-Za-z0-9]+)*$/.test(zone)) return null;
  } catch {
    // Said below.
  }
  return `${JSON.stringify(zone)} is no time zone: an IANA name is wanted, Europe/Berlin`;
}
