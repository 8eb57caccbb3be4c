/** `ratchet-ml/feature-client`: reads features from a feature server, typed by their definitions. */
import { z } from 'zod';
import type { FeatureInput } from '#features/on-demand.ts';
import type { FeatureType, ValueOf } from '#features/value-types.ts';

/**
 * What is true of a value: PRESENT, of the newest row; NULL_VALUE, the newest row has null; NOT_FOUND, there is no row; OUTSIDE_MAX_AGE, the newest row is
 * older than its view's ttl, and has no value here.
 * @example
 * ```ts
 * const missing = (status: FeatureStatus) => status !== 'PRESENT';
 * ```
 */
export type FeatureStatus = 'PRESENT' | 'NULL_VALUE' | 'NOT_FOUND' | 'OUTSIDE_MAX_AGE';

/**
 * A key, or a field of the request that a function on demand takes. int64 beyond 2^53 as bigint; a time as Date, a date as text, `'2024-02-29'`.
 * @example
 * ```ts
 * const key: EntityValue = 9007199254740993n;
 * ```
 */
export type EntityValue = string | number | bigint | boolean | Date | null;
/**
 * One row that is asked for: its join keys, and fields of the request.
 * @example
 * ```ts
 * const row: EntityRow = { customer_id: 42n, amount: 12.5 };
 * ```
 */
export type EntityRow = Readonly<Record<string, EntityValue>>;

/**
 * One row's features: their values, what is true of each, and when the row was that it is of (null of what is computed).
 * @example
 * ```ts
 * const stale = ({ status }: FeatureVector<{ city: string }>) => status.city === 'OUTSIDE_MAX_AGE';
 * ```
 */
export interface FeatureVector<V> {
  readonly values: { readonly [K in keyof V]: V[K] | null };
  readonly status: { readonly [K in keyof V]: FeatureStatus };
  readonly at: { readonly [K in keyof V]: Date | null };
}

/**
 * Where the server is. `token` of the scope `features`; `timeoutMs` of a request, default 5,000.
 * @example
 * ```ts
 * const settings: FeatureClientSettings = { url: 'http://127.0.0.1:6566', timeoutMs: 250 };
 * ```
 */
export interface FeatureClientSettings {
  readonly url: string;
  readonly token?: string;
  readonly timeoutMs?: number;
}

type Asked = Readonly<Record<string, FeatureInput>>;
type Typed<A extends Asked> = { [K in keyof A]: A[K] extends FeatureInput<infer T> ? ValueOf<T> : never };
type Anything = Record<string, ValueOf<FeatureType> | Uint8Array>;

/**
 * A client of one feature server. Requests are not repeated: a server that is out of reach is an error at once, and who asks knows what then.
 * @example
 * ```ts
 * const sure = async (client: FeatureClient) => (await client.service('fraud', [{ customer_id: 42n }]))[0]?.values;
 * ```
 */
export interface FeatureClient {
  /**
   * Features by names of one's own, each as `feature(view, name)` gives it, for many rows in one request: a vector for each, in their order.
   * @throws FeatureServerError when the server refuses, is out of reach, too slow, or has a feature with another type
   */
  read<A extends Asked>(features: A, rows: readonly EntityRow[]): Promise<FeatureVector<Typed<A>>[]>;
  /** The features of a service, by `view__feature`. Throws as `read`. */
  service(name: string, rows: readonly EntityRow[]): Promise<FeatureVector<Anything>[]>;
}

/**
 * The server refused, with its words and its HTTP status; `status` null: it was not reached, or was too slow.
 * @example
 * ```ts
 * const again = (error: unknown) => error instanceof FeatureServerError && (error.status === null || error.status === 503);
 * ```
 */
export class FeatureServerError extends Error {
  override readonly name = 'FeatureServerError';
  readonly status: number | null;
  constructor(message: string, status: number | null, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

const Answer = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.array(
    z.object({
      values: z.array(z.unknown()),
      statuses: z.array(z.enum(['PRESENT', 'NULL_VALUE', 'NOT_FOUND', 'OUTSIDE_MAX_AGE'])),
      events: z.array(z.string().nullable()),
    }),
  ),
});
type Answer = z.output<typeof Answer>;
const Problem = z.object({ detail: z.string(), next: z.string().optional() });
const FeastProblem = z
  .string()
  .transform((text) => JSON.parse(text) as unknown)
  .pipe(z.object({ message: z.string() }));

