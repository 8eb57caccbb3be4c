/** What the loop's activities ask Temporal for. */
import type { Json } from '#contracts/json.ts';
import type { EvidenceSignal } from '#contracts/loop/evidence.ts';
import type { LedgerNow, MoveAnswer, RollbackRequest, WatchedReport } from '#contracts/messages.ts';
import type { RunResult } from '#contracts/run.ts';

/** How a run's workflow stands. */
export type RunState =
  | { kind: 'running' }
  | { kind: 'missing' }
  | {
      kind: 'closed';
      how: 'completed' | 'failed' | 'cancelled' | 'terminated';
      result: RunResult | null;
      words: string;
    };

interface LoopTarget {
  pipeline: string;
  environment: string;
}

export interface Loops {
  /** Safe to repeat: evidence of one id counts once. Starts the loop when it is not there, as the next one does. */
  tell(target: LoopTarget, told: EvidenceSignal): Promise<void>;
  /** Whether there is a loop. */
  runs(pipeline: string): Promise<boolean>;
  tellWatched(target: LoopTarget, report: WatchedReport): Promise<void>;
  /** Where the loop's watch left off; null when there is no loop. */
  mark(pipeline: string): Promise<Json>;
  runState(runId: string): Promise<RunState>;
  /** Null when nobody asked anything of the model's workflow yet. */
  ledger(model: string): Promise<LedgerNow | null>;
  /** The ledger after it compared MLflow's aliases with itself, and took a move by hand in. Null as above. */
  look(model: string): Promise<LedgerNow | null>;
  /** The same `asker` twice is one rollback. Throws ApplicationFailure ChampionMoved (details: the champion now), as the ledger does. */
  rollBack(
    target: { model: string; environment: string; asker: string; signal: AbortSignal },
    request: RollbackRequest,
  ): Promise<MoveAnswer>;
}
