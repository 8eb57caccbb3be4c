/** What of a plan the cache would serve, without running anything: what `ratchet plan` prints. */
import { UserError } from '#contracts/failures.ts';
import type { Json } from '#contracts/json.ts';
import type { Block, Plan, PlanNode, Template } from '#contracts/plan.ts';
import type { RunContext } from '#contracts/run.ts';
import { hitReason, type StepCache } from './cached-step.ts';
import { differences, partsOf } from './last-key.ts';
import { cacheKey } from './result-cache.ts';

export interface PlannedNode {
  id: string;
  kind: string;
  step: string | null;
  /** null: not known before the run gets there. */
  cached: boolean | null;
  reason: string;
}

type Known = { value: Json | undefined } | { unknown: string };

/** Every node of the plan, containers before what they hold. A container's own result is never known beforehand, except of a taken `when`. */
export async function planCache(cache: StepCache, plan: Plan, run: RunContext): Promise<PlannedNode[]> {
  const values = new Map<string, Json | undefined>();
  const report: PlannedNode[] = [];

  await block({ nodes: plan.nodes }, null);
  return report;

  async function block({ nodes }: Block, unlessKnown: string | null): Promise<void> {
    // Nodes stand in the order in which they were called, so what one refers to stands before it.
    for (const node of nodes) await (node.kind === 'run' ? step(node, unlessKnown) : container(node, unlessKnown));
  }

  async function step(node: PlanNode, unlessKnown: string | null): Promise<void> {
    const name = node.step ?? '';
    const code = plan.steps[name];
    const add = (cached: boolean | null, reason: string) =>
      report.push({ id: node.id, kind: node.kind, step: name, cached, reason });
    if (unlessKnown) return void add(null, unlessKnown);
    const input = resolved(node.input ?? null);
    if ('unknown' in input) return void add(null, `depends on ${input.unknown}`);
    if (!code) return void add(null, 'the plan pins no code for it');
    if (code.effect) return void add(false, 'not cached: it has an effect outside');
    if (!code.cache || node.options?.cache === false)
      return void add(false, 'not cached: the step or node asks for it');
    const identity = await cache.identify({ step: name, input: input.value ?? null, run }).catch((error: unknown) => {
      if (error instanceof UserError) return { uncached: error.message };
      throw error;
    });
    if ('uncached' in identity) return void add(false, `not cached: ${identity.uncached}`);
    const found = await cache.results.lookup(
      cacheKey({ code: code.digest, step: name, input: identity.input, environment: run.environment }),
      run.asOf,
    );
    if (found.kind === 'hit') {
      values.set(node.id, found.result.output);
      add(true, hitReason(found.result));
    } else if (found.kind === 'gone') add(false, `miss: artifact ${found.what} is gone or damaged`);
    else {
      const before = await cache.last.read(run.pipeline, node.id);
      add(false, `miss: ${differences(before, partsOf(node.id, code.digest, identity.input))}`);
    }
  }

  async function container(node: PlanNode, unlessKnown: string | null): Promise<void> {
    const condition = node.kind === 'when' && !unlessKnown ? resolved(node.condition ?? null) : null;
    const decided = condition && 'value' in condition ? condition.value === true : null;
    const why = unlessKnown ?? (decided === null ? 'known when the run gets there' : `condition is ${decided}`);
    report.push({ id: node.id, kind: node.kind, step: node.step ?? null, cached: null, reason: why });
    for (const [index, inner] of (node.blocks ?? []).entries()) {
      const taken = decided === null ? null : (index === 0) === decided;
      const open = node.kind === 'attempt' || node.kind === 'always' ? index === 0 : taken === true;
      await block(
        inner,
        unlessKnown ?? (open ? null : taken === false ? `${node.id} takes the other branch` : `depends on ${node.id}`),
      );
      if (taken) {
        const result = resolved(inner.result ?? null);
        if ('value' in result) values.set(node.id, result.value);
      }
    }
  }

  function resolved(template: Template): Known {
    if (template === null || typeof template !== 'object') return { value: template };
    const reference = '$ref' in template && Object.keys(template).length === 1 ? template.$ref : null;
    if (Array.isArray(reference)) return followed(reference.map(String));
    const entries: [string, Json][] = [];
    for (const [key, item] of Object.entries(template)) {
      const part = resolved(item ?? null);
      if ('unknown' in part) return part;
      if (part.value !== undefined) entries.push([key, part.value]);
      else if (Array.isArray(template)) entries.push([key, null]);
    }
    return { value: Array.isArray(template) ? entries.map(([, item]) => item) : Object.fromEntries(entries) };
  }

  function followed([name = '', ...path]: string[]): Known {
    if (!values.has(name)) return { unknown: name };
    let value = values.get(name);
    for (const key of path) {
      if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return { value: undefined };
      value = (value as { readonly [key: string]: Json | undefined })[key];
    }
    return { value };
  }
}
