/** What the dispatcher gives every stage, and what a stage is. */
import type { z } from 'zod';
import type { Stages } from '#contracts/stages/index.ts';
import type { RunContext } from '#contracts/run.ts';

export interface StageContext {
  readonly run: RunContext;
  /** Instance id of the node. */
  readonly node: string;
  /** Temporal's attempt, from 1. */
  readonly attempt: number;
  /** Aborted on cancel, time-out and worker shutdown. */
  readonly signal: AbortSignal;
  /** true when `signal` was aborted because this worker stops, not because somebody cancelled: detach, do not kill. */
  readonly stopping: () => boolean;
  /** One line for people; also the heartbeat's detail. Cheap: throttled by the dispatcher. */
  progress(text: string): void;
  /** A folder of this attempt's own, removed afterwards. */
  readonly workdir: string;
}

/** The work of a stage: parsed input in, output that its schema then checks. */
export type StageWork<N extends keyof Stages> = (
  input: z.output<Stages[N]['input']>,
  context: StageContext,
) => Promise<z.input<Stages[N]['output']>>;
export type StageWorks = { [N in keyof Stages]: StageWork<N> };
