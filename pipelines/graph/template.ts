/** From what a user wrote (literals and references, to any depth) to the JSON template of the plan. */
import type { Template } from '#contracts/plan.ts';
import { definitionError, shownValue } from './definition-error.ts';
import { fieldShape, knownFields } from './output-shape.ts';
import { nameOf, type Source, sourceOf } from './reference.ts';
import { type Scope, scopeName, visible } from './scope.ts';

export interface TemplateUse {
  readonly scope: Scope;
  readonly at: string | null;
  /** What the value is for, in words: `the input of train`. */
  readonly what: string;
}

/**
 * The template of `value`; undefined when `value` is undefined. Keys whose value is undefined are left out, as JSON does.
 * Throws UserError InvalidPipeline for what JSON cannot carry, for a literal key `$ref`, for a reference that is
 * not visible in `use.scope`, and for a field that the step's output does not have.
 */
export function template(value: unknown, use: TemplateUse): Template | undefined {
  return convert(value, '', use, []);
}

/** The node that a `$ref` names, without `/item` and the like; every node id that a template refers to. */
export function referredNodes(value: Template): string[] {
  if (value === null || typeof value !== 'object') return [];
  if (Array.isArray(value)) return value.flatMap((item) => referredNodes(item));
  const ref = '$ref' in value ? value.$ref : undefined;
  if (Array.isArray(ref)) return [String(ref[0])];
  return Object.values(value).flatMap((item) => referredNodes(item ?? null));
}

function convert(value: unknown, path: string, use: TemplateUse, around: readonly object[]): Template | undefined {
  const source = sourceOf(value);
  if (source) return refTemplate(source, use);
  if (value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  // JSON knows no negative zero: a plan has what a run is given.
  if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value;
  if (typeof value !== 'object') throw notJson(value, path, use, advice(value));
  if (around.includes(value)) throw notJson('a value that contains itself', path, use, 'take out the circle');
  const within = [...around, value];
  if (Array.isArray(value))
    return Array.from(value, (item, index) => {
      const made = convert(item, `${path}[${index}]`, use, within);
      if (made === undefined) throw notJson(undefined, `${path}[${index}]`, use, 'leave the item out or write null');
      return made;
    });
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw notJson(value, path, use, advice(value));
  const made: Record<string, Template> = {};
  for (const [key, item] of Object.entries(value)) {
    const at = path ? `${path}.${key}` : key;
    if (key === '$ref' || key === '__proto__')
      throw definitionError(
        use.at,
        `${use.what} holds a key "${key}" at ${at}: that name is taken (a plan writes references with it). Rename the key.`,
      );
    const converted = convert(item, at, use, within);
    if (converted !== undefined) made[key] = converted;
  }
  return made;
}

function refTemplate(source: Source, use: TemplateUse): Template {
  const name = nameOf(source);
  if (source.scope.graph !== use.scope.graph)
    throw definitionError(
      use.at,
      `${use.what} uses ${name}, a reference of another graph or of an earlier compilation: make it with this graph's own run(…).`,
    );
  if (!visible(source.scope, use.scope))
    throw definitionError(
      use.at,
      `${use.what} uses ${name}, which exists only inside ${scopeName(source.scope)}. ${leakAdvice(source.scope)}`,
    );
  let shape = source.shape;
  for (const [depth, key] of source.path.entries()) {
    const next = fieldShape(shape, key);
    if (next?.length === 0) {
      const fields = knownFields(shape);
      const parent = nameOf({ node: source.node, path: source.path.slice(0, depth) });
      throw definitionError(
        use.at,
        `${use.what} uses ${name}, but ${parent} has no ${key}: ${fields.length ? `it has ${fields.join(', ')}` : 'it has no fields'}.`,
      );
    }
    shape = next;
  }
  return { $ref: [source.node, ...source.path] };
}

function leakAdvice(scope: Scope): string {
  const kind = scope.owner?.kind;
  if (kind === 'when')
    return 'It may never run: return the reference from the body, add .otherwise(…), and use what when(…) gives back.';
  if (kind === 'map' || kind === 'mapSettled')
    return `There is one of it for each item: return the reference from the body and use the array that ${kind}(…) gives back.`;
  if (kind === 'repeat')
    return 'There is one of it for each round: make it part of the returned state and use what repeat(…) gives back.';
  if (kind === 'attempt')
    return 'It may never run: return the reference from the body and use what attempt(…) gives back.';
  return 'Nothing may depend on what is done at the end: use it inside that body.';
}

function advice(value: unknown): string {
  if (value instanceof Date) return 'use value.toISOString()';
  if (typeof value === 'bigint') return 'use Number(…) or a string';
  if (typeof value === 'number') return 'use a finite number, null, or the string that stands for it';
  if (value instanceof Promise) return 'a graph is not async: give the value, or compute it in a step';
  if (value instanceof Map || value instanceof Set) return 'use an object or an array';
  return 'use plain objects, arrays, strings, finite numbers, booleans and null';
}

function notJson(value: unknown, path: string, use: TemplateUse, instead: string) {
  const where = path ? `${use.what} at ${path}` : use.what;
  const shown = typeof value === 'string' ? value : value instanceof Promise ? 'a promise' : shownKind(value);
  return definitionError(use.at, `${where} is ${shown}, which a plan (JSON) cannot carry: ${instead}.`);
}

function shownKind(value: unknown): string {
  if (typeof value !== 'object' || value === null || value instanceof Date)
    return typeof value === 'symbol' ? String(value) : shownValue(value);
  return `a ${value.constructor?.name ?? 'class instance'}`;
}
