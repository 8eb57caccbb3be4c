/** Cron lines: what is refused, in which words, and when the others fire where clocks are set. Beside the server: `integration/cron-lines`. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { definePipeline, schedule, type TriggerCondition } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import { readCron, timeZoneProblem } from '#decisions/cron.ts';
import { cronTimes } from '#decisions/cron-times.ts';

const refused: [string, string][] = [
  [
    '0 2 1 * 1',
    'names a day of the month (1) and a weekday (1): the server starts where both hold, crontab where either',
  ],
  ['0 2 1-7 * MON', 'a day of the month (1-7) and a weekday (MON)'],
  ['0 0 29 2 1', 'a day of the month (29) and a weekday (1)'],
  ['0 3 L * *', 'its day is "L": ?, L and W are not known to the server'],
  ['0 2 * * 5L', 'its weekday is "5L": ?, L and W are not known'],
  ['0 2 ? * MON', 'its day is "?": ?, L and W'],
  ['0 2 15W * *', 'its day is "15W"'],
  ['0 2 * * 1#1', 'its weekday is "1#1": the server reads what follows a # as a comment'],
  ['61 2 * * *', 'its minute is "61": 0 to 59 is wanted'],
  ['0 25 * * *', 'its hour is "25": 0 to 23 is wanted'],
  ['0 2 * 13 *', 'its month is "13": 1 to 12 or a name (jan) is wanted'],
  ['0 2 * * 8', 'its weekday is "8": 0 to 7 or a name (sun) is wanted'],
  ['0 2 * * FRI-MON', 'a range goes upwards'],
  ['50-10 * * * *', 'a range goes upwards within 0 to 59'],
  ['*/90 * * * *', 'a step of 90 is longer than 0 to 59'],
  ['*/0 * * * *', 'a step is one whole number from 1'],
  ['0 2 * * 1-7', 'the server leaves the Sunday out of 1-7'],
  ['0 2 * * MON-7,3', 'the server leaves the Sunday out of MON-7'],
  ['0 2 30 2 *', 'never comes: no month that it names has a day 30'],
  ['0 2 31 4,6,9,11 *', 'never comes'],
  ['0 2 * *', 'has not five cron fields'],
  ['0 0 2 * * *', 'has not five cron fields'],
  ['0  2 * * *', 'one space between them'],
  ['TZ=Europe/Berlin 0 2 * * *', 'the time zone is an option'],
  ['@reboot', '@yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly are known'],
  ['@every 1h', 'there is no "@every 1h"'],
];

describe('what the server refuses, ignores, or reads otherwise than crontab', () => {
  it.each(refused)('%s', (line, why) => {
    expect(readCron(line).problem).toContain(why);
    expect(() => schedule(line)).toThrow(why);
  });

  it.each(refused)('%s, written as data in a tree, and as the hours of the watch', (cron, why) => {
    const leaf: TriggerCondition = { kind: 'schedule', cron, timezone: 'UTC' };
    const define = (more: object) => () =>
      definePipeline({ name: 'a', params: z.object({}), graph: () => null, ...more });
    const known = LoopPolicy.safeParse({ pipeline: 'a', triggers: leaf }).success;
    for (const triggers of [leaf, { kind: 'any', of: [leaf] }, { kind: 'all', of: [{ kind: 'not', of: leaf }] }])
      expect(define({ triggers })).toThrow(known ? why : 'triggers of a is');
    expect(define({ watch: { source: 'x.csv', every: cron } })).toThrow(
      /^(?!.*undefined).*the watch of a is wrong: every/,
    );
  });

  it.each(['europe/berlin', 'Europe/BERLIN', '+02:00', 'Mars/Olympus', '', 'Europe/Berlin '])(
    'the time zone %j',
    (zone) => {
      expect(timeZoneProblem(zone)).toMatch(/is written Europe\/Berlin|an IANA name is wanted/);
      expect(() => schedule('0 2 * * *', { timezone: zone })).toThrow(/is written|an IANA name is wanted/);
    },
  );

  it.each([
    'UTC',
    'Europe/Berlin',
    'America/Port-au-Prince',
    'Etc/GMT+5',
    'US/Eastern',
    'Asia/Kolkata',
    'America/Argentina/Buenos_Aires',
  ])('the time zone %s is known', (zone) => expect(timeZoneProblem(zone)).toBeNull());

  it.each([
    '@yearly',
    '@annually',
    '@monthly',
    '@weekly',
    '@daily',
    '@midnight',
    '@hourly',
    '0 2 */1 * 1',
    '0 2 1-31 * MON',
  ])('%s is taken', (line) => expect(schedule(line)).toMatchObject({ cron: line }));

  it('a policy that was stored before is read as it was', () => {
    const stored = { pipeline: 'a', triggers: { kind: 'schedule', cron: '0 2 1 * 1', timezone: 'UTC' } };
    expect(LoopPolicy.parse(stored).triggers).toMatchObject({ cron: '0 2 1 * 1' });
  });
});

/** Local times of a zone at which a line fires within some days. */
function fires(line: string, timezone: string, from: string, days: number): string[] {
  const { fields, problem } = readCron(line);
  if (!fields) throw new Error(problem);
  const start = Date.parse(from);
  return cronTimes(fields, timezone, start, start + days * 86_400_000).map((at) =>
    new Date(at).toISOString().slice(0, 16),
  );
}

describe('when a line fires', () => {
  it('a time that a clock leaves out is skipped', () => {
    expect(fires('30 2 * * *', 'Europe/Berlin', '2027-03-27', 3)).toEqual(['2027-03-27T01:30', '2027-03-29T00:30']);
    expect(fires('30 2 * * *', 'America/New_York', '2027-03-13', 3)).toEqual(['2027-03-13T07:30', '2027-03-15T06:30']);
  });
  it('Sunday is 0 and 7, and what begins at one end of a range ends at the other', () => {
    for (const sunday of ['0', '7', 'SUN', 'sund', '7/2'])
      expect(fires(`0 2 * * ${sunday}`, 'UTC', '2027-01-01', 14)).toEqual(['2027-01-03T02:00', '2027-01-10T02:00']);
    expect(fires('0 2 * * 6-7', 'UTC', '2027-01-01', 7)).toEqual(['2027-01-02T02:00', '2027-01-03T02:00']);
    expect(fires('10/25 2 1 * *', 'UTC', '2027-01-01', 1)).toEqual(['2027-01-01T02:10', '2027-01-01T02:35']);
  });
  it('a leap day comes each fourth year', () => {
    expect(fires('0 0 29 2 *', 'UTC', '2027-01-01', 2_000)).toEqual(['2028-02-29T00:00', '2032-02-29T00:00']);
  });
  it('in a day of UTC each of its minutes once, in order, whatever the fields', () => {
    const among = (least: number, most: number) =>
      fc.uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1 });
    fc.assert(
      fc.property(among(0, 59), among(0, 23), (minutes, hours) => {
        const times = fires(`${minutes} ${hours} * * *`, 'UTC', '2027-01-01', 1);
        expect(times).toEqual([...new Set(times)].sort());
        expect(times).toHaveLength(minutes.length * hours.length);
      }),
      { numRuns: 50 },
    );
  });
  it('the lines of a case that two readers read in two ways are refused or fire', () => {
    const lines = readFileSync('test/golden/cases/cron/lines.txt', 'utf8').trim().split('\n');
    const answers = lines.map((line) => readCron(line).problem === null);
    expect(lines.filter((_, index) => answers[index])).toEqual([
      '0 2 * * 7',
      '30 2 * * *',
      '@daily',
      '0 2 * * MON-FRI',
    ]);
  });
});
