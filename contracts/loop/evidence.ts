/** What the loop of a pipeline is told. Evidence of one `id` counts once, however often and by whatever way it comes. */
import { z } from 'zod';
import { Figure } from '../trigger.ts';

/** UTC with `Z`; another zone's offset is turned into it. */
const Instant = z.iso
  .datetime({ offset: true })
  .transform((text) => (text.endsWith('Z') ? text : new Date(text).toISOString()));
export const Window = z.strictObject({ from: Instant, to: Instant });

const origin = {
  /**
   * Names the event, not its delivery: the same event sent again by the same sender has the same id. The gateway puts before
   * it who sent it, so that nobody takes another's. Printable ASCII without spaces, at most 200 characters.
   */
  id: z.string().regex(/^[\x21-\x7e]{1,200}$/, 'an id is 1 to 200 printable characters without spaces'),
  /** When it happened, which need not be when it is told: cool-downs, budgets, quiet hours and label maturity go by it. */
  at: Instant,
  /** Where it comes from: `watch`, `schedule`, `cli`, `client`, `gateway`, `github`, `alertmanager`, `s3`, `cloudevents`, `loop`. */
  source: z.string().min(1).max(100).default('signal'),
  who: z.string().min(1).max(200).default('unknown'),
};

/** Files that may still be growing that are named, and the characters that their names may have. */
export const GROWING_NAMED = 10;
export const GROWING_NAME = 200;

/** Data came. A partition that was counted before counts no second time, whoever tells of it. */
export const DataArrived = z.strictObject({
  ...origin,
  /** `name` holds what changes with the bytes, such as the ETag: `flights/2013-05.csv@9a0364b9`. */
  partitions: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(1_024),
        rows: z.number().int().nonnegative().nullable(),
        /** Of the watch alone: the file, whatever its bytes, so that its rows can be taken back. */
        file: z.string().min(1).max(1_024).optional(),
        /** Of the watch alone: so many rows of the file are there no more. */
        gone: z.literal(true).optional(),
        /** Of the watch alone: so many files that came at once, told as one. */
        parts: z.number().int().positive().optional(),
        /** Of the loop alone: somebody told of the partition before, without its rows. */
        told: z.literal(true).optional(),
      }),
    )
    .max(200)
    .default([]),
  /** Of the watch alone: files that may still be written to; empty: those of before are settled. Absent: nothing new of it. */
  growing: z.array(z.string().max(GROWING_NAME)).max(GROWING_NAMED).optional(),
  /** Rows beside those of the partitions; null or absent: none, or not known. */
  rows: z.number().int().nonnegative().nullable().default(null),
});
export type DataArrived = z.output<typeof DataArrived>;

/** The whole of what was measured, in the store: histories carry its address, never itself. */
const Stored = z.strictObject({ uri: z.string().max(2_048), digest: z.string().max(100) });

/** So few rows that nothing was judged: neither a change nor its absence. */
const TooFew = z.strictObject({
  rows: z.number().int().nonnegative(),
  least: z.number().int().positive(),
  /** Of which there are too few; default `rows`. */
  what: z.string().max(60).optional(),
});

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
        /** Chance of a difference as large where nothing changes (a two-sample test), and the chance below which it counts. */
        chance: Figure.optional(),
        level: z.number().optional(),
      }),
    )
    .max(50)
    .default([]),
  /** Version whose training data was the reference. */
  reference: z.string().nullable().default(null),
  /** A DriftResult. */
  result: Stored.nullable().default(null),
  tooFew: TooFew.optional(),
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
  /** Time that the version was made for, and that figure with it; absent where nobody recorded it. */
  championAt: Instant.optional(),
  /** Of that figure, which is measured, too: its interval at the same confidence. */
  championLower: Figure.optional(),
  championUpper: Figure.optional(),
  tooFew: TooFew.optional(),
  version: z.string().nullable().default(null),
  /** Of an estimate: what it holds under; each goes after "if". */
  conditions: z.array(z.string().max(300)).max(5).optional(),
  /** Of an estimate: the Estimate. */
  result: Stored.nullable().default(null),
});
export type MetricObserved = z.output<typeof MetricObserved>;

/** Vectors that were served, held against what history has of the same moments. */
export const SkewMeasured = z.strictObject({
  ...origin,
  window: Window.nullable().default(null),
  vectors: z.number().int().nonnegative(),
  service: z.string().min(1).max(100),
  /** Of the service's definitions. */
  version: z.string().max(100),
  /** Those that differ, or have no value, in most vectors first; at most 50. `share` of the vectors differs, `nulls` of them were served without a value, 0 to 1. */
  features: z
    .array(
      z.strictObject({
        name: z.string().max(200),
        share: z.number().min(0).max(1),
        nulls: z.number().min(0).max(1).default(0),
      }),
    )
    .max(50)
    .default([]),
  /** Since the newest row of a view's source that was known happened; null: there is none. The oldest first, at most 50. */
  views: z
    .array(z.strictObject({ name: z.string().max(100), ageSeconds: z.number().nonnegative().nullable() }))
    .max(50)
    .default([]),
  result: Stored.nullable().default(null),
  tooFew: TooFew.optional(),
});
export type SkewMeasured = z.output<typeof SkewMeasured>;

/** Among the paths of a change: nobody knows which changed, each may have. */
export const ANY_PATH = '/';

export const CodeChanged = z.strictObject({
  ...origin,
  /** Of the commit, or of the files. */
  commit: z.string().max(200).default(''),
  /** Relative to the project; at most 1,000: a change of more is told by folders, ending in `/`; of no known paths, by `/`. */
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
  skewMeasured: SkewMeasured,
} as const;
/**
 * What a loop may be told of.
 * @example
 * ```ts
 * const kind: EvidenceKind = 'metricObserved';
 * ```
 */
export type EvidenceKind = keyof typeof evidenceShapes;
export const evidenceKinds = Object.keys(evidenceShapes) as EvidenceKind[];
type Shapes = typeof evidenceShapes;
/**
 * As a caller writes it.
 * @example
 * ```ts
 * const arrived: EvidenceInput<'dataArrived'> = { id: 'day-7', at: '2026-06-07T00:00:00Z', source: 'feed', rows: 20_000 };
 * await pipelineLoop(client, 'churn').tell('dataArrived', arrived);
 * ```
 */
export type EvidenceInput<K extends EvidenceKind = EvidenceKind> = z.input<Shapes[K]>;
/** With the name of the signal that brings it. */
export type EvidenceSignal = { [K in EvidenceKind]: { signal: K; value: EvidenceInput<K> } }[EvidenceKind];
/** As it is kept: with its kind. */
export type Evidence = { [K in EvidenceKind]: { kind: K } & z.output<Shapes[K]> }[EvidenceKind];
