/** What the gateway needs to tell of runs. */
import type { ApproveRequest } from '#contracts/approve-request.ts';
import type { RunProgress, RunRecord } from '#contracts/run.ts';

export type FoundRun = { kind: 'ended'; record: RunRecord } | { kind: 'live'; progress: RunProgress };

export interface ListedRun {
  runId: string;
  status: string;
  trigger: string | null;
  startedAt: string;
  endedAt: string | null;
  modelVersion: string | null;
  /** First reason, or the failure's message. */
  why: string;
}

export interface Runs {
  /** Null when no run of this id is known. */
  find(runId: string): Promise<FoundRun | null>;
  /** Live ones first, then ended ones, newest first. */
  list(pipeline: string, limit: number): Promise<ListedRun[]>;
  /** Gives an approval, once. @throws with the type InvalidInput, in words, when it does not count */
  approve(runId: string, request: ApproveRequest): Promise<{ node: string; given: string[]; quorum: number }>;
}
