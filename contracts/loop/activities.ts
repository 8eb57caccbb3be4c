/**
 * What a loop remembers and what happens to it, as plain JSON: `decide` is a function from one to the next. Kept small:
 * it is in the history once a decision, and goes along when the loop starts over.
 */

import type { Decision, DecisionPage, Hold, Reason } from '../decision.ts';
import type { Json } from '../json.ts';
import type { RunStatus } from '../run.ts';
import type { Trigger } from '../trigger.ts';
import type { ChampionMove, LoopState, Provisional, RetrainAnswer, RetrainRequest } from './answers.ts';
import type {
  CodeChanged,
  DriftMeasured,
  EvidenceKind,
  EvidenceSignal,
  Fired,
  MetricObserved,
  SkewMeasured,
} from './evidence.ts';
import type { LoopPolicy } from './policy.ts';

/** What came since the data last trained on. Every list is bounded; the newest are last. */
export interface LoopFacts {
  newRows: number;
  newPartitions: number;
  /** Of these the rows and partitions by file, as far as they are known; the newest last. Absent in states of before. */
  pending?: [file: string, rows: number, partitions: number][];
  /** Who told of the data. */
  data: { id: string; source: string; at: string; who?: string }[];
  /** Files that may still be written to, as of the look that told of them. Absent: none that is known. */
  growing?: { at: string; files: string[] };
  drift: DriftMeasured[];
  /** Measured and estimated ones of all metrics. */
  metrics: MetricObserved[];
  code: CodeChanged[];
  fired: Fired[];
  /** Absent: nothing was measured, or a state of before. */
  skew?: SkewMeasured[];
}

/** A provisional promotion, and how far its judgement is. */
export interface Cohort extends Provisional {
  judging: boolean;
  /** It could not be judged, or not be rolled back: the next time is `maturesAt`, labels or not. */
  again?: boolean;
  /** It turned out worse, for this reason, and is being rolled back. */
  worse?: string;
}

export interface LoopMemory {
  /** Decisions so far. */
  number: number;
  /** Event time and the time on the wall when it was so. From there on both go on alike. */
  clock: { at: string; wall: string } | null;
  facts: LoopFacts;
  paused: { by: string; reason: string; at: string } | null;
  broken: { reason: string; at: string } | null;
  /**
   * `facts`: what asked for it, put back when it fails. `worse`: while it went on, a champion before it turned out worse than
   * the one before that.
   */
  run: { runId: string; at: string; facts: LoopFacts; worse?: { version: string; previous: string } } | null;
  /** The run that comes next, since the triggers first asked for it; `since` by the clock on the wall. */
  next: { triggerId: string; since: string } | null;
  /** Event time of the last start. */
  lastRunAt: string | null;
  month: { month: string; used: number };
  failures: number;
  refusals: number;
  watermark: { at: string; runId: string } | null;
  /** Labels are complete up to here. */
  labelsUntil: string | null;
  provisional: Cohort[];
  /** Promotions that had their probation, `<epoch>/<version>`, newest last: told by their run and by the ledger. Absent in states of before. */
  begun?: string[];
  /** Champions that turned out worse than the one before them when another was in their place already, oldest first. Absent in states of before. */
  overtaken?: { version: string; previous: string }[];
  /** As of the newest move that was told with its number. Absent in states of before. */
  champion?: { version: string; epoch: number };
  /** Versions that were champion and are not, newest last: what is measured of them says nothing of the champion. Absent in states of before. */
  replaced?: string[];
  /** Requests that were answered with a run, oldest first. */
  answered: [id: string, runId: string][];
  /** Hand moves of the alias that were dealt with. */
  handMoves: string[];
  /** As of the last decision. */
  view: { state: LoopState; note: string; reasons: Reason[]; held: Hold[]; lacking: string[] };
}

/** What happened, in the order in which the loop took it in. */
export type LoopInput =
  /** `raw` as the signal brought it; `id` is its own, or one that the loop gave it. */
  | { kind: 'evidence'; signal: EvidenceKind; id: string; raw: Json }
  /** More deliveries of ids that were taken in before. */
  | { kind: 'duplicates'; count: number }
  | { kind: 'retrain'; request: RetrainRequest }
  | { kind: 'pause' | 'resume'; by: string; reason: string }
  | { kind: 'configured'; by: string }
  | { kind: 'handMove'; id: string; words: string }
  | ({ kind: 'moved' } & ChampionMove)
  | { kind: 'runEnded'; ended: RunEnd }
  | { kind: 'judged'; judgement: Judgement }
  /** `again`: it could not be done now; without it and not done, another champion has come meanwhile. */
  | { kind: 'rolledBack'; runId: string; done: boolean; again?: boolean; words: string };

