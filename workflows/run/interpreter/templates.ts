/** Templates of a plan: JSON in which `{ "$ref": [node, ...path] }` stands for a value that exists once the node has ended. */
import type { Json } from '#contracts/json.ts';
import type { Block, PlanNode, Template } from '#contracts/plan.ts';

/** undefined: a value that is not there, such as the result of a `when` whose branch was not taken. */
export type Value = Json | undefined;

/** The reference that `template` itself is, or null. Only an object of exactly one key `$ref` with a list counts. */
function reference(template: Template): readonly [string, ...string[]] | null {
  if (template === null || typeof template !== 'object' || Array.isArray(template)) return null;
  const path = (template as { readonly $ref?: Json }).$ref;
  if (!Array.isArray(path) || typeof path[0] !== 'string' || Object.keys(template).length !== 1) return null;
  return path.map(String) as [string, ...string[]];
}

/** Names that the template refers to, each once, in order of appearance. */
export function references(template: Template | undefined, found = new Set<string>()): Set<string> {
  if (template === null || typeof template !== 'object') return found;
  const own = reference(template);
  if (own) found.add(own[0]);
  else for (const item of Object.values(template)) references(item, found);
  return found;
}

/**
 * The template with every reference replaced by its value. A field whose value is not there is left out, so that an
 * optional input may be wired to a branch that was not taken; in a list it becomes null, because places must not shift.
 */
export function resolve(template: Template | undefined, value: (name: string) => Value): Value {
  if (template === undefined || template === null || typeof template !== 'object') return template;
  const own = reference(template);
  if (own) return own.slice(1).reduce<Value>(field, value(own[0]));
  if (Array.isArray(template)) return template.map((item: Json) => resolve(item, value) ?? null);
  const resolved: Record<string, Json> = {};
  for (const [key, item] of Object.entries(template)) {
    const there = resolve(item, value);
    if (there !== undefined) resolved[key] = there;
  }
  return resolved;
}

function field(value: Value, key: string): Value {
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
  return (value as { readonly [key: string]: Json | undefined })[key];
}

/** What a node itself waits for: its input, its condition and `after`; not what the nodes in its blocks refer to. */
export function dependencies(node: PlanNode): Set<string> {
  const found = references(node.input);
  references(node.condition, found);
  for (const id of node.after ?? []) found.add(id);
  return found;
}

/** Names that come into being with a container: `fit/item` for a map called `fit`. */
export function namesGivenBy(node: PlanNode): string[] {
  if (node.kind === 'map' || node.kind === 'mapSettled') return [`${node.id}/item`, `${node.id}/index`];
  if (node.kind === 'repeat') return [`${node.id}/state`, `${node.id}/round`];
  if (node.kind === 'attempt') return [`${node.id}/failure`];
  return [];
}

/** Names that a block refers to and does not define: what has to be handed in when it runs in a workflow of its own. */
export function freeNames(block: Block): Set<string> {
  const free = references(block.result);
  for (const node of block.nodes) {
    for (const name of dependencies(node)) free.add(name);
    const given = new Set(namesGivenBy(node));
    for (const inner of node.blocks ?? []) for (const name of freeNames(inner)) if (!given.has(name)) free.add(name);
  }
  for (const node of block.nodes) free.delete(node.id);
  return free;
}

/** Every node of a block and of the blocks within it, outer ones first. */
export function* allNodes(block: Block): Generator<PlanNode> {
  for (const node of block.nodes) {
    yield node;
    for (const inner of node.blocks ?? []) yield* allNodes(inner);
  }
}
