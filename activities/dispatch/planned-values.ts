/** What of a plan's values is known before anything runs. */
import type { Json } from '#contracts/json.ts';
import type { PlanNode, Template } from '#contracts/plan.ts';

/** `unknown`: the node that has to run first. */
export type PlannedValue = { value: Json | undefined } | { unknown: string };

/** How a node, or a block, will end. */
export interface End {
  known: PlannedValue;
  /** true: a run gets to this end without having anything done. */
  settled: boolean;
}

/** The template with every reference replaced, by the rules of the interpreter: a missing field is left out, a missing item is null. */
export function resolved(template: Template, lookup: (name: string) => PlannedValue): PlannedValue {
  if (template === null || typeof template !== 'object') return { value: template };
  const reference = referenceOf(template);
  if (reference) return followed(reference, lookup);
  const entries: [string, Json][] = [];
  for (const [key, item] of Object.entries(template)) {
    const part = resolved(item ?? null, lookup);
    if ('unknown' in part) return part;
    if (part.value !== undefined) entries.push([key, part.value]);
    else if (Array.isArray(template)) entries.push([key, null]);
  }
  return { value: Array.isArray(template) ? entries.map(([, item]) => item) : Object.fromEntries(entries) };
}

/** Names that a node itself waits for: of its input, its condition and `after`. */
export function waitsFor({ input, condition, after = [] }: PlanNode): Set<string> {
  const names = new Set(after);
  for (const template of [input, condition]) namesIn(template ?? null, names);
  return names;
}

export function namesIn(template: Template, names = new Set<string>()): Set<string> {
  if (template === null || typeof template !== 'object') return names;
  const reference = referenceOf(template);
  if (reference) names.add(reference[0] ?? '');
  else for (const item of Object.values(template)) namesIn(item ?? null, names);
  return names;
}

function referenceOf(template: Exclude<Template, null | boolean | number | string>): string[] | null {
  const path = '$ref' in template && Object.keys(template).length === 1 ? template.$ref : null;
  return Array.isArray(path) ? path.map(String) : null;
}

function followed([name = '', ...path]: string[], lookup: (name: string) => PlannedValue): PlannedValue {
  const known = lookup(name);
  if ('unknown' in known) return known;
  let { value } = known;
  for (const key of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return { value: undefined };
    value = (value as { readonly [key: string]: Json | undefined })[key];
  }
  return { value };
}
