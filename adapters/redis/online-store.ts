/**
 * Redis as the online store, alone or as a cluster. An entity is one hash, a view one of its fields, so that all views of an entity are
 * one command to one node; commands that are given in one turn go out as one pipeline a node. What is newer is decided by a script
 * inside of Redis. Nothing expires there: a row's age is judged when it is read.
 */
import { createHash } from 'node:crypto';
import type { Cluster, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import { UserError } from '#contracts/failures.ts';
import type { OnlineChange, OnlineQuestion, OnlineRow, OnlineStore, OnlineWritten } from '#ports/online-store.ts';
import { explained } from './failures.ts';

export interface RedisSettings {
  /** `redis://host:port/db` or `rediss://…` (TLS); with several `host:port` before the path, comma-separated, a cluster. */
  readonly url: string;
  readonly username?: string;
  /** Never in the URL that messages show. */
  readonly password?: string;
  /** Certificates, PEM, of those who vouch for the server's; default those of this machine. */
  readonly ca?: string;
  /** In front of all keys, so that projects may share a Redis; default `ratchet`. */
  readonly prefix?: string;
}

/**
 * A key for each row, or one for all of them; of each row its field and bytes. Bytes are compared one by one: Lua's own order of strings is that of the server's locale.
 * Of a field that is there, the greater one stays.
 */
const SCRIPT = `
local function greater(a, b)
  local least = math.min(#a, #b)
  for i = 1, least do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x > y end
  end
  return #a > #b
end
local written = 0
for i = 1, #ARGV / 2 do
  local key, field, row = KEYS[i] or KEYS[1], ARGV[2 * i - 1], ARGV[2 * i]
  local kept = redis.call('HGET', key, field)
  if not kept or (kept ~= row and greater(row, kept)) then
    redis.call('HSET', key, field, row)
    written = written + 1
  end
end
return written`;
/**
 * Parts are kept when what they were computed of is still there: fields with the SHA-1 of what they held, or nothing; then fields with
 * what they are to hold, or nothing.
 */
const REPLACE = `
local after = 2 + 2 * tonumber(ARGV[1])
for i = 2, after - 1, 2 do
  local kept = redis.call('HGET', KEYS[1], ARGV[i])
  if (kept and redis.sha1hex(kept) or '') ~= ARGV[i + 1] then return 0 end
end
for i = after, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[i]) else redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
return 1`;
/** How often a change is computed anew because another writer was faster: each time one of them got through. */
const ROUNDS = 200;
const COMMAND_MS = 5_000;
/** Commands of one pipeline: more would keep others waiting, here and there. */
const AT_ONCE = 1_000;
/** Rows of one command to one server: it does nothing else until they are compared. */
const ROWS_AT_ONCE = 100;

type Client = (Redis | Cluster) & {
  /** All of them of one key. */
  ratchetKeep(key: Buffer, ...given: (Buffer | string)[]): Promise<number>;
  ratchetKeepEach(keys: number, ...given: (Buffer | string)[]): Promise<number>;
  ratchetReplace(key: Buffer, ...given: (Buffer | string)[]): Promise<number>;
};

/** @throws UserError InvalidInput for a URL that is none, OutsideUnreachable, OutsideRefused when it refuses who asks */
export async function openRedis(settings: RedisSettings): Promise<OnlineStore> {
  const { nodes, options, database } = readUrl(settings);
  const at = `redis:${nodes.map(({ host, port }) => `${host}:${port}`).join(',')}${database ? `/${database}` : ''}`;
  const { Cluster: ClusterOf, Redis: RedisOf } = await import('ioredis');
  const alone = nodes.length === 1;
  const common: RedisOptions & ClusterOptions = { lazyConnect: true, enableAutoPipelining: true };
  const client = alone
    ? new RedisOf({ ...options, ...common, ...nodes[0], db: database })
    : new ClusterOf(nodes, { ...common, clusterRetryStrategy: backOff, redisOptions: options });
  let last: unknown;
  // Without a listener each lost connection would be printed, and by whoever comes first.
  client.on('error', (error: unknown) => {
    last = error;
  });
  client.defineCommand('ratchetKeep', { numberOfKeys: 1, lua: SCRIPT });
  client.defineCommand('ratchetKeepEach', { lua: SCRIPT });
  client.defineCommand('ratchetReplace', { numberOfKeys: 1, lua: REPLACE });
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    client.disconnect();
    throw explained(/closed|Failed to refresh/.test(String(error)) ? (last ?? error) : error, at, 'connecting');
  }
  return new RedisStore(client as Client, at, `${settings.prefix ?? 'ratchet'}:`, alone);
}

const backOff = (attempt: number) => Math.min(50 * 2 ** attempt, 2_000);

class RedisStore implements OnlineStore {
  readonly promise =
    'what its appendfsync says: with `always` the death of the server, with `everysec` all but its last second';
  readonly at: string;
  readonly #client: Client;
  readonly #prefix: string;
  /** One server has all keys. */
  readonly #alone: boolean;

  constructor(client: Client, at: string, prefix: string, alone: boolean) {
    this.#alone = alone;
    this.#client = client;
    this.at = at;
    this.#prefix = prefix;
  }

