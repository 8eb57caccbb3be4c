/** How the text of options is read. */
import { afterEach, describe, expect, it } from 'vitest';
import { readCount, readInstant, readPipelineName, readTriggerId } from '#cli/kit/options.ts';

const zone = process.env.TZ;
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

describe('a time', () => {
  it.each(['UTC', 'America/New_York', 'Asia/Kolkata'])('means the same on a machine in %s', (TZ) => {
    process.env.TZ = TZ;
    expect(readInstant('2013-06-17')).toBe('2013-06-17T00:00:00.000Z');
    expect(readInstant('2013-06-17T10:30')).toBe('2013-06-17T10:30:00.000Z');
    expect(readInstant('2013-06-17 10:30:15')).toBe('2013-06-17T10:30:15.000Z');
    expect(readInstant('2013-06-17T10:30:00+02:00')).toBe('2013-06-17T08:30:00.000Z');
  });
  it.each(['2013-02-31', 'yesterday', '5', 'June 17, 2013', ''])('is not "%s"', (text) => {
    expect(() => readInstant(text)).toThrow(/not a date: write 2013-06-17/);
  });
});

it.each(['0', '-1', '2abc', 'many', '1.5', ''])('a count is not "%s"', (text) => {
  expect(() => readCount(text)).toThrow(/whole number/);
});
it('a count is a whole number from 1 on', () => expect(readCount('20')).toBe(20));

it.each(['', 'a/b', '..', '../x', 'r2', 'a b', 'x'.repeat(201)])('a trigger id is not "%s"', (text) => {
  expect(() => readTriggerId(text)).toThrow(/cannot be part of a run's id/);
});
it.each(['1', 'github:push-4f2a', '2013-06-17T00:00:00Z', 'r2d2'])('a trigger id may be "%s"', (text) => {
  expect(readTriggerId(text)).toBe(text);
});

it.each(['', 'a/', 's3://no/such', '..', '1st', 'a b', 'x'.repeat(65)])('a pipeline is not called "%s"', (text) => {
  expect(() => readPipelineName(text)).toThrow(/no pipeline's name: a name starts with a letter/);
});
it.each(['churn', 'flight-delays', 'team_a.v2'])('a pipeline may be called "%s"', (text) => {
  expect(readPipelineName(text)).toBe(text);
});
