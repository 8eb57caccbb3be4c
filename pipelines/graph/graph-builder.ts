/** A graph while it is being written: which body is open, which ids and steps are taken. */

import { describeIssues } from '#contracts/describe-issues.ts';
import { jsonBytes, NODE_LIMIT, PAYLOAD_LIMIT } from '#contracts/json.ts';
import { type Block, NodeOptions, type PlanNode, type Template } from '#contracts/plan.ts';
import type { Step } from '#contracts/step.ts';
import { definitionError, place, shownValue } from './definition-error.ts';
import type { OutputShape } from './output-shape.ts';
import { reference, sourceOf } from './reference.ts';
import type { Ref } from './reference-types.ts';
import { type Scope, scopeName } from './scope.ts';
import { template } from './template.ts';

export type AnyStep = Step<never, unknown>;
type Options = { id?: unknown; after?: unknown } & Record<string, unknown>;

const idPattern = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const ID_WANTED = 'a letter, then letters, digits, "_", "." or "-", at most 64';

export class GraphBuilder {
  readonly root: Scope = { parent: null, nodes: [], owner: null, graph: this };
  readonly steps = new Map<string, { step: AnyStep; at: string | null }>();
  #open: Scope | null = this.root;
  readonly #ids = new Map<string, string | null>();
  /** The number that was last given to an id of each base: the next search starts there. */
  readonly #counts = new Map<string, number>();

