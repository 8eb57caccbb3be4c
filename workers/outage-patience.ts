import { Duration, milliseconds } from '#contracts/duration.ts';
import { UserError } from '#contracts/failures.ts';

/**
 * How long a step waits for a server that is away, in ms: what RATCHET_PATIENCE says; undefined without it.
 * @throws UserError InvalidInput when it is no duration
 */
export function outagePatience(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const duration = Duration.safeParse(text);
  if (!duration.success)
    throw new UserError(
      'InvalidInput',
      `RATCHET_PATIENCE is ${JSON.stringify(text)}, which is no duration: write a number and one of s, m, h, d, for example 24h`,
    );
  return milliseconds(duration.data);
}
