/** Colour is for people at a terminal; a file, a pipe and the log of a CI run stay plain. */
import { expect, it } from 'vitest';
import { hasColor } from '#cli/kit/color.ts';

it.each([
  [{}, false, false],
  [{ CI: 'true' }, false, false],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '0' }, true, false],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
  [{}, true, true],
  [{ TERM: 'dumb' }, true, false],
  [{ NO_COLOR: '1' }, true, false],
])('%j, at a terminal: %s, colours: %s', (env, terminal, expected) => {
  expect(hasColor(env, terminal)).toBe(expected);
});
