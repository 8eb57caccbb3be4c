/** What makes a step: shared by authoring, planning and the worker. */
import type { z } from 'zod';
import type { DatasetRef, FileRef, Format } from './data.ts';
import type { Duration } from './duration.ts';
import type { DeclaredProgram } from './program.ts';

/**
 * What a step's code is given beside its input.
 * @example
 * ```ts
 * const wait = async (context: StepContext) => {
 *   for (let second = 0; second < 60 && !context.signal.aborted; second++) {
 *     context.progress(second, 60, 'seconds');
 *     await sleep(1_000);
 *   }
 * };
 * ```
 */
export interface StepContext {
  /** Aborted on cancel, time-out and shutdown. */
  readonly signal: AbortSignal;
  progress(done: number, total?: number, message?: string): void;
  /** A folder of this attempt's own, removed afterwards. */
  readonly workdir: string;
  /** By the step's name and input: the same in every attempt and run, as a result from the cache would be. 31 bits. */
  readonly seed: number;
  /** ISO time that the run is made for. */
  readonly asOf: string;
  /** The bytes of a reference as a local file (read-only, from the content-addressed cache). */
  localPath(ref: DatasetRef | FileRef): Promise<string>;
  /** Stores a table that the step wrote (Parquet, CSV or JSON lines) and gives its reference. */
  saveDataset(path: string, format: Format): Promise<DatasetRef>;
}

/**
 * `value` is phantom: it carries the type of the output and never exists.
 * @example
 * ```ts
 * const twice = (graph: Graph, step: Step<{ path: string }, { rows: DatasetRef }>) => [
 *   graph.run(step, { path: 'a.csv' }),
 *   graph.run(step, { path: 'b.csv' }),
 * ];
 * ```
 */
export interface Step<I, O> {
  readonly name: string;
  readonly kind: 'stage' | 'typescript' | 'script';
  readonly input: z.ZodType<unknown, I>;
  readonly output: z.ZodType<O>;
  readonly settings: StepSettings;
  readonly run?: (input: never, context: StepContext) => unknown;
  /** script steps */
  readonly program?: DeclaredProgram;
  /** Contract version of a stage of Ratchet's own: counts as its code digest. */
  readonly version?: string;
}

export interface StepSettings {
  /** Changes something outside (registers, promotes, sends): never cached. Default false. */
  readonly effect: boolean;
  /** Default true unless `effect`. */
  readonly cache: boolean;
  /** Raise it to make every cached result of the step a miss. */
  readonly cacheVersion?: string;
  /** Files (globs, relative to the pipeline) that the code reads and the cache must count. */
  readonly files: readonly string[];
  readonly timeout: Duration;
  /** How often the step's own failure is tried; an unreachable server or a dead worker does not count. */
  readonly attempts: number;
  readonly queue: string | null;
  readonly place: 'any' | 'host';
  readonly memoryMb: number | null;
  /** `file:line` where it was defined, for errors and for the closure of modules that the cache counts. */
  readonly definedAt: string | null;
}
