/** What a worker and its step hosts say to each other: JSON over Node's IPC channel, one job at a time in a host. */
import type { CompiledGraph } from '#contracts/compiled.ts';
import type { ChampionRef } from '#contracts/data.ts';
import type { FailureType } from '#contracts/failures.ts';
import type { Json } from '#contracts/json.ts';
import type { OnDemand } from '#features/on-demand.ts';
import type { FeatureType } from '#features/value-types.ts';

/** What the pipeline's module said of itself when it was loaded. */
export interface Loaded {
  name: string;
  model: string | null;
  /** JSON Schema of its params. */
  paramsSchema: Json;
  triggers: Json;
  limits: Json;
  watch: Json;
}

export interface CompileJob {
  kind: 'compile';
  params: Json;
  champion: ChampionRef | null;
  asOf: string;
}
export interface RunJob {
  kind: 'run';
  step: string;
  input: Json;
  asOf: string;
  seed: number;
  /** Made when the step first asks for it, removed when it ends. */
  workdir: string;
  /** File that takes what the step prints. */
  log: string;
}
/** A script step's two checks; the script itself runs elsewhere, in between. */
export interface CheckJob {
  kind: 'check';
  step: string;
  side: 'input' | 'output';
  value: Json;
}
/** Functions on demand over vectors in a file, to another file: see ports/history.ts. */
export interface VectorsJob {
  kind: 'vectors';
  /** What messages call the step. */
  step: string;
  onDemand: readonly Pick<OnDemand, 'name' | 'digest'>[];
  /** By their names in a vector, in the order of the file's. */
  inputs: readonly { name: string; type: FeatureType }[];
  outputs: readonly string[];
  from: string;
  to: string;
  log: string;
}
export type Job = CompileJob | RunJob | CheckJob | VectorsJob;

export interface Compiled {
  graph: CompiledGraph;
  /** Step → the project's module that defined it: the outermost one, when a function of another module made it. */
  origins: Record<string, string>;
}
export interface Ran {
  output: Json;
  /** The step read `context.asOf`: its output holds for that time only. */
  readAsOf: boolean;
}
/** Rows that were computed. */
interface Computed {
  rows: number;
}
interface Checked {
  value: Json;
}
export interface Answers {
  compile: Compiled;
  run: Ran;
  check: Checked;
  vectors: Computed;
}

/** What a step may ask its worker for while it runs: the worker holds the store, the host has no credentials. */
export type Service = 'localPath' | 'saveDataset';

export type ToHost =
  | { type: 'job'; id: number; job: Job }
  /** Abort the step's signal; the process is killed soon after. */
  | { type: 'stop'; id: number }
  | { type: 'answer'; call: number; value?: Json; error?: HostFailure };

export type FromHost =
  | { type: 'loaded'; loaded: Loaded }
  /** Of a module that holds many pipelines: its host does nothing else. `graphs`: where they were asked for, one for each. */
  | { type: 'described'; all: Loaded[]; graphs?: BuiltGraph[] }
  | { type: 'broken'; failure: HostFailure }
  | { type: 'done'; id: number; answer: Answers[keyof Answers] }
  | { type: 'failed'; id: number; failure: HostFailure; spoilt: boolean }
  /** The event loop turns: the step heard that it should stop. */
  | { type: 'stopping'; id: number }
  | { type: 'progress'; id: number; text: string }
  | { type: 'call'; id: number; call: number; service: Service; args: Json[] };

/** With the params' defaults; null: alone it will say why not. */
export type BuiltGraph = { graph: CompiledGraph } | { wants: string } | null;

export interface HostFailure {
  type: FailureType;
  message: string;
}
