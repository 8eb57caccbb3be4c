import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { fittedTable } from '../../cli/output.ts';

const reason = `${'a long reason that a reader needs to the end, '.repeat(5)}the end`;
const lines = (width: number, why = reason) =>
  stripVTControlCharacters(fittedTable(['run', 'why'], [['bikes/1', why]], [], width)).split('\n');

it('cuts off the last column only where the terminal has no room for it', () => {
  const whole = 'bikes/1  '.length + reason.length;
  expect(lines(whole)[1]).toContain('the end');
  expect(lines(400)[1]).toContain('the end');
  expect(lines(Number.POSITIVE_INFINITY)[1]).toContain('the end');
  expect(lines(whole - 1)[1]).toMatch(/…\s*$/);
  expect(lines(100).map((line) => line.trimEnd().length)).toEqual(['run      why'.length, 100]);
  // A narrow one wraps by itself: what is left of a reason would say nothing.
  expect(lines(20)[1]?.trimEnd()).toHaveLength('bikes/1  '.length + 40);
});

it('measures what is shown: an escape is longer than what it stands for, and a reason is one line', () => {
  expect(lines(60, `x\u001b[2Jy\n${reason}`)[1]?.trimEnd()).toHaveLength(60);
});
