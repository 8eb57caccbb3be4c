/** What a workflow may ask of a worker, beside the steps themselves (whose activity type is the step's name). */
import type { ChampionRef, ModelRef, VersionRef } from './data.ts';
import type { Json } from './json.ts';
import type { Ledger, StagedVersion } from './messages.ts';
import type { Plan, StepCode } from './plan.ts';
import type { PinnedProgram } from './program.ts';
import type { InputRef, NodeRecord, RunContext, RunEnvelope, RunRecord } from './run.ts';

/** What a run was started with. */
export interface StartedWith {
  workflowId: string;
  pipeline: string;
  params: Json;
  envelope: RunEnvelope;
  /** ISO; `asOf` when neither params nor the envelope give one. */
  startedAt: string;
}

export interface PlanRequest extends StartedWith {
  /** Set when the champion moved while its challenger was judged: the champion is read again, done work is kept. */
  rejudge?: boolean;
  /** With `rejudge`: the plan so far. The run stays on its code, whatever was edited meanwhile. */
  previous?: Plan | undefined;
  /** With `rejudge`: stages that the run is to have of this worker's version from now on, because no worker has the pinned one. */
  restage?: string[];
}
export interface PlannedRun {
  plan: Plan;
  run: RunContext;
  /** Outcomes of the run that is taken up; kept where step and resolved input are equal. */
  kept: NodeRecord[];
  /** The node that a fork was to run again from which had no plan and is taken up by this run. */
  from?: string;
  /** What the cache has for nodes that the run gets to without having anything done; taken where step and resolved input are equal. Absent in earlier histories. */
  served?: NodeRecord[];
  /** Machine that detached jobs of this run are placed on. */
  host: string;
  /** Which versions of the stages the planner had: names the queue of those that have the same. Absent in earlier histories. */
  stages?: string;
}

/** Local activities of a run: recorded in its history, no queue between. */
export interface RunActivities {
  planRun(request: PlanRequest): Promise<PlannedRun>;
  /** Another living machine for detached jobs, when `not` is gone. */
  placeJob(request: { not: string }): Promise<{ host: string }>;
  /** Stores an input that is too large for a history. */
  keepInput(input: Json): Promise<InputRef>;
  /** SHA-256 of canonical JSON: what an approval is bound to. */
  digestEvidence(evidence: Json): Promise<{ digest: string }>;
  writeRecord(record: RunRecord): Promise<{ uri: string }>;
}

export interface PinRequest {
  workflowId: string;
  /** The pipeline whose steps, programs and model are meant. */
  pipeline: string;
  params: Json;
  /** ISO; `asOf` unless the params give one. */
  startedAt: string;
}
/** What a plain workflow needs to call a pipeline's steps itself: everything of a plan but the graph. */
export interface PinnedSteps {
  run: RunContext;
  champion: ChampionRef | null;
  bundle: string;
  /** All stages, and every step that the pipeline's graph uses with these params. */
  steps: Record<string, StepCode>;
  /** The graph's programs; an input that holds one of the same command is given the pinned one. */
  programs: PinnedProgram[];
  host: string;
  /** As of a planned run. */
  stages?: string;
}
/** An activity on the control queue: a plain workflow is served by another worker. Beside it `placeJob` is called so. */
export interface PinActivities {
  pinSteps(request: PinRequest): Promise<PinnedSteps>;
}

export interface CreateVersionRequest {
  /** SHA-256(model digest + verdict digest): travels inside the creating call as a tag. */
  key: string;
  model: string;
  candidate: ModelRef;
  verdict: { digest: string; against: string | null; outcome: string; reasons: string[]; report: string | null };
  description: string;
  tags: Record<string, string>;
}

/** A move of the champion's alias, as versions tell it. */
export interface LoggedMove {
  from: string | null;
  /** `none`: nobody holds it. */
  to: string;
  /** ISO, by the clock. */
  at: string;
  /** By a rollback, or by hand: the version that lost the alias was not beaten by a later one. */
  demotes: boolean;
}

/** A move as the store keeps it for years; `epoch`: which one of the ledger it is. */
export type KeptMove = Ledger['moves'][number] & { model: string; epoch: number };

/** Where a model's versions stand by its ledger. */
export type Standing = Pick<Ledger, 'champion' | 'previous' | 'stages' | 'inStep'>;

/** Activities of `model/<name>`, the only caller of them. */
export interface ModelActivities {
  /** Reads before it writes; creates at most one version per key: lowest wins, the rest are removed. */
  createVersion(request: CreateVersionRequest): Promise<{ version: VersionRef; already: boolean }>;
  /**
   * Sets aliases and stages to what the ledger says; idempotent. `unsure`: an earlier attempt may have left a request under
   * way that has not arrived yet. Workers of earlier versions answer nothing, or nothing of stages.
   */
  setAliases(request: {
    model: string;
    champion: string | null;
    previous: string | null;
    /** The last moves, oldest first: told as tags of their versions. Workflows of earlier versions tell none. */
    moves?: LoggedMove[];
    stages?: StagedVersion[];
  }): Promise<{ unsure: boolean; kept?: Ledger['inStep']; note?: string | undefined } | undefined>;
  /** What MLflow says now: the ledger's start, and how a move by hand is seen. `apart`, where a ledger is given: what else differs from it, in words. */
  readAliases(request: {
    model: string;
    ledger?: Standing;
  }): Promise<{ champion: ChampionRef | null; previous: string | null; apart?: string[] }>;
}

/** Activities of `model/<name>`, too, which hold up no request: what is kept of a model for years. A refusal is retried until somebody mended it. */
export interface AccountActivities {
  /** One object in the store, which a repeat writes again. */
  keepMove(move: KeptMove): Promise<void>;
  /** Writes the version's audit pack; fails, to be tried again, while the run that made it has not written its record. */
  keepPack(target: { model: string; version: string }): Promise<void>;
}
