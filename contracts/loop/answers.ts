/** What a loop may be asked, and what it answers. */
import type { Decision, Hold, Reason } from '../decision.ts';
import type { Json } from '../json.ts';
import type { LoopPolicy } from './policy.ts';

/**
 * A wish for a run, told to a loop.
 * @example
 * ```ts
 * const request: RetrainRequest = { id: 'ticket-1201', by: 'anna', reason: 'new prices' };
 * ```
 */
export interface RetrainRequest {
  /** The same id again gets the same answer. 1 to 200 printable characters without spaces. */
  id: string;
  by: string;
  reason: string;
  /** ISO; default: now. */
  at?: string | undefined;
  /** `gateway`, `cli` …; default `client`. */
  source?: string | undefined;
}
/**
 * What came of asking a loop for a run.
 * @example
 * ```ts
 * const runOf = (answer: RetrainAnswer): string | null => (answer.outcome === 'started' ? answer.runId : null);
 * ```
 */
export type RetrainAnswer =
  | { outcome: 'started'; runId: string }
  /** Another run goes on: this one comes after it, with whatever else asks until then. */
  | { outcome: 'queued'; queuedBehind: string; nextRunId: string }
  | { outcome: 'refused'; reason: string };

export const loopStates = ['idle', 'collecting', 'running', 'cooling', 'paused', 'broken'] as const;
export type LoopState = (typeof loopStates)[number];

/** A promotion that is judged again when the labels of its cohort are in. */
export interface Provisional {
  runId: string;
  version: string;
  previous: string;
  promotedAt: string;
  /** Event time at which the cohort's labels count as complete. */
  maturesAt: string;
}

/** A move of the champion as the model's ledger tells it: whoever asked for it. */
export interface ChampionMove {
  /** The run that promoted it, or who moved it otherwise. */
  runId: string;
  version: string;
  /** The champion before; null for the first one. */
  previous: string | null;
  /** The ledger's number of the move. */
  epoch: number;
  /** ISO: the event time that its version was made for. */
  at: string;
  /** Whether it is a promotion that this pipeline's loop is to judge again. Not so: a rollback, a move by hand, and a run of another pipeline. */
  probation: boolean;
}

/**
 * What the query `status` answers.
 * @example
 * ```ts
 * const status: LoopStatus | null = await pipelineLoop(client, 'churn').status();
 * console.log(status?.state, status?.lacking);
 * ```
 */
export interface LoopStatus {
  pipeline: string;
  state: LoopState;
  /** In words: why it is paused or broken, what it waits for. */
  note: string;
  /** Event time, as far as it is known. */
  clock: string | null;
  run: { runId: string; startedAt: string } | null;
  /** The run that comes next, as far as something asks for it already. */
  next: { runId: string; reasons: Reason[]; held: Hold[] } | null;
  /** What would make it fire next: each condition with what it lacks. */
  lacking: string[];
  /** Data up to here has been trained on. */
  watermark: { at: string; runId: string } | null;
  newRows: number;
  newPartitions: number;
  /** Files that may still be written to, as of the look that told of them; null or absent: none that is known. */
  growing?: { at: string; files: string[] } | null;
  coolingUntil: string | null;
  budget: { month: string; used: number; of: number } | null;
  failures: number;
  refusals: number;
  /** `judging`: its cohort is being measured now. */
  provisional: (Provisional & { judging: boolean })[];
  /** Newest last, at most 20. */
  decisions: Decision[];
  /** How many decisions there are. */
  decided: number;
  /** Signals and updates that were taken in, in all its life. */
  taken: number;
  /** Of these, not yet decided upon. */
  undecided: number;
  policy: LoopPolicy | null;
  /** Where the watch left off. */
  watch: Json;
}
