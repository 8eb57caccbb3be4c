/** Which online store an option or the environment names, and how it is opened. */
import { join, resolve } from 'node:path';
import type { LmdbSettings } from '#adapters/lmdb/online-store.ts';
import type { RedisSettings } from '#adapters/redis/online-store.ts';
import { UserError } from '#contracts/failures.ts';
import type { OnlineStore } from '#ports/online-store.ts';
import { secret } from '../secret.ts';

const STORE_HELP =
  'lmdb:FOLDER, redis://HOST:PORT, rediss:// for TLS, a cluster as redis://A:6379,B:6379; default RATCHET_ONLINE_STORE, else lmdb:.ratchet/online';

/** Plain JSON: a process that opens it needs nothing of this one's environment. It holds a password: for no history and no log. */
export type OnlinePlace =
  | { readonly kind: 'lmdb'; readonly settings: LmdbSettings }
  | { readonly kind: 'redis'; readonly settings: RedisSettings };

/**
 * @param given `--store`
 * @param root project folder
 * @throws UserError InvalidInput for what names no store
 */
export function onlinePlace(given: string | undefined, root: string, env = process.env): OnlinePlace {
  const named = given ?? env.RATCHET_ONLINE_STORE ?? `lmdb:${join(root, '.ratchet', 'online')}`;
  if (named.startsWith('lmdb:') && named.length > 5)
    return { kind: 'lmdb', settings: { path: resolve(named.slice(5)), ...mostBytes(env) } };
  if (/^rediss?:/.test(named)) {
    const password = secret('RATCHET_REDIS_PASSWORD', env);
    const ca = secret('RATCHET_REDIS_CA', env);
    const settings = {
      url: named,
      ...(env.RATCHET_REDIS_USERNAME ? { username: env.RATCHET_REDIS_USERNAME } : {}),
      ...(password ? { password } : {}),
      ...(ca ? { ca } : {}),
      ...(env.RATCHET_REDIS_PREFIX ? { prefix: env.RATCHET_REDIS_PREFIX } : {}),
    };
    return { kind: 'redis', settings };
  }
  // It may hold a password, written where none belongs.
  throw new UserError(
    'InvalidInput',
    `--store names no store (${named.split(':')[0]?.slice(0, 20)}): write ${STORE_HELP}`,
  );
}

/** @throws what the store's own opening throws */
export async function openPlace({ kind, settings }: OnlinePlace): Promise<OnlineStore> {
  if (kind === 'lmdb') {
    const { openLmdb } = await import('#adapters/lmdb/online-store.ts');
    return openLmdb(settings);
  }
  const { openRedis } = await import('#adapters/redis/online-store.ts');
  return openRedis(settings);
}

/** {@link onlinePlace}, opened. */
export const openOnlineStore = async (
  given: string | undefined,
  root: string,
  env = process.env,
): Promise<OnlineStore> => openPlace(onlinePlace(given, root, env));

function mostBytes({ RATCHET_ONLINE_MAX_BYTES: given }: NodeJS.ProcessEnv): { maxBytes?: number } {
  if (!given) return {};
  if (/^\d{5,16}$/.test(given) && Number.isSafeInteger(Number(given))) return { maxBytes: Number(given) };
  throw new UserError(
    'InvalidInput',
    `RATCHET_ONLINE_MAX_BYTES is ${given.slice(0, 40)}: give the most bytes of the online store as a whole number, for example 10000000000`,
  );
}
