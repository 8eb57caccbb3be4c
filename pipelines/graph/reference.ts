/** References at definition time: proxies that know where their value will come from and refuse to be used as one. */
import { callSite } from './call-site.ts';
import { definitionError } from './definition-error.ts';
import type { OutputShape } from './output-shape.ts';
import type { Ref } from './reference-types.ts';
import type { Scope } from './scope.ts';

export interface Source {
  /** Node id, or `<id>/item`, `<id>/index`, `<id>/state`, `<id>/round`, `<id>/failure` inside a body. */
  readonly node: string;
  readonly path: readonly string[];
  /** The body that the node was made in; the reference may be used there and in bodies within it. */
  readonly scope: Scope;
  /** What is known of the fields of the value. */
  readonly shape: OutputShape;
}

const sources = new WeakMap<object, Source>();

/** What a reference stands for; null for anything else. */
export function sourceOf(value: unknown): Source | null {
  return typeof value === 'function' || (typeof value === 'object' && value !== null)
    ? (sources.get(value) ?? null)
    : null;
}

/** `train.model.digest`, as messages name it. */
export const nameOf = (source: Pick<Source, 'node' | 'path'>) => [source.node, ...source.path].join('.');

/**
 * A reference. Reading a field gives a reference to that field; whatever would need the value now (text, arithmetic,
 * JSON, iteration, spreading, calling, awaiting) throws UserError InvalidPipeline with the line that did it.
 * `own` are further properties that shadow fields of those names (`otherwise` of a `when`).
 */
export function reference(source: Source, own: Record<string, unknown> = {}): Ref<unknown> {
  const label = nameOf(source);
  const refuse = (entry: (...args: never[]) => unknown, what: string) =>
    definitionError(callSite(entry), `the reference ${label} ${what}`);
  const unbuilt = 'it has no value while the graph is built';

  const handler: ProxyHandler<() => never> = {
    get: function get(_target, key) {
      if (typeof key === 'symbol') return symbolProperty(key, get);
      if (Object.hasOwn(own, key)) return own[key];
      if (key === 'toJSON')
        throw refuse(get, `cannot be written as JSON: ${unbuilt}. Pass it to a step, or return it from the graph.`);
      if (key === 'then')
        throw refuse(
          get,
          `cannot be awaited: ${unbuilt}. A graph is a plain function: leave out async and await, and pass the reference on.`,
        );
      return reference({ ...source, path: [...source.path, key] });
    },
    apply: function apply() {
      throw refuse(
        apply,
        `is not a function: ${unbuilt}. For each item of an array use map(ref, (item) => …); to compute something, write a step.`,
      );
    },
    ownKeys: function ownKeys() {
      throw refuse(
        ownKeys,
        `cannot be spread or have its keys listed: ${unbuilt}. Name the fields: { model: ref.model }.`,
      );
    },
    has: function has(_target, key) {
      throw refuse(
        has,
        `cannot be asked whether it has ${String(key)}: ${unbuilt}. Write a step that returns a boolean and use when(…).`,
      );
    },
    set: function set(_target, key) {
      throw refuse(
        set,
        `cannot be changed (its field ${String(key)} was set): write a step that returns the changed value.`,
      );
    },
    deleteProperty: function deleteProperty(_target, key) {
      throw refuse(
        deleteProperty,
        `cannot be changed (its field ${String(key)} was deleted): write a step that returns the changed value.`,
      );
    },
  };

  function symbolProperty(key: symbol, entry: (...args: never[]) => unknown): unknown {
    if (key === Symbol.iterator || key === Symbol.asyncIterator)
      throw refuse(
        entry,
        `cannot be looped over or spread: ${unbuilt}. For each item use map(ref, (item) => …); for one item use ref[0].`,
      );
    if (key !== Symbol.toPrimitive) return undefined;
    return function toPrimitive(hint: string): never {
      const position = /\/(index|round)$/.test(source.node);
      const use =
        hint === 'number'
          ? 'used in arithmetic'
          : hint === 'string'
            ? 'put into text or used as a key'
            : 'used in arithmetic, text or a comparison';
      const instead = position
        ? 'To pick by position, pass the array and this number to a step.'
        : 'Pass it to a step that computes what you need.';
      throw refuse(toPrimitive, `cannot be ${use}: ${unbuilt}. ${instead}`);
    };
  }

  // The computed name is what console.log shows: inspecting a proxy shows its target.
  const target = { [`reference ${label}`]: () => undefined as never }[`reference ${label}`] as () => never;
  // The proxy answers for fields that only the type knows, which TypeScript cannot follow.
  const proxy = new Proxy(target, handler) as unknown as Ref<unknown>;
  sources.set(proxy, source);
  return proxy;
}
