/** What is served: views, services and on-demand features by name, with the types of everything that goes in and comes out. */
import type { TilePlan } from '#features/tiles/plan.ts';
import type { OnlineValue } from '#ports/online-row.ts';

type Single = 'int32' | 'int64' | 'float32' | 'float64' | 'string' | 'bool' | 'bytes' | 'timestamp' | 'date';
/**
 * In the store `int32`, `int64`, `timestamp` (µs since 1970 UTC) and `date` (days since 1970) are bigint, `float32` and `float64`
 * number; lists hold one of these.
 */
export type ServedType = Single | `${Single}[]`;

export interface ServedView {
  readonly name: string;
  /** Join keys with their types. */
  readonly keys: ReadonlyMap<string, ServedType>;
  /** Of the newest row. */
  readonly features: ReadonlyMap<string, ServedType>;
  /** Null: it has no windows. */
  readonly windows: TilePlan | null;
  /** µs; null: never too old. */
  readonly ttl: bigint | null;
  /** Column of the event's time in rows that are pushed. */
  readonly timestamp: string;
  /** Column of the time of writing; where rows have none, it is when they arrive. */
  readonly created: string | null;
}

export interface ServedOnDemand {
  readonly name: string;
  /** What the function reads: its own name for it, view and feature. */
  readonly inputs: ReadonlyMap<string, { readonly view: string; readonly feature: string }>;
  /** Fields of the request. */
  readonly request: ReadonlyMap<string, ServedType>;
  readonly outputs: ReadonlyMap<string, ServedType>;
  /** @throws UserError InvalidOutput when the function throws, or answers what it did not declare */
  compute(vector: ReadonlyMap<string, OnlineValue>, at: Date): ReadonlyMap<string, OnlineValue>;
}

export interface Catalogue {
  readonly views: ReadonlyMap<string, ServedView>;
  /** `view:feature` each, in their order. */
  readonly services: ReadonlyMap<string, readonly string[]>;
  readonly onDemand: ReadonlyMap<string, ServedOnDemand>;
  /** Views that are written to under a name of a source of theirs; each view also by its own. */
  readonly pushSources: ReadonlyMap<string, readonly string[]>;
  /** `view:feature` → why it is defined and cannot be served. */
  readonly unserved: ReadonlyMap<string, string>;
}
