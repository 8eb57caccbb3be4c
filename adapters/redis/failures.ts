/** What goes wrong between us and Redis, in words that say what to do. */
import { UserError } from '#contracts/failures.ts';

/** @param doing `reading`, `writing` */
export function explained(error: unknown, at: string, doing: string): UserError {
  if (error instanceof UserError) return error;
  const words = error instanceof Error ? error.message : String(error);
  const refused = (next: string) =>
    new UserError('OutsideRefused', `the online store ${at} refused while ${doing} (${words}): ${next}`, {
      cause: error,
    });
  if (/\bOOM\b/.test(words)) return refused('it is full. Raise maxmemory; what was acknowledged is there');
  if (/\b(NOAUTH|WRONGPASS|NOPERM)\b/.test(words))
    return refused(
      'set RATCHET_REDIS_PASSWORD (or …_FILE), and RATCHET_REDIS_USERNAME, to those of an account that may use EVALSHA, HGET, HSET, HDEL and HMGET',
    );
  if (/\b(MISCONF|READONLY|WRONGTYPE|NOSCRIPT|ERR)\b/.test(words)) return refused('look at its configuration and log');
  return new UserError(
    'OutsideUnreachable',
    `the online store ${at} cannot be reached while ${doing} (${words}): start it, or correct its address; then ask again`,
    { cause: error },
  );
}
