import { z } from 'zod';

/**
 * A length of time: a number and one of s, m, h, d. `90s`, `1.5h`.
 * @example
 * ```ts
 * const patience: Duration = '90s';
 * ```
 */
export type Duration = `${number}${'s' | 'm' | 'h' | 'd'}`;
export const Duration = z.custom<Duration>(
  (value) => typeof value === 'string' && /^\d+(\.\d+)?[smhd]$/.test(value),
  'a duration is a number and a unit: 90s, 15m, 2h, 1d',
);

const unit = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds in a duration. */
export function milliseconds(duration: Duration): number {
  return Math.round(Number.parseFloat(duration) * unit[duration.slice(-1) as keyof typeof unit]);
}
