/** A run as the outside sees it: what starts it, what it reports while it runs, and what it leaves behind. */
import { z } from 'zod';
import { Outcome, Trigger } from './data.ts';
import { FailingTask } from './failing-task.ts';
import type { Json } from './json.ts';
import { Plan, StepCode } from './plan.ts';

const JsonValue = z.custom<Json>((value) => value !== undefined);

export { RunEnvelope } from './envelope.ts';

/** A champion that was made for a later time than a run's: it stays, whatever the run's verdict is. */
export const LaterChampion = z.strictObject({
  version: z.string(),
  /** ISO; the time that it was made for. */
  asOf: z.string(),
});
export type LaterChampion = z.output<typeof LaterChampion>;

/** What every step is told of the run it belongs to. */
export const RunContext = z.strictObject({
  /** The workflow id. */
  id: z.string(),
  pipeline: z.string(),
  model: z.string().nullable(),
  environment: z.string(),
  asOf: z.iso.datetime(),
  trigger: Trigger,
  /** Set when the plan was made, for a run as of the past. */
  laterChampion: LaterChampion.optional(),
});
export type RunContext = z.output<typeof RunContext>;

/** A step's input in the store, where it is too large for a history. */
export const InputRef = z.strictObject({ uri: z.string(), digest: z.string() });
export type InputRef = z.output<typeof InputRef>;

/** The one argument of every step's activity. */
export const StepCall = z.strictObject({
  run: RunContext,
  /** Instance id: `train`, or `fit[3]/train` inside a map, `tune[2]/train` inside a repeat. Also the activity id. */
  node: z.string(),
  step: z.string(),
  code: StepCode,
  bundle: z.string(),
  /** null when it is at `inputAt`. */
  input: JsonValue,
  inputAt: InputRef.optional(),
  /** false: neither read nor fill the cache. */
  cache: z.boolean(),
  /** URIs that this run found damaged: a cached result that refers to one of them is no result. */
  damaged: z.array(z.string()).optional(),
});
export type StepCall = z.output<typeof StepCall>;

/** The one result of every step's activity. */
export const StepOutcome = z.strictObject({
  output: JsonValue,
  cached: z.boolean(),
  /** Why it was or was not served from the cache, in words. */
  reason: z.string(),
  key: z.string().nullable(),
  ms: z.number(),
});
export type StepOutcome = z.output<typeof StepOutcome>;

const nodeStatuses = ['waiting', 'running', 'done', 'kept', 'failed', 'skipped', 'cancelled'] as const;
export const NodeReport = z.strictObject({
  id: z.string(),
  kind: z.string(),
  step: z.string().nullable(),
  status: z.enum(nodeStatuses),
  cached: z.boolean(),
  reason: z.string(),
  ms: z.number().nullable(),
  /** Last word from the node while it runs: `epoch 7/20, auc 0.71`. */
  progress: z.string().nullable(),
});
export type NodeReport = z.output<typeof NodeReport>;

const runStatuses = [
  'promoted',
  'already-champion',
  'finished',
  'refused',
  'inconclusive',
  'waiting',
  'running',
  'failed',
  'cancelled',
] as const;
export const RunStatus = z.enum(runStatuses);
export type RunStatus = z.output<typeof RunStatus>;

/**
 * What came of a run.
 * @example
 * ```ts
 * const promoted = (result: RunResult) => result.status === 'promoted' && result.modelVersion !== null;
 * ```
 */
export const RunResult = z.strictObject({
  runId: z.string(),
  pipeline: z.string(),
  status: RunStatus,
  verdict: Outcome.nullable(),
  reasons: z.array(z.string()),
  modelVersion: z.string().nullable(),
  /** URI of the last gate's HTML report in the store. */
  report: z.string().nullable(),
  nodes: z.array(NodeReport),
  /** What the graph returned. */
  output: JsonValue,
});
export type RunResult = z.output<typeof RunResult>;

/**
 * What the query `progress` answers.
 * @example
 * ```ts
 * const waiting = (progress: RunProgress) => progress.approvals.map(({ node, title }) => `${node}: ${title}`);
 * ```
 */
export const RunProgress = z.strictObject({
  runId: z.string(),
  pipeline: z.string(),
  status: RunStatus,
  nodes: z.array(NodeReport),
  /** Approvals that are open now. */
  approvals: z.array(
    z.strictObject({
      node: z.string(),
      title: z.string(),
      by: z.array(z.string()),
      quorum: z.number(),
      evidence: z.string(),
      given: z.array(z.string()),
      /** Whose people `by` has. */
      roles: z.array(z.string()).optional(),
      /** Nobody had decided by then, so that these may approve, too. */
      escalated: z.strictObject({ at: z.string(), to: z.array(z.string()) }).optional(),
    }),
  ),
  /** Said of a run that cannot answer itself: it stands still until a worker can do this task, or it is cancelled. */
  failing: FailingTask.optional(),
});
export type RunProgress = z.output<typeof RunProgress>;

/** One finished node instance in a record: enough to keep it in a retry and to explain it in a year. */
export const NodeRecord = z.strictObject({
  id: z.string(),
  step: z.string(),
  input: JsonValue,
  output: JsonValue,
  cached: z.boolean(),
  reason: z.string(),
  key: z.string().nullable(),
  ms: z.number(),
});
export type NodeRecord = z.output<typeof NodeRecord>;

/** `records/<run id>.json`: outlives Temporal's retention. */
export const RunRecord = z.strictObject({
  format: z.literal(1),
  run: RunContext,
  /** null: the run ended before it was made, and has no nodes. */
  plan: Plan.nullable(),
  /** Of a run without a plan: what it was to be made from. `from`: the node that it was to fork from. */
  startedWith: z.strictObject({ params: JsonValue, from: z.string().optional() }).optional(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  result: RunResult,
  failure: z
    .strictObject({
      type: z.string(),
      message: z.string(),
      node: z.string().nullable(),
      artifact: z.string().optional(),
    })
    .nullable(),
  outcomes: z.array(NodeRecord),
  approvals: z.array(
    z.strictObject({
      node: z.string(),
      approved: z.boolean(),
      by: z.string(),
      note: z.string(),
      evidence: z.string(),
      at: z.string(),
    }),
  ),
  /** Approvals that others were asked for, too, because nobody had decided. */
  escalations: z.array(z.strictObject({ node: z.string(), at: z.string(), to: z.array(z.string()) })).optional(),
  resumedFrom: z.string().nullable(),
});
export type RunRecord = z.output<typeof RunRecord>;
export type PlannedRecord = RunRecord & { plan: Plan };
