/**
 * Follows a plan as far as its values are known without running anything. Nodes that wait for nothing of each other are asked
 * for together.
 */
import type { Json } from '#contracts/json.ts';
import type { Block, Plan, PlanNode } from '#contracts/plan.ts';
import { type End, namesIn, type PlannedValue, resolved, waitsFor } from './planned-values.ts';

/** A step whose input is known. */
export interface KnownCall {
  node: PlanNode;
  /** Instance id: `fit[3]/train` inside a map. */
  id: string;
  step: string;
  input: Json;
  /** A run gets to this node without having anything done. If not, what it reads outside may change until then. */
  settled: boolean;
}
/** `cached`: null when that is not known. */
export type Answer = { output: Json; reason: string } | { cached: boolean | null; reason: string };

export interface PlannedNode {
  id: string;
  kind: string;
  step: string | null;
  /** null: not known before the run gets there. */
  cached: boolean | null;
  reason: string;
}

/** Items that a map runs in its own workflow at most: a wider one is cut up, and asks for each item when it comes to it. */
const MAP_ITEMS = 200;

interface Place {
  readonly prefix: string;
  readonly names: ReadonlyMap<string, Promise<End>>;
  readonly settled: boolean;
  /** Why nothing in here is known; null where something may be. */
  readonly unless: string | null;
}

/**
 * Every node of the plan, containers before what they hold. The result of a container is known when nothing in it has to run,
 * and that of a taken `when` as soon as its block's is.
 */
