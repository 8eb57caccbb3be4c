/** What the dispatcher gives every stage, and what a stage is. */
import type { z } from 'zod';
import type { RunContext } from '#contracts/run.ts';
import type { Stages } from '#contracts/stages/index.ts';
import type { OnDemand } from '#features/on-demand.ts';
import type { FeatureType } from '#features/value-types.ts';

/**
 * Has functions on demand of the run's own code compute of vectors in a file, outside of this process.
 * @returns how many rows were written
 */
export type OnVectors = (
  job: {
    readonly onDemand: readonly Pick<OnDemand, 'name' | 'digest'>[];
    readonly inputs: readonly { readonly name: string; readonly type: FeatureType }[];
    readonly outputs: readonly string[];
    /** Lines of JSON: see ports/history.ts. */
    readonly from: string;
    readonly to: string;
  },
  signal: AbortSignal,
) => Promise<number>;

export interface StageContext {
  readonly run: RunContext;
  /** Instance id of the node. */
  readonly node: string;
  /** SHA-256 of what the step does and with what, the same in a retry; absent where none has jobs. */
  readonly work?: string;
  /** Temporal's attempt, from 1. */
  readonly attempt: number;
  /** Aborted on cancel, time-out and worker shutdown. */
  readonly signal: AbortSignal;
  /**
   * true when `signal` was aborted for any other reason than that somebody cancelled (this worker stops, a heartbeat came
   * too late, the server forgot the attempt): detach from a job and do not kill it, because a retry takes it over.
   */
  readonly stopping: () => boolean;
  /** One line for people; also the heartbeat's detail. Cheap: throttled by the dispatcher. */
  progress(text: string): void;
  /** Absent: there is no code of a run. */
  readonly onVectors?: OnVectors;
  /** A folder of this attempt's own, removed afterwards. */
  readonly workdir: string;
  /** URIs that this run found damaged: what made them makes them again. Absent: none. */
  readonly damaged?: readonly string[];
  /** The step's own limits: a detached job is held to them where it runs. Absent: none. */
  readonly limits?: { readonly memoryMb: number | null; readonly timeoutMs: number | null };
}

/** The work of a stage: parsed input in, output that its schema then checks. */
export type StageWork<N extends keyof Stages> = (
  input: z.output<Stages[N]['input']>,
  context: StageContext,
) => Promise<z.input<Stages[N]['output']>>;
export type StageWorks = { [N in keyof Stages]: StageWork<N> };
