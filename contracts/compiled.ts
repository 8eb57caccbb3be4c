/** What a pipeline's graph compiles to, before its code is pinned: plain JSON, handed from the step host to the planner. */
import { z } from 'zod';
import type { ChampionRef } from './data.ts';
import { Duration } from './duration.ts';
import type { Json } from './json.ts';
import { Name } from './name-rule.ts';
import { PlanNode, type Template } from './plan.ts';
import { DeclaredProgram } from './program.ts';
import type { StepSettings } from './step.ts';

const StepSettingsSchema: z.ZodType<StepSettings> = z.strictObject({
  effect: z.boolean(),
  cache: z.boolean(),
  cacheVersion: z.string().optional(),
  files: z.array(z.string()),
  timeout: Duration,
  attempts: z.number().int().min(1).max(100),
  queue: z.string().nullable(),
  place: z.enum(['any', 'host']),
  memoryMb: z.number().int().positive().nullable(),
  definedAt: z.string().nullable(),
});

/**
 * A {@link Step} without what JSON cannot carry (its schemas and its `run`); pinning its code makes a `StepCode` of it.
 * @example
 * ```ts
 * const isScript = (step: StepDeclaration): boolean => step.kind === 'script';
 * const graph = churn.compile({}, { champion: null, asOf: '2026-06-01T00:00:00Z' });
 * console.log(Object.values(graph.steps).filter(isScript).length);
 * ```
 */
export const StepDeclaration = z.strictObject({
  name: Name,
  kind: z.enum(['stage', 'typescript', 'script']),
  settings: StepSettingsSchema,
  /** Script steps: the command as declared, paths relative to the pipeline's folder. */
  program: DeclaredProgram.nullable(),
  /** Stages of Ratchet's own: the contract version, which counts as their code digest. */
  version: z.string().nullable(),
});
export type StepDeclaration = z.output<typeof StepDeclaration>;

/**
 * What a pipeline's graph is for given params, before its code is pinned: plain JSON.
 * @example
 * ```ts
 * const graph: CompiledGraph = churn.compile({}, { champion: null, asOf: '2026-06-01T00:00:00Z' });
 * console.log(graph.nodes.map((node) => node.id));
 * ```
 */
export const CompiledGraph = z.strictObject({
  pipeline: Name,
  /** The registered model that the pipeline trains; null when it trains none. */
  model: z.string().nullable(),
  /** The time that the run is made for: the param `asOf` when the pipeline has one and it is given, else the caller's. UTC. */
  asOf: z.iso.datetime(),
  /** Parsed: defaults filled in, transforms applied. */
  params: z.record(
    z.string(),
    z.custom<Json>((value) => value !== undefined),
  ),
  nodes: z.array(PlanNode),
  /** What the graph returned, as a template; null when nothing. */
  result: z.custom<Template>((value) => value !== undefined),
  /** By name: every step that a `run` node names, stages included. */
  steps: z.record(z.string(), StepDeclaration),
});
export type CompiledGraph = z.output<typeof CompiledGraph>;

/** What a step host needs of a pipeline's default export, and nothing more of authoring. */
export interface RunnablePipeline {
  readonly name: string;
  /** The registered model; null when the pipeline trains none. */
  readonly model: string | null;
  /** JSON Schema (2020-12) of the params as a caller writes them: what other languages check against. */
  paramsSchema(): Json;
  /** What starts its runs by itself, what holds them back, what is watched: checked when the pipeline is deployed. */
  readonly triggers?: unknown;
  readonly limits?: unknown;
  readonly watch?: unknown;
  /** Parses params and builds the graph; UserError InvalidInput (params) or InvalidPipeline (graph). May be called many times. */
  compile(params: unknown, values: { champion: ChampionRef | null; asOf: string }): CompiledGraph;
}

export { STEP_REGISTRY } from './step-registry.ts';
