import { z } from 'zod';
import { isDuration } from './duration-text.ts';

/**
 * A length of time: a number and one of s, m, h, d. `90s`, `1.5h`.
 * @example
 * ```ts
 * const patience: Duration = '90s';
 * ```
 */
export type Duration = `${number}${'s' | 'm' | 'h' | 'd'}`;
export const Duration = z.custom<Duration>(isDuration, 'a duration is a number and a unit: 90s, 15m, 2h, 1d');

export { milliseconds } from './duration-text.ts';
