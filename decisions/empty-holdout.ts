/**
 * Holdouts that no run could fill, by what a pipeline itself says: windows, gap, cut of the data, delay of the labels. Told
 * before the first run; what depends on another step's output is not known by then and not judged.
 */
import type { CompiledGraph } from '#contracts/compiled.ts';
import { type Duration, milliseconds } from '#contracts/duration.ts';
import type { Json } from '#contracts/json.ts';
import type { Block, PlanNode } from '#contracts/plan.ts';
import { Split } from '#contracts/stages/featurize.ts';
import { featurize, validateData } from '#contracts/stages/index.ts';

export interface EmptyHoldout {
  readonly node: string;
  /** `file:line` of the call, relative to the project. */
  readonly at: string | null;
  /** Says the dates, and what to do. */
  readonly message: string;
}

/** @param labelsAfter a row's label is known this long after its time; null: not known, or at once */
export function emptyHoldouts(
  { nodes, asOf }: Pick<CompiledGraph, 'nodes' | 'asOf'>,
  labelsAfter: Duration | null,
): EmptyHoldout[] {
  const all = flattened({ nodes });
  return all.flatMap((node) => {
    if (node.step !== featurize.name) return [];
    const { split, data, time } = objectOf(node.input);
    const parsed = Split.safeParse(split).data;
    if (parsed?.by !== 'time') return [];
    const end = instantOf(parsed.asOf);
    const from = end - milliseconds(parsed.holdout);
    if (!(from < end)) return [];
    const known = labelsAfter === null ? Number.POSITIVE_INFINITY : Date.parse(asOf) - milliseconds(labelsAfter);
    const window = `the holdout is from ${day(from)} up to ${day(end)} (the last ${parsed.holdout} before ${day(end)})`;
    const told = (message: string): EmptyHoldout[] => [{ node: node.id, at: node.at ?? null, message }];
    if (from >= known)
      return told(
        `${node.id}: no row of the holdout would have a label in a run as of ${day(Date.parse(asOf))}: ${window}, and labels come ${labelsAfter} after their rows, so that only rows before ${day(known)} have one. End training and holdout ${labelsAfter} earlier (split.asOf at ${day(known)}, and gap: '${labelsAfter}'), as labelsAfter of continuousTraining does, or make the holdout longer than ${labelsAfter}`,
      );
    const cut = cutOf(data, time, all);
    if (cut && from >= cut.at)
      return told(
        `${node.id}: the holdout would be empty in a run as of ${day(Date.parse(asOf))}: ${window}, and ${cut.node} leaves out all rows from ${day(cut.at)} on. Give both the same asOf`,
      );
    return [];
  });
}

function flattened({ nodes }: Pick<Block, 'nodes'>): PlanNode[] {
  return nodes.flatMap((node) => [node, ...(node.blocks ?? []).flatMap(flattened)]);
}

/** Where the step that read the data left out what is later, by the same column. */
function cutOf(data: Json | undefined, time: Json | undefined, nodes: readonly PlanNode[]) {
  const ref = objectOf(data).$ref;
  const source = Array.isArray(ref) ? nodes.find(({ id }) => id === ref[0]) : undefined;
  if (source?.step !== validateData.name) return null;
  const { asOf, timeColumn } = objectOf(source.input);
  if (typeof asOf !== 'string' || timeColumn !== time) return null;
  const at = instantOf(asOf);
  return Number.isNaN(at) ? null : { node: source.id, at };
}

type Fields = { readonly [key: string]: Json | undefined };
const isFields = (value: Json | undefined): value is Fields =>
  value !== undefined && value !== null && typeof value === 'object' && !Array.isArray(value);
const objectOf = (value: Json | undefined): Fields => (isFields(value) ? value : {});

/** As the stage reads it: without a zone it is UTC. */
function instantOf(text: string): number {
  const iso = text.replace(' ', 'T');
  return Date.parse(/^\d{4}-\d\d-\d\dT[\d:.]+$/.test(iso) ? `${iso}Z` : iso);
}

const day = (time: number): string =>
  new Date(time)
    .toISOString()
    .replace(/T00:00:00\.000Z$/, '')
    .replace(/\.\d{3}Z$/, 'Z');
