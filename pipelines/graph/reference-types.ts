/** The types of references: what makes wrong wiring a compile error. No values live here. */
import type { z } from 'zod';
import type { Json } from '#contracts/json.ts';

/** Shown where a schema's value would not survive JSON (Date, bigint, Map, function). */
type JsonSafe<T> = T extends Json | undefined
  ? T
  : T extends bigint | symbol | Date | Map<unknown, unknown> | Set<unknown> | ((...a: never[]) => unknown)
    ? 'not JSON: use a string or a number'
    : T extends object
      ? { [K in keyof T]: JsonSafe<T[K]> }
      : T;

/** An output schema, or the reason why it cannot be one. */
export type JsonOutput<O extends z.ZodType> = O &
  (z.output<O> extends JsonSafe<z.output<O>> ? unknown : { readonly error: 'output is not JSON' });

/** `ratchet check` finds references by this brand: see cli/verbs/check/check-references.ts. */
declare const referenceBrand: unique symbol;
type Missing<T> = Extract<T, undefined>;
/** `length` would otherwise be that of a function, which a reference is to the type checker: always 0. */
type Items<E> = {
  readonly [index: number]: Ref<E>;
  readonly length: 'not known while the graph is built: count in a step';
};
type Fields<T> = [NonNullable<T>] extends [readonly (infer E)[]]
  ? Items<E | Missing<T>>
  : [NonNullable<T>] extends [object]
    ? { readonly [K in keyof NonNullable<T>]-?: Ref<NonNullable<T>[K] | Missing<T>> }
    : unknown;

/**
 * A value that will exist when the run gets there. The call signature makes `if (ref)` a compile error (TS2774).
 * @example
 * ```ts
 * const scoreOf = (graph: Graph, rows: Ref<DatasetRef>): Ref<number> => graph.run(fit, { rows }).score;
 * ```
 */
export type Ref<T> = { (): never; readonly [referenceBrand]: T } & Fields<T>;

/**
 * What may be written where a T is wanted: a literal, a reference, or an object or array of both, to any depth.
 * @example
 * ```ts
 * const wired = (path: Wired<string>, graph: Graph) => graph.run(load, { path });
 * ```
 */
export type Wired<T> =
  | Ref<T>
  | (T extends readonly (infer E)[]
      ? readonly Wired<E>[]
      : T extends object
        ? { readonly [K in keyof T]: Wired<T[K]> }
        : T);

type IsUnion<T, Each = T> = Each extends unknown ? ([T] extends [Each] ? false : true) : never;
/**
 * The same for all that a step is given. Of an object it is its fields alone, as no union: so the compiler puts a wrong wiring
 * at its field. A reference to a whole object has those fields, too.
 */
export type StepInput<T> =
  | (T extends readonly unknown[] ? Wired<T> : T extends object ? { readonly [K in keyof T]: Wired<T[K]> } : Wired<T>)
  | (true extends IsUnion<T> ? Ref<T> : never);

/**
 * The value behind whatever a body or a graph returns: references, or plain objects and arrays of them.
 * @example
 * ```ts
 * const counted: Resolved<{ rows: Ref<number>; of: 'churn' }> = { rows: 12_000, of: 'churn' };
 * ```
 */
export type Resolved<R> = R extends { readonly [referenceBrand]: infer T }
  ? T
  : R extends void
    ? null
    : R extends readonly (infer E)[]
      ? Resolved<E>[]
      : R extends object
        ? { [K in keyof R]: Resolved<R[K]> }
        : R;