export interface RunEnd {
  runId: string;
  status: RunStatus | 'terminated';
  verdict: string | null;
  modelVersion: string | null;
  /** Champion before, for a promotion. */
  previous: string | null;
  /** What its promotion came to, however the run ended after that; absent: none, or in ends of before. */
  promoted?: {
    version: string;
    previous: string | null;
    /** The ledger's number of the move; absent in ends of before. */
    epoch?: number;
  };
  reasons: string[];
}

/** A provisional champion and the one before it, on rows whose labels have come. */
export interface Judgement {
  runId: string;
  version: string;
  metric: string;
  /** Null: not enough labelled rows to measure it. */
  champion: number | null;
  previous: number | null;
  higherIsBetter: boolean;
  rows: number;
  /** Of the difference, in the direction of better: positive means that the new champion is. Absent: whoever told the figures has judged them. */
  interval?: { lower: number; upper: number; confidence: number };
}

export interface RunOrder {
  runId: string;
  trigger: Trigger;
  asOf: string;
  params: Record<string, Json>;
}

export interface DecideRequest {
  policy: LoopPolicy;
  memory: LoopMemory | null;
  inputs: LoopInput[];
  /** ISO, by the clock on the wall. */
  now: string;
}

export interface LoopStep {
  memory: LoopMemory;
  /** Oldest first; none when nothing is to be told. */
  decisions: Decision[];
  start: RunOrder | null;
  /** Cohorts whose labels are in. */
  judge: Provisional[];
  /** Provisional champions that turned out worse: back to the one before. */
  rollBack: (Provisional & { words: string })[];
  answers: { id: string; answer: RetrainAnswer }[];
  /** Loops of pipelines that wait for this one. */
  tell: { pipeline: string; fired: Fired }[];
  /** By the clock on the wall: when to look again although nothing came; null: never. */
  wakeAt: string | null;
}

/** Local activities of `loop`. */
export interface LoopActivities {
  decide(request: DecideRequest): Promise<LoopStep>;
  /** What the pipeline was deployed with; null when it never was. */
  loopPolicy(request: { pipeline: string }): Promise<LoopPolicy | null>;
  writeDecisions(page: DecisionPage): Promise<void>;
  /** How a run stands; null while it goes on. For runs that an earlier execution of the loop started. */
  runEnd(request: { runId: string }): Promise<RunEnd | null>;
}

/** Activities of `loop`, `watch` and `fire` on the control queue. */
export interface WatchActivities {
  /** Measures the new champion and the one before it on the cohort's rows. */
  judgeCohort(request: { policy: LoopPolicy; provisional: Provisional }): Promise<Judgement>;
  /** By the model's ledger, unless another champion has come meanwhile. */
  rollBack(request: {
    policy: LoopPolicy;
    provisional: Provisional;
    words: string;
  }): Promise<{ done: boolean; words: string }>;
  /** Hands what the calendar fired to the loop. */
  tellFired(request: { pipeline: string; environment: string; cron: string; at: string; id: string }): Promise<void>;
  watchData(request: WatchRequest): Promise<WatchFinding>;
  watchDrift(request: WatchRequest): Promise<WatchFinding>;
  watchPerformance(request: WatchRequest): Promise<WatchFinding>;
  /** Of rows whose labels have not come. */
  watchEstimate(request: WatchRequest): Promise<WatchFinding>;
  /** Of what the feature server sampled. */
  watchSkew(request: WatchRequest): Promise<WatchFinding>;
  watchAlias(request: WatchRequest): Promise<{
    handMove: { id: string; words: string } | null;
    mark: Record<string, Json>;
    /** Absent: none, or of a worker of before. */
    moves?: ChampionMove[];
  }>;
  /** Hands findings to the loop, each once however often this is repeated. */
  tellFindings(request: {
    pipeline: string;
    environment: string;
    evidence: EvidenceSignal[];
    mark: Json;
    handMove: { id: string; words: string } | null;
    moves?: ChampionMove[];
  }): Promise<void>;
  /** What a watch needs to know before it looks; null: nothing is watched. */
  watchStart(request: { pipeline: string }): Promise<{ policy: LoopPolicy; mark: Json } | null>;
}
export interface WatchRequest {
  policy: LoopPolicy;
  mark: Json;
  /** ISO: the time that the watch looks at, which is its schedule's. */
  asOf: string;
}
export interface WatchFinding {
  evidence: EvidenceSignal[];
  /** Parts of the cursor that have moved on. */
  mark: Record<string, Json>;
  /** What else the look is to say. */
  notes?: string[];
}
