/**
 * Signals, queries and updates: wire names and shapes, used by handlers and clients alike. No schemas here: evaluating
 * them would cost each start of a loop more than all the rest of it.
 */

import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ApproveRequest } from './approve-request.ts';
import type { ModelRef, VersionRef } from './data.ts';
import type { ClaimAnswer, ClaimRequest, SettleRequest } from './holdout-use.ts';
import type { Json } from './json.ts';
import type { ChampionMove, LoopStatus, RetrainAnswer, RetrainRequest } from './loop/answers.ts';
import type { EvidenceInput, EvidenceSignal } from './loop/evidence.ts';
import type { LoopPolicy } from './loop/policy.ts';
import type { MaterializeProgress } from './materialize.ts';
import type { RunProgress } from './run.ts';

// ------------------------------------------------------------------ a run
export const progressQuery = defineQuery<RunProgress>('progress');

/** From a step's activity, ever more seldom: a word of a node that runs long. The newest is in its activity's heartbeats. */
export const nodeProgressSignal = defineSignal<[{ node: string; text: string }]>('nodeProgress');

/** An update, because the approver must learn of a refusal. */
export const approveUpdate = defineUpdate<{ node: string; given: string[]; quorum: number }, [ApproveRequest]>(
  'approve',
);

// ------------------------------------------------------------------ materialize/<project>/<view>
export const materializeProgressQuery = defineQuery<MaterializeProgress>('materializeProgress');

// ------------------------------------------------------------------ model/<name>
export interface RegisterRequest {
  /** Names the effect: two requests of one key are one version. */
  key: string;
  candidate: ModelRef;
  verdict: { digest: string; against: string | null; outcome: string; reasons: string[]; report: string | null };
  description: string;
  tags: Record<string, string>;
}
/** `note` as that of a move. */
export const registerUpdate = defineUpdate<
  { version: VersionRef; already: boolean; note?: string | undefined },
  [RegisterRequest]
>('register');

export interface MoveRequest {
  key: string;
  to: VersionRef;
  /** Version that must be champion now; null: none. A different one refuses with ChampionMoved. */
  expect: string | null;
  by: string;
}
export interface MoveAnswer {
  /** `taken-back`: this very request made its version champion once, somebody went back since, and it stays so. */
  outcome: 'promoted' | 'already-champion' | 'taken-back';
  /** The champion now. */
  champion: string;
  previous: string | null;
  epoch: number;
  /** Of `taken-back`: by whom and why, and what to do. */
  reason?: string | undefined;
  /** What MLflow's registry would not do beside, told once. */
  note?: string | undefined;
}
export const moveUpdate = defineUpdate<MoveAnswer, [MoveRequest]>('move');

export interface RollbackRequest {
  by: string;
  reason: string;
  /** Default: the previous champion. */
  to?: string | undefined;
  /** Version that must be champion now; a different one refuses with ChampionMoved. Default: whichever. */
  expect?: string | undefined;
}
export const rollbackUpdate = defineUpdate<MoveAnswer, [RollbackRequest]>('rollback');

/** A person puts a version away: no run makes it champion, nor does it wait any more. */
export interface ArchiveRequest {
  version: string;
  by: string;
  reason: string;
}
export const archiveUpdate = defineUpdate<{ already: boolean; note?: string | undefined }, [ArchiveRequest]>('archive');

/** The stage that a version belongs into, with the evidence of its last change. */
export interface StagedVersion {
  version: string;
  stage: 'Staging' | 'Production' | 'Archived';
  by: string;
  at: string;
  reason: string;
  /** Archived by {@link ArchiveRequest}. */
  person?: boolean;
}

export interface Ledger {
  model: string;
  champion: string | null;
  previous: string | null;
  /** Counts the moves. */
  epoch: number;
  frozen: boolean;
  /** The last moves, newest last, at most 50. */
  moves: { key: string; from: string | null; to: string; by: string; at: string; reason: string }[];
  /** The champion, the newest version that waits, and the last that were archived; oldest first. Absent in ledgers of before. */
  stages?: StagedVersion[];
  /** What MLflow follows: aliases alone where it has no stages, or they are switched off. Absent: it was told of neither yet. */
  inStep?: 'aliases' | 'stages' | undefined;
  /** Stages and aliases that somebody set by hand, as of the last find; `open`: they are so still. */
  byHand?: { number: number; at: string; found: string[]; open: boolean };
  /** What MLflow's registry would not do, as of the last time. */
  note?: string | undefined;
}
export interface LedgerNow extends Ledger {
  /** A request is being carried out: the aliases may be ahead of what is told here. */
  busy: boolean;
}
export const ledgerQuery = defineQuery<LedgerNow>('ledger');
/** Notes the rows that a verdict is about to use, and answers which of them earlier ones used. */
export const claimUpdate = defineUpdate<ClaimAnswer, [ClaimRequest]>('claimHoldout');
/** What the verdict was. */
export const settleUpdate = defineUpdate<void, [SettleRequest]>('settleHoldout');
/** Compares the aliases in MLflow with the ledger, takes a move by hand into it, and answers with the ledger then. */
export const lookUpdate = defineUpdate<LedgerNow, []>('look');

// ------------------------------------------------------------------ loop/<pipeline>
// Signals carry evidence; the same id twice counts once. What cannot be read is a decision that says so, never a failure.
export const dataArrivedSignal = defineSignal<[EvidenceInput<'dataArrived'>]>('dataArrived');
export const driftMeasuredSignal = defineSignal<[EvidenceInput<'driftMeasured'>]>('driftMeasured');
export const metricObservedSignal = defineSignal<[EvidenceInput<'metricObserved'>]>('metricObserved');
export const codeChangedSignal = defineSignal<[EvidenceInput<'codeChanged'>]>('codeChanged');
export const labelsArrivedSignal = defineSignal<[EvidenceInput<'labelsArrived'>]>('labelsArrived');
export const skewMeasuredSignal = defineSignal<[EvidenceInput<'skewMeasured'>]>('skewMeasured');
/** The calendar (by `fire`), a person, another pipeline. */
export const firedSignal = defineSignal<[EvidenceInput<'fired'>]>('fired');

/** All that one look found, together, so that it is decided upon as a whole; where the watch left off; who holds the alias. */
export const watchedSignal = defineSignal<[WatchedReport]>('watched');
export interface WatchedReport {
  evidence: EvidenceSignal[];
  mark: Json;
  /** Set when the alias is not where the ledger of the model has it, or the ledger tells a move from outside. */
  handMove: { id: string; words: string } | null;
  /** What the ledger of the model tells since the last look, oldest first. Absent: nothing, or a watch of before. */
  moves?: ChampionMove[];
}

export const retrainUpdate = defineUpdate<RetrainAnswer, [RetrainRequest]>('retrain');
export interface PauseRequest {
  by: string;
  reason: string;
}
export const pauseUpdate = defineUpdate<LoopStatus, [PauseRequest]>('pause');
/** Also the way back after the circuit breaker opened. */
export const resumeUpdate = defineUpdate<LoopStatus, [PauseRequest]>('resume');
/** From `ratchet deploy`. */
export const configureUpdate = defineUpdate<{ changed: boolean }, [LoopPolicy]>('configure');
export const loopStatusQuery = defineQuery<LoopStatus>('status');