  /** The body that is open now. Throws when the graph has been built: an operator was kept and called later. */
  scope(operator: string, at: string | null): Scope {
    if (!this.#open)
      throw definitionError(
        at,
        `${operator}(…) was called after the graph was built: call operators only inside graph, and never from a callback or an async function.`,
      );
    return this.#open;
  }

  close(): void {
    this.#open = null;
  }

  /** Adds a node to the open body. `options` is what the user wrote: `id` and `after` are taken out, the rest is checked. */
  add(
    kind: PlanNode['kind'],
    base: string,
    at: string | null,
    fields: Pick<PlanNode, 'step' | 'input' | 'condition' | 'options'>,
    options: Options,
  ): PlanNode {
    const scope = this.scope(kind, at);
    if (typeof options !== 'object' || options === null || sourceOf(options))
      throw definitionError(
        at,
        `the options of ${kind} ${base} are ${sourceOf(options) ? 'a reference' : shownValue(options)}: an object is wanted.`,
      );
    const { id, after, ...rest } = options;
    const node: PlanNode = { id: this.#id(id, base, at), kind };
    if (fields.step !== undefined) node.step = fields.step;
    if (fields.input !== undefined) node.input = bounded(fields.input, node.id, at);
    if (fields.condition !== undefined) node.condition = fields.condition;
    const afterIds = this.#after(after, node.id, scope, at);
    if (afterIds.length > 0) node.after = afterIds;
    const checked = { ...fields.options, ...checkedOptions(kind, rest, node.id, at) };
    if (Object.keys(checked).length > 0) node.options = checked;
    if (at) node.at = at;
    if (this.#ids.size > NODE_LIMIT)
      throw definitionError(
        at,
        `the graph has more than ${NODE_LIMIT} nodes (${node.id} is the first too many). Use map(…) over a list instead of a loop that calls run(…), or split the pipeline and start the parts with child(…).`,
      );
    scope.nodes.push(node);
    return node;
  }

  /** Builds a body of `owner`; its nodes and what it hands out become the next block. `what` names it in messages. */
  block(owner: PlanNode, around: Scope, what: string, body: (scope: Scope) => unknown): Block {
    const before = this.#open;
    const scope: Scope = { parent: around, nodes: [], owner, graph: this };
    this.#open = scope;
    try {
      const returned = body(scope);
      if (returned instanceof Promise) {
        returned.catch(() => {}); // its own failure would only hide this one
        throw definitionError(
          owner.at ?? null,
          `${what} is async: a body is a plain function that returns at once. Leave out async and await.`,
        );
      }
      const result = template(returned, { scope, at: owner.at ?? null, what: `what ${what} returns` });
      const block: Block = result === undefined ? { nodes: scope.nodes } : { nodes: scope.nodes, result };
      owner.blocks = [...(owner.blocks ?? []), block];
      return block;
    } finally {
      this.#open = before;
    }
  }

  /** A reference to what `node` will give. `own`: see {@link reference}. */
  ref(node: PlanNode, scope: Scope, shape: OutputShape = null, own?: Record<string, unknown>): Ref<unknown> {
    return reference({ node: node.id, path: [], scope, shape }, own);
  }

  /** A reference to what a body is handed: `<id>/item` and the like. */
  handed(node: PlanNode, name: string, scope: Scope): Ref<unknown> {
    return reference({ node: `${node.id}/${name}`, path: [], scope, shape: null });
  }

  /** Notes that the graph uses `step`. Throws when another step of the same name is used already. */
  use(step: AnyStep, at: string | null): void {
    const known = this.steps.get(step.name);
    if (known && known.step !== step)
      throw definitionError(
        at,
        `two different steps are called "${step.name}": one ${origin(known.step)}, used${place(known.at)}, and one ${origin(step)}. A step's name is its activity type and part of its cache key: rename one of them.`,
      );
    if (!known) this.steps.set(step.name, { step, at });
  }

  #id(wanted: unknown, base: string, at: string | null): string {
    if (wanted !== undefined) {
      if (typeof wanted !== 'string' || !idPattern.test(wanted))
        throw definitionError(at, `the id ${shownValue(wanted)} cannot be used: ${ID_WANTED} is wanted.`);
      if (this.#ids.has(wanted))
        throw definitionError(
          at,
          `the id "${wanted}" is taken${place(this.#ids.get(wanted))}: ids are unique over the whole graph, bodies included. Choose another.`,
        );
      this.#ids.set(wanted, at);
      return wanted;
    }
    for (let count = (this.#counts.get(base) ?? 0) + 1; ; count++) {
      const suffix = count === 1 ? '' : `-${count}`;
      const id = `${base.slice(0, 64 - suffix.length)}${suffix}`;
      if (this.#ids.has(id)) continue;
      this.#ids.set(id, at);
      this.#counts.set(base, count);
      return id;
    }
  }

  #after(after: unknown, id: string, scope: Scope, at: string | null): string[] {
    if (after === undefined) return [];
    if (!Array.isArray(after) || sourceOf(after))
      throw definitionError(
        at,
        `"after" of ${id} is ${sourceOf(after) ? 'one reference' : shownValue(after)}: an array is wanted, after: [a, b].`,
      );
    const ids = after.map((item) => {
      if (typeof item === 'string') return item;
      const source = sourceOf(item);
      if (!source)
        throw definitionError(
          at,
          `"after" of ${id} holds ${shownValue(item)}: a reference that run(…) gave, or a node's id, is wanted.`,
        );
      // Checks that it is of this graph and visible here.
      template(item, { scope, at, what: `"after" of ${id}` });
      if (source.node.includes('/'))
        throw definitionError(
          at,
          `"after" of ${id} holds ${source.node}, which ${scopeName(source.scope)} is handed: there is nothing to wait for. Name a node.`,
        );
      return source.node;
    });
    return [...new Set(ids)];
  }
}

const origin = (step: AnyStep) =>
  step.kind === 'stage'
    ? "is Ratchet's own stage"
    : step.settings.definedAt
      ? `is defined at ${step.settings.definedAt}`
      : 'is defined elsewhere';

/** What may be said of each kind beside `id` and `after`; anything else would be ignored without a word. */
const optionsOf: Record<PlanNode['kind'], readonly (keyof NodeOptions)[]> = {
  run: ['retry', 'timeout', 'queue', 'cache'],
  child: ['timeout'],
  map: ['concurrency'],
  mapSettled: ['concurrency'],
  repeat: ['max'],
  when: [],
  approval: [],
  wait: [],
  attempt: [],
  always: [],
};

function checkedOptions(kind: PlanNode['kind'], options: object, id: string, at: string | null): NodeOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const parsed = NodeOptions.safeParse(given);
  const known = optionsOf[kind];
  const foreign = Object.keys(given).filter((key) => !known.some((option) => option === key));
  if (parsed.success && foreign.length === 0) return parsed.data;
  const problems = [
    ...foreign.map((key) => `there is no option "${key}"`),
    ...describeIssues(
      (parsed.error?.issues ?? []).filter((issue) => issue.code !== 'unrecognized_keys'),
      given,
    ),
  ];
  throw definitionError(
    at,
    `the options of ${id} are wrong: ${problems.join('; ')}. Options of ${kind}: ${['id', 'after', ...known].join(', ')}.`,
  );
}

function bounded(input: Template, id: string, at: string | null): Template {
  const bytes = jsonBytes(input);
  if (bytes > PAYLOAD_LIMIT)
    throw definitionError(
      at,
      `the input of ${id} is ${bytes.toLocaleString('en')} bytes of JSON, more than the ${PAYLOAD_LIMIT.toLocaleString('en')} that a step's input may have. Put large values into a file and pass its path, or let a step make them and pass a reference.`,
    );
  return input;
}