export async function walkPlan(
  plan: Pick<Plan, 'nodes' | 'result'>,
  ask: (call: KnownCall) => Promise<Answer>,
): Promise<PlannedNode[]> {
  const lines = new Map<PlanNode, PlannedNode>();
  list(plan);
  await walkBlock(plan, { prefix: '', names: new Map(), settled: true, unless: null });
  return [...lines.values()];

  function list({ nodes }: Block): void {
    for (const node of nodes) {
      lines.set(node, { id: node.id, kind: node.kind, step: node.step ?? null, cached: null, reason: '' });
      for (const inner of node.blocks ?? []) list(inner);
    }
  }

  /** Instances of a map are told by the map. */
  function tell(node: PlanNode, { prefix }: Place, cached: boolean | null, reason: string): void {
    if (prefix === '') Object.assign(lines.get(node) as PlannedNode, { cached, reason });
  }

  async function walkBlock({ nodes, result = null }: Block, place: Place): Promise<End> {
    const names = new Map(place.names);
    const inside = { ...place, names };
    const main = nodes.filter(({ kind }) => kind !== 'always');
    for (const node of main)
      names.set(
        node.id,
        Promise.resolve().then(() => walkNode(node, inside)),
      );
    const ends = await Promise.all(main.map(({ id }) => names.get(id) as Promise<End>));
    // Always-blocks are executed when all else has ended.
    const settled = place.settled && ends.every((end) => end.settled);
    const last = await Promise.all(
      nodes.filter(({ kind }) => kind === 'always').map((node) => walkNode(node, { ...inside, settled })),
    );
    return {
      known: resolved(result, await waited(namesIn(result), names)),
      settled: settled && last.every((end) => end.settled),
    };
  }

  async function walkNode(node: PlanNode, place: Place): Promise<End> {
    const waits = waitsFor(node);
    const values = await waited(waits, place.names);
    const before = await Promise.all([...waits].map((name) => place.names.get(name)));
    const settled = place.settled && before.every((end) => end?.settled === true);
    if (node.kind === 'run') return walkStep(node, place, values, settled);
    if (node.kind === 'when') return walkWhen(node, { ...place, settled }, values);
    if (node.kind === 'map' || node.kind === 'mapSettled') return walkMap(node, { ...place, settled }, values);
    const open = node.kind === 'attempt' || node.kind === 'always';
    tell(node, place, null, place.unless ?? 'known when the run gets there');
    const [first, ...others] = node.blocks ?? [];
    const within = { ...place, settled };
    const end = first && (await walkBlock(first, open ? within : closed(within, node)));
    await Promise.all(others.map((block) => walkBlock(block, closed(within, node))));
    return open && end?.settled ? end : { known: { unknown: node.id }, settled: false };
  }

  async function walkStep(
    node: PlanNode,
    place: Place,
    values: (name: string) => PlannedValue,
    settled: boolean,
  ): Promise<End> {
    const none = { known: { unknown: node.id }, settled: false };
    const input = place.unless === null ? resolved(node.input ?? null, values) : null;
    if (input === null || 'unknown' in input) {
      tell(node, place, null, place.unless ?? `depends on ${input && 'unknown' in input ? input.unknown : node.id}`);
      return none;
    }
    const call = { node, id: place.prefix + node.id, step: node.step ?? '', input: input.value ?? null, settled };
    const answer = await ask(call);
    if (!('output' in answer)) {
      tell(node, place, answer.cached, answer.reason);
      return none;
    }
    tell(node, place, true, answer.reason);
    return { known: { value: answer.output }, settled };
  }

  async function walkWhen(node: PlanNode, place: Place, values: (name: string) => PlannedValue): Promise<End> {
    const condition = place.unless === null ? resolved(node.condition ?? null, values) : null;
    const decided = condition && 'value' in condition ? condition.value === true : null;
    const known = decided === null ? 'known when the run gets there' : `condition is ${decided}`;
    tell(node, place, null, place.unless ?? known);
    let end: End = { known: decided === null ? { unknown: node.id } : { value: undefined }, settled: place.settled };
    for (const [index, block] of (node.blocks ?? []).entries()) {
      const taken = decided === null ? null : (index === 0) === decided;
      const left = place.unless ?? (taken === false ? `${node.id} takes the other branch` : `depends on ${node.id}`);
      const inside = await walkBlock(block, taken ? place : { ...place, settled: false, unless: left });
      if (taken) end = inside;
    }
    return decided === null ? { ...end, settled: false } : end;
  }

  /** Item by item once the first one shows that there is something to be had. */
  async function walkMap(node: PlanNode, place: Place, values: (name: string) => PlannedValue): Promise<End> {
    const none: End = { known: { unknown: node.id }, settled: false };
    const [body] = node.blocks ?? [];
    const input = place.unless === null && place.settled ? resolved(node.input ?? null, values) : null;
    const items = input && 'value' in input && Array.isArray(input.value) ? (input.value as Json[]) : null;
    const item = async (index: number): Promise<End> => {
      const own = Object.entries({ item: items?.[index], index }).map(([name, value]): [string, Promise<End>] => [
        `${node.id}/${name}`,
        Promise.resolve({ known: { value }, settled: true }),
      ]);
      const names = new Map([...place.names, ...own]);
      const id = place.prefix + node.id;
      return walkBlock(body as Block, { ...place, names, prefix: `${id}[${index}]/` });
    };
    const ends: End[] = [];
    if (body && items && items.length > 0 && items.length <= MAP_ITEMS) {
      ends.push(await item(0));
      if (ends[0]?.settled) ends.push(...(await Promise.all(items.slice(1).map((_, index) => item(index + 1)))));
    }
    const results = ends.filter(({ settled }) => settled).map(({ known }) => ('value' in known ? known.value : null));
    const whole = items !== null && body !== undefined && results.length === items.length;
    const some = results.length > 0 ? `${results.length} of ${items?.length} items are cached` : null;
    tell(node, place, null, place.unless ?? some ?? 'known when the run gets there');
    if (body) await walkBlock(body, closed(place, node, whole && some ? some : null));
    if (!whole) return none;
    const values_ = results.map((value) =>
      node.kind === 'map' ? (value ?? null) : { ok: true, value: value ?? null },
    );
    return { known: { value: values_ }, settled: true };
  }
}

function closed(place: Place, node: PlanNode, why: string | null = null): Place {
  return { ...place, settled: false, unless: place.unless ?? why ?? `depends on ${node.id}` };
}

/** What is known of these names, once that is known. */
async function waited(
  names: Iterable<string>,
  ends: ReadonlyMap<string, Promise<End>>,
): Promise<(name: string) => PlannedValue> {
  const known = new Map<string, PlannedValue>();
  for (const name of names) known.set(name, (await ends.get(name))?.known ?? { unknown: name });
  return (name) => known.get(name) ?? { unknown: name };
}
