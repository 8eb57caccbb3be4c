/** The compiled graph of one run: plain JSON, recorded in the run's history, so that editing a pipeline never touches a run in flight. */
import { z } from 'zod';
import { ChampionRef } from './data.ts';
import { Duration } from './duration.ts';
import type { Json } from './json.ts';
import { Name } from './name-rule.ts';
import { PinnedProgram } from './program.ts';

/** JSON in which `{ "$ref": [node, ...path] }` stands for a value that the run will have by then. */
export type Template = Json;
const Template = z.custom<Template>((value) => value !== undefined, 'a template is JSON');

const Retry = z.strictObject({ attempts: z.number().int().min(1).max(100) });

export const NodeOptions = z.strictObject({
  retry: Retry.optional(),
  timeout: Duration.optional(),
  queue: z.string().optional(),
  cache: z.boolean().optional(),
  /** map, mapSettled: items at once; default 16. */
  concurrency: z.number().int().min(1).max(1000).optional(),
  /** repeat: most rounds. */
  max: z.number().int().min(1).max(1000).optional(),
});
export type NodeOptions = z.output<typeof NodeOptions>;

const nodeKinds = [
  'run',
  'child',
  'when',
  'map',
  'mapSettled',
  'repeat',
  'approval',
  'wait',
  'attempt',
  'always',
] as const;

/** Nodes of a body (of `when`, `map` …) and what the body hands out. */
export interface Block {
  nodes: PlanNode[];
  result?: Template;
}
/**
 * | kind | input | blocks | its value |
 * | --- | --- | --- | --- |
 * | run | the step's input | – | the step's output |
 * | child | the workflow's input; `step` is its type, `queue` its task queue | – | its result |
 * | when | – (`condition`) | then, otherwise? | the chosen block's result, null without one |
 * | map, mapSettled | the array; the body reads `<id>/item`, `<id>/index` | body | array of results |
 * | repeat | initial state; the body reads `<id>/state`, `<id>/round`; its result is { state, until } | body | last state |
 * | approval | { title, evidence, by, roles, quorum, timeout, onTimeout, escalateAfter, escalateTo } | – | { approved, by, note, evidence } |
 * | wait | { duration } | – | null |
 * | attempt | – ; the second block reads `<id>/failure` = { type, message, node } | body, onFailure | result of whichever ended |
 * | always | – | body | null |
 * @example
 * ```ts
 * const ids = (nodes: readonly PlanNode[]): string[] =>
 *   nodes.flatMap((node) => [node.id, ...(node.blocks ?? []).flatMap((block) => ids(block.nodes))]);
 * ```
 */
export interface PlanNode {
  id: string;
  kind: (typeof nodeKinds)[number];
  step?: string;
  input?: Template;
  condition?: Template;
  after?: string[];
  blocks?: Block[];
  options?: NodeOptions;
  /** `file:line` of the call that made the node, relative to the project. */
  at?: string;
}
export const Block: z.ZodType<Block> = z.lazy(() =>
  z.strictObject({ nodes: z.array(PlanNode), result: Template.optional() }),
);
export const PlanNode: z.ZodType<PlanNode> = z.lazy(() =>
  z.strictObject({
    id: z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/),
    kind: z.enum(nodeKinds),
    step: z.string().optional(),
    input: Template.optional(),
    condition: Template.optional(),
    after: z.array(z.string()).optional(),
    blocks: z.array(Block).optional(),
    options: NodeOptions.optional(),
    at: z.string().optional(),
  }),
);

/** What a plan says of a step's code: enough for any worker to find it, and for the cache to key it. */
export const StepCode = z.strictObject({
  kind: z.enum(['stage', 'typescript', 'script']),
  /** SHA-256 of the step's module, all it imports, external versions and declared files; for a stage of Ratchet's own its contract version. */
  digest: z.string(),
  effect: z.boolean(),
  cache: z.boolean(),
  timeout: Duration,
  attempts: z.number().int().min(1),
  queue: z.string().nullable(),
  /** `host`: a detached job that must come back to the machine it was started on. */
  place: z.enum(['any', 'host']),
  memoryMb: z.number().int().positive().nullable(),
  program: PinnedProgram.nullable(),
});
export type StepCode = z.output<typeof StepCode>;

export const Plan = z.strictObject({
  format: z.literal(1),
  pipeline: Name,
  model: z.string().nullable(),
  params: z.record(z.string(), z.custom<Json>()),
  asOf: z.iso.datetime(),
  champion: ChampionRef.nullable(),
  /** SHA-256 of the bundle under `code/<digest>` that holds the TypeScript of all steps. */
  bundle: z.string(),
  steps: z.record(z.string(), StepCode),
  nodes: z.array(PlanNode),
  result: Template,
});
export type Plan = z.output<typeof Plan>;