/**
 * A client of `ratchet features serve`. It holds no connection of its own and needs no closing.
 * @example
 * ```ts
 * const profile = featureView({ name: 'profile', entities: ['customer'], source: 'profile.csv', timestamp: 'at', features: { city: 'string' } });
 * const features = featureClient({ url: 'http://127.0.0.1:6566' });
 * const [vector] = await features.read({ city: feature(profile, 'city') }, [{ customer_id: 42n }]);
 * if (vector?.status.city === 'PRESENT') console.log(vector.values.city);
 * ```
 */
export function featureClient(settings: FeatureClientSettings): FeatureClient {
  return {
    read: async (features, rows) => {
      const names = Object.keys(features);
      if (names.length === 0 || rows.length === 0) return rows.map(() => vectorOf([], empty));
      // A feature that is asked for under two names is read once.
      const wanted = [...new Set(names.map((name) => features[name]?.feature ?? ''))];
      const answer = await ask(settings, { features: wanted, entities: columnsOf(rows) });
      const places = names.map((name) => {
        const { feature, type } = features[name] ?? { feature: '', type: 'string' };
        const place = wanted.indexOf(feature);
        const served = answer.columns[place]?.type;
        if (served !== type)
          throw new FeatureServerError(
            `${feature} is ${served} at the server, and ${type} in the definitions at hand`,
            200,
          );
        return [name, place] as const;
      });
      return answer.rows.map((row) => vectorOf(places, row, answer.columns));
    },
    service: async (service, rows) => {
      if (rows.length === 0) return [];
      const answer = await ask(settings, { service, entities: columnsOf(rows) });
      const places = answer.columns.map(({ name }, place) => [name, place] as const);
      return answer.rows.map((row) => vectorOf(places, row, answer.columns));
    },
  };
}

const empty: Answer['rows'][number] = { values: [], statuses: [], events: [] };

function vectorOf<V>(
  places: readonly (readonly [name: string, place: number])[],
  { values, statuses, events }: Answer['rows'][number],
  columns: Answer['columns'] = [],
): FeatureVector<V> {
  const by = <T>(each: (place: number) => T) => Object.fromEntries(places.map(([name, place]) => [name, each(place)]));
  // The types were held against the server's.
  return {
    values: by((place) => decoded(columns[place]?.type ?? '', values[place])),
    status: by((place) => statuses[place]),
    at: by((place) => (events[place] ? new Date(events[place]) : null)),
  } as unknown as FeatureVector<V>;
}

/** As functions over features are given it: int64 as bigint, times as Date. */
function decoded(type: string, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map((item) => decoded(type.replace('[]', ''), item));
  switch (type) {
    case 'int64':
    case 'int32':
      return BigInt(String(value));
    case 'float64':
    case 'float32':
      return Number(value);
    case 'timestamp':
    case 'date':
      return new Date(String(value));
    case 'bytes':
      return Uint8Array.from(atob(String(value)), (letter) => letter.charCodeAt(0));
    default:
      return value;
  }
}

/** A list for each name; a row that lacks one has null there. */
function columnsOf(rows: readonly EntityRow[]): Record<string, (string | boolean | null)[]> {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return Object.fromEntries(names.map((name) => [name, rows.map((row) => textOf(row[name] ?? null))]));
}

const textOf = (value: EntityValue): string | boolean | null =>
  value === null || typeof value === 'boolean' ? value : value instanceof Date ? value.toISOString() : String(value);

async function ask({ url, token, timeoutMs = 5_000 }: FeatureClientSettings, body: object): Promise<Answer> {
  const unreached = (error: unknown) =>
    new FeatureServerError(
      error instanceof Error && error.name === 'TimeoutError'
        ? `the feature server at ${url} did not answer within ${timeoutMs} ms`
        : `the feature server at ${url} is out of reach`,
      null,
      error,
    );
  const response = await fetch(new URL('/v1/features', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: unknown) => {
    throw unreached(error);
  });
  const answered: unknown = await response.json().catch((error: unknown) => {
    throw error instanceof SyntaxError
      ? new FeatureServerError(`${url} answers no JSON: is it a feature server?`, response.status)
      : unreached(error);
  });
  if (response.ok) return Answer.parse(answered);
  throw new FeatureServerError(told(answered).slice(0, 2_000), response.status);
}

/** The server's own words. Errors that Feast's clients have a class for are a JSON text that holds JSON. */
function told(answered: unknown): string {
  const problem = Problem.safeParse(answered);
  if (problem.success) return [problem.data.detail, problem.data.next].filter(Boolean).join(' ');
  if (typeof answered !== 'string') return JSON.stringify(answered);
  const { data } = FeastProblem.safeParse(answered);
  return data?.message ?? answered;
}