  async write(rows: readonly OnlineRow[], changes: readonly OnlineChange[] = []): Promise<OnlineWritten> {
    let written = 0;
    const commands = this.#together(rows);
    for (let from = 0; from < commands.length; from += AT_ONCE)
      for (const count of await this.#all(
        commands
          .slice(from, from + AT_ONCE)
          .map(({ keys, given }) =>
            this.#alone
              ? this.#client.ratchetKeepEach(keys.length, ...keys, ...given)
              : this.#client.ratchetKeep(keys[0] as Buffer, ...given),
          ),
        'writing',
      ))
        written += count;
    return { written, older: rows.length - written, changed: await this.#change(changes) };
  }

  /** Of one server some rows, of a cluster those of one entity, which are on one node. */
  #together(rows: readonly OnlineRow[]): { keys: Buffer[]; given: (Buffer | string)[] }[] {
    const commands = new Map<string | number, { keys: Buffer[]; given: (Buffer | string)[] }>();
    for (const [index, { view, key, row }] of rows.entries()) {
      const name = Buffer.from(key).toString('base64url');
      const command = this.#alone ? Math.floor(index / ROWS_AT_ONCE) : name;
      const { keys, given } = commands.get(command) ?? { keys: [], given: [] };
      keys.push(this.#keyOf(name));
      given.push(view, Buffer.from(row.buffer, row.byteOffset, row.byteLength));
      commands.set(command, { keys, given });
    }
    return [...commands.values()];
  }

  async #change(changes: readonly OnlineChange[]): Promise<number> {
    let changed = 0;
    for (let from = 0; from < changes.length; from += AT_ONCE) {
      let left = changes.slice(from, from + AT_ONCE);
      for (let round = 0; left.length > 0; round++) {
        if (round === ROUNDS)
          throw new UserError(
            'OutsideRefused',
            `the online store ${this.at} kept other writers' windows of ${left.length} entities ${ROUNDS} times before this one's: write the same again, by fewer writers at once`,
          );
        const outcomes = await this.#all(
          left.map((each) => this.#tryChange(each)),
          'writing',
        );
        changed += outcomes.filter((outcome) => outcome === 'changed').length;
        left = left.filter((_, index) => outcomes[index] === 'outrun');
      }
    }
    return changed;
  }

  async #tryChange({ key, parts, change }: OnlineChange): Promise<'changed' | 'unchanged' | 'outrun'> {
    const at = this.#keyOf(Buffer.from(key).toString('base64url'));
    const kept = await this.#client.hmgetBuffer(at, ...parts);
    const changes = [...change(kept)];
    if (changes.length === 0) return 'unchanged';
    const seen = parts.flatMap((part, index) => [part, sha1(kept[index] ?? null)]);
    const wanted = changes.flatMap(([part, bytes]) => [part, bytes ? Buffer.from(bytes) : '']);
    const done = await this.#client.ratchetReplace(at, String(parts.length), ...seen, ...wanted);
    return done === 1 ? 'changed' : 'outrun';
  }

  async read(questions: readonly OnlineQuestion[]): Promise<(Uint8Array | null)[][]> {
    const answers: (Uint8Array | null)[][] = [];
    for (let from = 0; from < questions.length; from += AT_ONCE)
      answers.push(
        ...(await this.#all(
          questions.slice(from, from + AT_ONCE).map(async ({ key, views }) => {
            if (views.length === 0) return [];
            return this.#client.hmgetBuffer(this.#keyOf(Buffer.from(key).toString('base64url')), ...views);
          }),
          'reading',
        )),
      );
    return answers;
  }

  async close(): Promise<void> {
    await this.#client.quit().catch(() => this.#client.disconnect());
  }

  /** The braces: in a cluster all of an entity is on one node. */
  #keyOf(name: string): Buffer {
    return Buffer.from(`${this.#prefix}{${name}}`);
  }

  /** All of them are waited for, so that none is under way when the first error is told. */
  async #all<T>(commands: Promise<T>[], doing: string): Promise<T[]> {
    const settled = await Promise.allSettled(commands);
    return settled.map((each) => {
      if (each.status === 'rejected') throw explained(each.reason, this.at, doing);
      return each.value;
    });
  }
}

const sha1 = (bytes: Uint8Array | null) => (bytes ? createHash('sha1').update(bytes).digest('hex') : '');

function readUrl({ url, username, password, ca }: RedisSettings) {
  const [, scheme, hosts, db] =
    /^(rediss?):\/\/((?:[A-Za-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?(?:,(?:[A-Za-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?)*)(?:\/(\d{1,5})?)?$/i.exec(
      url,
    ) ?? [];
  if (!hosts)
    throw new UserError(
      'InvalidInput',
      'the address of Redis cannot be read: write redis://HOST:PORT/DATABASE, rediss:// for TLS, or the nodes of a cluster, redis://A:6379,B:6379. Its password does not belong there: name it by RATCHET_REDIS_PASSWORD, or by RATCHET_REDIS_PASSWORD_FILE the file that holds it',
    );
  const nodes = hosts.split(',').map((each) => {
    const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(each) ?? [];
    return { host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? 6379) };
  });
  const options: RedisOptions = {
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(scheme?.toLowerCase() === 'rediss' ? { tls: ca ? { ca } : {} } : {}),
    connectTimeout: COMMAND_MS,
    commandTimeout: COMMAND_MS,
    // A caller is told soon; the connection is sought on.
    maxRetriesPerRequest: 1,
    retryStrategy: backOff,
  };
  return { nodes, options, database: Number(db ?? 0) };
}
