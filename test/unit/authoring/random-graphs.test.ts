import fc from 'fast-check';
import { defineStep, type Graph, type Json, type Ref } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CompiledGraph } from '#contracts/compiled.ts';
import { UserError } from '#contracts/failures.ts';
import type { Block, PlanNode } from '#contracts/plan.ts';
import { planProblem } from '#workflows/run/interpreter/check.ts';
import { compiled, load } from './steps.ts';

const take = defineStep({
  name: 'take',
  input: z.object({ values: z.array(z.custom<Json>((value) => value !== undefined)) }),
  output: z.object({ value: z.custom<Json>(), ok: z.boolean(), list: z.array(z.custom<Json>()) }),
  run: () => ({ value: 1, ok: true, list: [] }),
});

/** A graph as data: `uses` pick among the references that are visible, whatever their number. */
type Op = { kind: string; uses: number[]; bodies: Op[][]; late?: boolean };
const uses = fc.array(fc.nat(50), { maxLength: 3 });
const leaf = fc.record({
  kind: fc.constantFrom('run', 'run', 'wait', 'approval'),
  uses,
  bodies: fc.constant<Op[][]>([]),
  late: fc.boolean(),
});
const { ops } = fc.letrec<{ op: Op; ops: Op[] }>((tie) => ({
  op: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({
      kind: fc.constantFrom('when', 'either', 'map', 'mapSettled', 'repeat', 'attempt', 'always'),
      uses,
      bodies: fc.tuple(tie('ops'), tie('ops')),
      late: fc.boolean(),
    }),
  ),
  ops: fc.array(tie('op'), { maxLength: 5 }),
}));

/** A reference, and whether it is to a node: nothing can wait for an item or a state. */
type Seen = { ref: Ref<unknown>; node: boolean };
const handed = (ref: Ref<unknown>): Seen => ({ ref, node: false });

/** Builds `list` with the API; answers the references to its own nodes, which its body may return. */
function build(g: Graph, list: readonly Op[], around: readonly Seen[], names: { count: number }): Ref<unknown>[] {
  const seen = [...around];
  const made: Ref<unknown>[] = [];
  for (const { kind, uses: picks, bodies, late } of list) {
    const picked = picks.flatMap((pick) => seen.slice(pick % Math.max(1, seen.length)).slice(0, 1));
    const inputs = picked.map(({ ref }) => ref) as unknown as Json[];
    const source = g.run(take, { values: ['literal', ...inputs] });
    const body = (index: number, ...given: Ref<unknown>[]) => {
      const inside = build(g, bodies[index] ?? [], [...seen, ...given.map(handed)], names);
      return inside.length > 0 ? { last: inside.at(-1), all: inside } : null;
    };
    const after = picked.flatMap(({ ref, node }) => (node ? [ref] : []));
    const results: Record<string, () => Ref<unknown> | undefined> = {
      run: () => g.run(take, { values: inputs }, late ? { id: `named-${names.count++}`, after } : {}),
      wait: () => g.wait('1s', { after }),
      approval: () =>
        g.approval({ title: 'ok?', evidence: source, by: ['ada'], timeout: '1d', onTimeout: 'reject' }).by,
      when: () => g.when(source.ok, () => body(0)),
      either: () => g.when(source.ok, () => body(0)).otherwise(() => body(1)),
      map: () => g.map(source.list, (item, index) => body(0, item, index)),
      mapSettled: () => g.mapSettled(source.list, (item, index) => body(0, item, index)),
      repeat: () =>
        g.repeat<unknown>(source.value, { max: 3 }, (state, round) => ({
          state: body(0, state, round) ?? state,
          until: source.ok,
        })),
      attempt: () =>
        g.attempt(
          () => body(0),
          (failure) => body(1, failure),
        ),
      always: () => void g.always(() => void body(0)),
    };
    const result = results[kind]?.();
    const own = result ? [source, result] : [source];
    made.push(...own);
    seen.push(...own.map((ref) => ({ ref, node: true })));
  }
  return made;
}

const graphOf = (list: readonly Op[]) =>
  compiled((g) => {
    g.run(load, { path: 'a' });
    return build(g, list, [], { count: 0 });
  });

/** Every `$ref` below `value` as [node, path]. */
function refs(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  if ('$ref' in value) return [(value.$ref as string[])[0] as string];
  return Object.values(value).flatMap(refs);
}

/** Each reference of a block with whether it is visible there: names of the blocks around, and what comes before. */
function unseen(block: Block, around: readonly string[]): string[] {
  const names = [...around];
  const bad: string[] = [];
  for (const node of block.nodes) {
    const own = [...refs(node.input), ...refs(node.condition), ...(node.after ?? [])];
    bad.push(...own.filter((name) => !names.includes(name)).map((name) => `${node.id} → ${name}`));
    const given = ['item', 'index', 'state', 'round', 'failure'].map((name) => `${node.id}/${name}`);
    for (const inner of node.blocks ?? []) bad.push(...unseen(inner, [...names, ...given]));
    names.push(node.id);
  }
  bad.push(
    ...refs(block.result)
      .filter((name) => !names.includes(name))
      .map((name) => `result → ${name}`),
  );
  return bad;
}
const allIds = (nodes: readonly PlanNode[]): string[] =>
  nodes.flatMap((node) => [node.id, ...(node.blocks ?? []).flatMap((block) => allIds(block.nodes))]);

describe('any graph that the API builds', () => {
  it('compiles to the same JSON each time, in which every reference is visible where it stands', () => {
    fc.assert(
      fc.property(ops, (list) => {
        const graph = graphOf(list);
        expect(JSON.stringify(graphOf(list))).toBe(JSON.stringify(graph));
        expect(JSON.parse(JSON.stringify(graph))).toEqual(graph);
        expect(CompiledGraph.parse(graph)).toEqual(graph);
        expect(unseen({ nodes: graph.nodes, result: graph.result }, [])).toEqual([]);
        const ids = allIds(graph.nodes);
        expect(new Set(ids).size).toBe(ids.length);
        expect(planProblem(graph as never)).toBeNull();
      }),
      { numRuns: 60 },
    );
  });

  it('takes exactly the ids that the plan takes', () => {
    const idLike = fc.oneof(
      fc.string({ maxLength: 70 }),
      fc.string({ unit: 'grapheme', maxLength: 10 }),
      fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/),
      fc.constantFrom('__proto__', 'constructor', 'toString', 'a/item', '', ' ', 'a\n', 'load'),
    );
    fc.assert(
      fc.property(idLike, (id) => {
        const good = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(id) && !id.includes('\n');
        try {
          const { nodes } = compiled(({ run }) => run(load, { path: 'a' }, { id }));
          expect(nodes[0]?.id).toBe(id);
          expect(good).toBe(true);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          expect(good).toBe(false);
          expect(error.message).toMatch(/^test\/unit\/authoring\/random-graphs\.test\.ts:\d+: the id /);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('with any literal gives a plan that JSON carries unchanged, or a message', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSparseArray: true,
      withNullPrototype: true,
    });
    fc.assert(
      fc.property(anything, (value) => {
        try {
          const { nodes } = compiled(({ run }) => run(take, { values: [value] as never }));
          expect(JSON.parse(JSON.stringify(nodes[0]?.input))).toEqual(nodes[0]?.input);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          expect(error.message).toMatch(/which a plan \(JSON\) cannot carry|holds a key/);
        }
      }),
      { numRuns: 200, examples: [[-0], [{ a: [-0] }]] },
    );
  });
});
