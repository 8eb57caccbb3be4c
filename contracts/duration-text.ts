/** How a length of time is written: known to the command line's options, which load no schemas. */

const unit = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

type Text = `${number}${keyof typeof unit}`;

/** A number and one of s, m, h, d. */
export function isDuration(value: unknown): value is Text {
  return typeof value === 'string' && /^\d+(\.\d+)?[smhd]$/.test(value);
}

/** Milliseconds in a duration. */
export function milliseconds(duration: Text): number {
  return Math.round(Number.parseFloat(duration) * unit[duration.slice(-1) as keyof typeof unit]);
}
