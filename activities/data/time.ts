import { UserError } from '#contracts/failures.ts';

const shape = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * Milliseconds since 1970 of a date or time of ISO 8601. Without a zone it is UTC, on every machine.
 * @param name what messages call it
 * @throws UserError InvalidInput
 */
export function parseTime(text: string, name: string): number {
  const found = shape.exec(text);
  const iso = text.replace(' ', 'T');
  const milliseconds = found ? Date.parse(found[1] || text.length === 10 ? iso : `${iso}Z`) : Number.NaN;
  // Date.parse takes the 31st of February for the 3rd of March.
  const dayStays =
    Number.isFinite(milliseconds) &&
    new Date(Date.parse(`${text.slice(0, 10)}T00:00:00Z`)).toISOString().startsWith(text.slice(0, 10));
  if (!dayStays)
    throw new UserError(
      'InvalidInput',
      `${name} is "${text}", not a date or time; write 2026-01-31 or 2026-01-31T10:00:00Z`,
    );
  return milliseconds;
}

/** `2026-01-31` or, with a time of day, `2026-01-31T10:00:00Z`. */
export function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('T00:00:00.000Z', '').replace('.000Z', 'Z');
}
