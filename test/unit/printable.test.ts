/** What others wrote cannot steer a terminal, and our own colours still can. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { marked, printable, printableJson } from '#cli/kit/printable.ts';
import { hostileTexts, UNSAFE } from '../fixtures/hostile-texts.ts';

const ESC = '\u001b';
const ours = new RegExp(`${ESC}\\[(31|39|2|22)m`, 'g');
const red = marked((text) => `\u001b[31m${text}\u001b[39m`);
const dim = marked((text) => `\u001b[2m${text}\u001b[22m`);

describe('text', () => {
  it('of two hundred kinds of malice is shown, not obeyed', () => {
    expect(hostileTexts.length).toBeGreaterThanOrEqual(200);
    for (const text of hostileTexts) expect(printable(text)).not.toMatch(UNSAFE);
  });
  it('of any kind, within colours or without', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(printable(a)).not.toMatch(UNSAFE);
        const coloured = printable(`${red(`${a}${dim(b)}`)}${b}`);
        expect(coloured.replaceAll(ours, '')).not.toMatch(UNSAFE);
        expect(coloured.split(ESC)).toHaveLength(5);
      }),
      { numRuns: 1_000 },
    );
  });
  it('shows what it was, and leaves letters of all scripts as they are', () => {
    expect(printable('a\u001b]0;owned\u0007b\r\tc\u202ed\u009b31m')).toBe(
      'a\\u001b]0;owned\\u0007b\\r\\tc\\u202ed\\u009b31m',
    );
    const fine = 'Zürich, 東京, שלום, नमस्ते, 👩‍🔬, ≥ 0.5 …\nnext';
    expect(printable(fine)).toBe(fine);
  });
  it('of others has no colour, even if it knows our colours', () => {
    expect(printable(`\u001b[31mfake\u001b[39m`)).toBe('\\u001b[31mfake\\u001b[39m');
    expect(printable(red('real'))).toBe('\u001b[31mreal\u001b[39m');
    expect(printable(printable(red('twice')))).toBe('\\u001b[31mtwice\\u001b[39m');
  });
});

it('JSON is harmless and the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const text = printableJson(value);
      expect(text).not.toMatch(UNSAFE);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 1_000 },
  );
  for (const text of hostileTexts) expect(JSON.parse(printableJson({ [text]: text }))).toEqual({ [text]: text });
});
