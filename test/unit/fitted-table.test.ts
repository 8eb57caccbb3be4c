import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { fittedTable } from '#cli/kit/output.ts';

const reason = `${'a long reason that a reader needs to the end, '.repeat(5)}the end`;
const lines = (width: number, why = reason) =>
  stripVTControlCharacters(fittedTable(['run', 'why'], [['bikes/1', why]], [], width)).split('\n');

it('tells a reason to its end: in one line where the terminal has room, below it where not', () => {
  const whole = 'bikes/1  '.length + reason.length;
  for (const width of [whole, 400, Number.POSITIVE_INFINITY]) {
    expect(lines(width)).toHaveLength(2);
    expect(lines(width)[1]).toContain('the end');
  }
  for (const width of [whole - 1, 120, 80]) {
    const drawn = lines(width);
    const why = drawn.slice(1).map((line) => line.slice('bikes/1  '.length));
    expect(drawn.every((line) => line.length <= width)).toBe(true);
    expect(why.join(' ')).toBe(reason);
  }
});

it('cuts off what is longer than a reason is', () => {
  const drawn = lines(100, 'a line of a log '.repeat(200));
  expect(drawn.length).toBeLessThan(8);
  expect(drawn.at(-1)).toMatch(/…$/);
  expect(drawn.every((line) => line.length <= 100)).toBe(true);
  // What is left of a narrow terminal would say nothing: there it wraps by itself.
  expect(lines(20)[1]?.length).toBeGreaterThan('bikes/1  '.length + 25);
});

it('fills no line with blanks up to the longest', () => {
  const drawn = fittedTable(
    ['run', 'why'],
    [
      ['bikes/1', reason.repeat(20)],
      ['bikes/2', ''],
    ],
    [],
    Number.POSITIVE_INFINITY,
  );
  expect(
    stripVTControlCharacters(drawn)
      .split('\n')
      .filter((line) => line.endsWith(' ')),
  ).toEqual([]);
});

it('measures what is shown: an escape is longer than what it stands for, and a line feed in a reason is a blank', () => {
  const drawn = lines(60, `x\u001b[2Jy\n${reason}`);
  expect(drawn[1]).toContain('x\\u001b[2Jy a long reason');
  expect(drawn.every((line) => line.length <= 60)).toBe(true);
});
