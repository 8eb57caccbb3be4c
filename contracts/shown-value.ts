/** A value in an error message: JSON where it has one, cut to 80 characters. */
export function shownValue(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'number') return String(value);
  if (value instanceof Date) return `the Date ${Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()}`;
  let text: string;
  try {
    // A symbol stands for a reference: see check-input.ts.
    text = JSON.stringify(value, (_key, item) => (typeof item === 'symbol' ? '(a reference)' : item)) ?? String(value);
  } catch {
    text = `a ${value?.constructor?.name ?? typeof value}`;
  }
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
