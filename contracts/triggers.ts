/**
 * What the loop of a pipeline is told (evidence), what it was deployed with (policy), what it decides (decisions), and
 * what it answers (status). Evidence of one `id` counts once, however often and by whatever way it comes.
 */
import { z } from 'zod';
import type { Json } from './json.ts';
import { Name } from './names.ts';
import { Figure, TriggerKind } from './trigger.ts';
import { LoopLimits, TriggerCondition } from './trigger-condition.ts';
import { WatchPolicy } from './watch.ts';

/** UTC with `Z`; another zone's offset is turned into it. */
const Instant = z.iso
  .datetime({ offset: true })
  .transform((text) => (text.endsWith('Z') ? text : new Date(text).toISOString()));
const Window = z.strictObject({ from: Instant, to: Instant });

const origin = {
  /**
   * Names the event, not its delivery: the same event sent again, by another process or another way in, has the same id.
   * Printable ASCII without spaces, at most 200 characters.
   */
  id: z.string().regex(/^[\x21-\x7e]{1,200}$/, 'an id is 1 to 200 printable characters without spaces'),
  /** When it happened, which need not be when it is told: cool-downs, budgets, quiet hours and label maturity go by it. */
  at: Instant,
  /** Where it comes from: `watch`, `schedule`, `cli`, `client`, `gateway`, `github`, `alertmanager`, `s3`, `cloudevents`, `loop`. */
  source: z.string().min(1).max(100).default('signal'),
  who: z.string().min(1).max(200).default('unknown'),
};

/** Data came. A partition that was counted before counts no second time, whoever tells of it. */
export const DataArrived = z.strictObject({
  ...origin,
  /** `name` holds what changes with the bytes, such as the ETag: `flights/2013-05.csv@9a0364b9`. */
  partitions: z
    .array(z.strictObject({ name: z.string().min(1).max(1_024), rows: z.number().int().nonnegative().nullable() }))
    .max(200)
    .default([]),
  /** Rows beside those of the partitions; null or absent: none, or not known. */
  rows: z.number().int().nonnegative().nullable().default(null),
});
export type DataArrived = z.output<typeof DataArrived>;

/** The whole of what was measured, in the store: histories carry its address, never itself. */
const Stored = z.strictObject({ uri: z.string().max(2_048), digest: z.string().max(100) });

/** One window of new data was compared with what the champion was trained on. */
export const DriftMeasured = z.strictObject({
  ...origin,
  window: Window.nullable().default(null),
  rows: z.number().int().nonnegative().nullable().default(null),
  /** Of the columns, those that drifted, 0 to 1; null: not measured. */
  share: Figure.nullable().default(null),
  /** Columns that were tested. */
  tested: z.number().int().nonnegative().nullable().default(null),
  /** Those that drifted first; at most 50. */
  columns: z
    .array(
      z.strictObject({
        name: z.string(),
        drifted: z.boolean(),
        method: z.string().default(''),
        value: Figure.nullable().default(null),
        threshold: Figure.nullable().default(null),
      }),
    )
    .max(50)
    .default([]),
  /** Version whose training data was the reference. */
  reference: z.string().nullable().default(null),
  /** A DriftResult. */
  result: Stored.nullable().default(null),
});
export type DriftMeasured = z.output<typeof DriftMeasured>;

/** A metric of the model in production, measured on labels that have matured, or estimated without any. */
export const MetricObserved = z.strictObject({
  ...origin,
  metric: z.string().min(1).max(100),
  value: Figure,
  lower: Figure.nullable().default(null),
  upper: Figure.nullable().default(null),
  /** Of the interval from lower to upper. */
  confidence: z.number().gt(0).lt(1).nullable().default(null),
  estimated: z.boolean().default(false),
  window: Window.nullable().default(null),
  rows: z.number().int().nonnegative().nullable().default(null),
  /** The champion's figure on the holdout that it was promoted for. */
  champion: Figure.nullable().default(null),
  version: z.string().nullable().default(null),
  /** Of an estimate: the Estimate. */
  result: Stored.nullable().default(null),
});
export type MetricObserved = z.output<typeof MetricObserved>;

export const CodeChanged = z.strictObject({
  ...origin,
  /** Of the commit, or of the files. */
  commit: z.string().max(200).default(''),
  /** Relative to the project; at most 1,000: a change of more is told by folders, ending in `/`. */
  paths: z.array(z.string().min(1).max(1_024)).min(1).max(1_000),
});
export type CodeChanged = z.output<typeof CodeChanged>;

/** Labels are complete up to `until`: promotions whose cohort ends before are judged again. */
export const LabelsArrived = z.strictObject({
  ...origin,
  until: Instant,
  rows: z.number().int().nonnegative().nullable().default(null),
});
export type LabelsArrived = z.output<typeof LabelsArrived>;

/** Something fired whose figures are nobody's business: the calendar, a person, another pipeline. */
export const Fired = z.strictObject({
  ...origin,
  trigger: z.enum(['schedule', 'manual', 'upstream']),
  /** schedule: the cron expression with its zone; upstream: the pipeline's name; manual: the reason. */
  detail: z.string().max(500).default(''),
});
export type Fired = z.output<typeof Fired>;

