/** Numbers with commas, without Intl: its tables cost the first number of a command ten milliseconds. */

const commas = (digits: string) => digits.replace(/\B(?=(\d{3})+$)/g, ',');

/** `1,234,567`, as `toLocaleString('en-US')` writes it. */
export function grouped(value: number): string {
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? commas(String(value)) : value.toLocaleString('en-US');
}

/** `1,234.5`: at most so many digits that say something, as `toLocaleString` writes them; a tie is rounded as `toPrecision` does. */
export function significant(value: number, digits: number): string {
  const written = String(Number(value.toPrecision(digits)));
  const [whole = '', rest] = written.split('.');
  // Very large and very small numbers, and what is none.
  if (!/^-?[\d.]+$/.test(written) || Object.is(value, -0))
    return value.toLocaleString('en-US', { maximumSignificantDigits: digits });
  return rest === undefined ? commas(whole) : `${commas(whole)}.${rest}`;
}
