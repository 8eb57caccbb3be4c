/** How planning gets at a pipeline's code. Made in workers/, where bundles, step hosts and files are. */
import type { CompiledGraph } from '#contracts/compiled.ts';
import type { ChampionRef } from '#contracts/data.ts';
import type { Json } from '#contracts/json.ts';
import type { Plan, StepCode } from '#contracts/plan.ts';

export interface CompileRequest {
  pipeline: string;
  params: Json;
  /** ISO; what the graph is built for unless its params say otherwise. */
  asOf: string;
  /** The time that whoever started the run named; it is the param `asOf`, too, where there is one and nothing was said of it. */
  said?: string | undefined;
  /** @param asOf of the run, ISO: the champion of then */
  champion(model: string, asOf: string): Promise<ChampionRef | null>;
  /** Stay on the code of this plan instead of what is on disk now. */
  pinned?: Plan | undefined;
  /** Nobody wants the plan any more: whoever waits for a place to build it leaves. */
  signal?: AbortSignal | undefined;
}

/** A graph whose code is in the store: every program in it, and in `steps`, is pinned to its bytes. */
export interface PinnedGraph {
  graph: Pick<CompiledGraph, 'pipeline' | 'model' | 'asOf' | 'params' | 'nodes' | 'result'>;
  champion: ChampionRef | null;
  bundle: string;
  steps: Record<string, StepCode>;
}

export interface PipelineCode {
  /** @throws UserError InvalidInput (no such pipeline, params) or InvalidPipeline (its files, its graph). */
  compile(request: CompileRequest): Promise<PinnedGraph>;
}