/** By the name of the signal that brings it; `fired` is the signal of `fire` and of `POST …/triggers` without figures. */
export const evidenceShapes = {
  dataArrived: DataArrived,
  driftMeasured: DriftMeasured,
  metricObserved: MetricObserved,
  codeChanged: CodeChanged,
  labelsArrived: LabelsArrived,
  fired: Fired,
} as const;
export type EvidenceKind = keyof typeof evidenceShapes;
export const evidenceKinds = Object.keys(evidenceShapes) as EvidenceKind[];
type Shapes = typeof evidenceShapes;
/** As a caller writes it. */
export type EvidenceInput<K extends EvidenceKind = EvidenceKind> = z.input<Shapes[K]>;
/** With the name of the signal that brings it. */
export type EvidenceSignal = { [K in EvidenceKind]: { signal: K; value: EvidenceInput<K> } }[EvidenceKind];
/** As it is kept: with its kind. */
export type Evidence = { [K in EvidenceKind]: { kind: K } & z.output<Shapes[K]> }[EvidenceKind];

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
export type RetrainAnswer =
  | { outcome: 'started'; runId: string }
  /** Another run goes on: this one comes after it, with whatever else asks until then. */
  | { outcome: 'queued'; queuedBehind: string; nextRunId: string }
  | { outcome: 'refused'; reason: string };

export const loopStates = ['idle', 'collecting', 'running', 'cooling', 'paused', 'broken'] as const;
export type LoopState = (typeof loopStates)[number];

/** Why a condition holds. */
export const Reason = z.strictObject({
  kind: TriggerKind,
  words: z.string(),
  figures: z.record(z.string(), Figure).default({}),
  threshold: z.record(z.string(), Figure).default({}),
  window: Window.nullable().default(null),
  source: z.string().default(''),
  who: z.string().default('unknown'),
  /** Ids of what it rests on, newest last; at most 20. */
  evidence: z.array(z.string()).default([]),
});
export type Reason = z.output<typeof Reason>;

export const Hold = z.strictObject({
  rule: z.enum(['debounce', 'running', 'coolDown', 'budget', 'quietHours', 'freeze', 'paused', 'broken']),
  /** Event time at which it ends; null: when a run ends or somebody resumes. */
  until: z.string().nullable(),
  words: z.string(),
});
export type Hold = z.output<typeof Hold>;

const decisionOutcomes = [
  /** A run was started. */
  'run',
  /** The triggers ask for a run, which has to wait: see `held`. */
  'held',
  /** The triggers do not ask for one: see `lacking`. */
  'not',
  /** A run came to its end. */
  'ended',
  'paused',
  'resumed',
  /** The circuit breaker opened. */
  'broken',
  'refused',
  'configured',
  /** A provisional promotion, judged again on matured labels. */
  'confirmed',
  'rolledBack',
  /** Somebody moved the alias by hand: paused. */
  'alias',
] as const;

export const Decision = z.strictObject({
  format: z.literal(1),
  pipeline: z.string(),
  /** Counts the pipeline's decisions from 1. */
  number: z.number().int().positive(),
  outcome: z.enum(decisionOutcomes),
  /** Event time that was decided for. */
  at: z.iso.datetime(),
  /** By the clock on the wall. */
  decidedAt: z.iso.datetime(),
  /** One sentence. */
  words: z.string(),
  /** Conditions that hold. */
  reasons: z.array(Reason),
  /** What the others lack, in words: `12,000 of 20,000 new rows`. */
  lacking: z.array(z.string()),
  held: z.array(Hold),
  /** Every id that was taken in with this decision. */
  evidence: z.array(z.string()),
  /** Deliveries of an id that had been taken in before. */
  duplicates: z.number().int(),
  /** What could not be read, and why. */
  malformed: z.array(z.strictObject({ id: z.string(), problem: z.string() })),
  runId: z.string().nullable(),
  figures: z.record(z.string(), Figure).default({}),
});
export type Decision = z.output<typeof Decision>;

/** `decisions/<pipeline>/…` in the store: outlives Temporal's retention. */
export const DecisionPage = z.strictObject({
  decisions: z.array(Decision).min(1),
  /** What they were made from, batch by batch: `ratchet backtest` decides anew. */
  batches: z.array(z.strictObject({ now: z.string(), inputs: z.array(z.custom<Json>()) })),
});
export type DecisionPage = z.output<typeof DecisionPage>;

/** What `ratchet deploy` gives a loop. */
export const LoopPolicy = z.strictObject({
  pipeline: Name,
  environment: z.string().default('dev'),
  /** The registered model; null when the pipeline trains none. */
  model: z.string().nullable().default(null),
  triggers: TriggerCondition.nullable().default(null),
  limits: LoopLimits.prefault({}),
  /** How the param `asOf` is written, when the pipeline has one: it is given the event time of the decision. */
  asOf: z.enum(['date', 'date-time']).nullable().default(null),
  watch: WatchPolicy.nullable().default(null),
  /** Pipelines whose triggers name this one as upstream. */
  downstream: z.array(Name).max(100).default([]),
});
export type LoopPolicy = z.output<typeof LoopPolicy>;

/** A promotion that is judged again when the labels of its cohort are in. */
export interface Provisional {
  runId: string;
  version: string;
  previous: string;
  promotedAt: string;
  /** Event time at which the cohort's labels count as complete. */
  maturesAt: string;
}

/** What the query `status` answers. */
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
