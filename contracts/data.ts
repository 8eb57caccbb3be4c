/**
 * References: what histories carry instead of rows, weights and pages. Their types are intersections, which the compiler calls
 * by their names where it would else print every field: `Ref<ModelRef>` is what the author of a wrong wiring reads.
 */
import { z } from 'zod';
import { Fairness } from './fairness.ts';
import { Reuse } from './holdout-use.ts';
import { Latency } from './latency.ts';
import { Overlap } from './overlap.ts';
import { Robustness } from './robustness.ts';
import { RowsOrigin, Training } from './training-rows.ts';
import { Figure, figure, Trigger } from './trigger.ts';

export { Figure, figure, Trigger };

export const Format = z.enum(['parquet', 'csv', 'jsonl']);
export type Format = z.output<typeof Format>;
export const Column = z.object({ name: z.string(), type: z.string() });
export type Column = z.output<typeof Column>;

/** A feature service in one version of its definitions. */
export const FeatureServiceRef = z.object({
  name: z.string(),
  /** `sha256:` and 64 hex digits of all that its features mean. */
  version: z.string(),
  /** `sha256:` and 64 hex digits: the document of the definitions that it names, in the store. */
  definitions: z.string(),
});
export type FeatureServiceRef = z.output<typeof FeatureServiceRef>;
/** As a tag of runs and versions. */
export const serviceTag = ({ name, version }: FeatureServiceRef): string => `${name}@${version}`;

/** Rows in the object store, addressed by the MD5 of their bytes (DVC's layout demands MD5). */
const dataset = z.object({
  kind: z.literal('dataset'),
  uri: z.string(),
  /** `md5:` and 32 hex digits. */
  digest: z.string(),
  format: Format,
  rows: z.number().int(),
  bytes: z.number().int(),
  columns: z.array(Column),
  /** Set by featurize: which rows of its data these are. */
  origin: RowsOrigin.optional(),
  /** Set by getHistoricalFeatures, handed on by featurize: what serves its features. */
  service: FeatureServiceRef.optional(),
});
/**
 * A table in the store: what steps pass on instead of rows.
 * @example
 * ```ts
 * const head = defineStep({
 *   name: 'head',
 *   input: z.object({ rows: DatasetRef }),
 *   output: z.object({ bytes: z.number() }),
 *   run: async ({ rows }, context) => ({ bytes: (await stat(await context.localPath(rows))).size }),
 * });
 * ```
 */
export type DatasetRef = z.output<typeof dataset> & { kind: 'dataset' };
export const DatasetRef: z.ZodType<DatasetRef, DatasetRef> = dataset;

/** A file in the object store that is not a table. */
const file = z.object({
  kind: z.literal('file'),
  uri: z.string(),
  digest: z.string(),
  bytes: z.number().int(),
  name: z.string(),
});
/**
 * A file in the store that is no table.
 * @example
 * ```ts
 * const readPage = defineStep({
 *   name: 'readPage',
 *   input: z.object({ page: FileRef }),
 *   output: z.object({ text: z.string() }),
 *   run: async ({ page }, context) => ({ text: await readFile(await context.localPath(page), 'utf8') }),
 * });
 * ```
 */
export type FileRef = z.output<typeof file> & { kind: 'file' };
export const FileRef: z.ZodType<FileRef, FileRef> = file;

/** A model as MLflow logged it. `digest` is the SHA-256 over its sorted (path, SHA-256 of bytes) pairs. */
const model = z.object({
  kind: z.literal('model'),
  runId: z.string(),
  /** An MLflow model URI: `models:/m-…` or `runs:/<run>/<path>`. */
  uri: z.string(),
  /** `sha256:` and 64 hex digits. */
  digest: z.string(),
  /** Lock of the Python environment that trained it: candidate and champion predict in the candidate's. */
  environment: z.string().nullable(),
  /** The training rows, for lineage. */
  trainedOn: z.string().nullable(),
  /** Which rows its trainer was given; absent: not known. */
  training: Training.optional(),
  /** What serves the features that it was trained with; absent: none, or not known. */
  service: FeatureServiceRef.optional(),
  /** SHA-256 of the program that trained it: its command, files and lock; absent: not known. */
  code: z.string().optional(),
});
/**
 * A model that a trainer logged to MLflow.
 * @example
 * ```ts
 * const describe = defineStep({
 *   name: 'describe',
 *   input: z.object({ model: ModelRef }),
 *   output: z.object({ run: z.string() }),
 *   run: ({ model }) => ({ run: model.runId }),
 * });
 * ```
 */
export type ModelRef = z.output<typeof model> & { kind: 'model' };
export const ModelRef: z.ZodType<ModelRef, ModelRef> = model;

/** The version that holds the alias `champion` when the plan is made. */
const champion = z.object({
  kind: z.literal('champion'),
  model: z.string(),
  version: z.string(),
  runId: z.string(),
  uri: z.string(),
  digest: z.string(),
  /** Which rows it was trained on, by the version's tag; absent: not known. */
  training: Training.optional(),
});
/**
 * The version that is champion when a run is planned; null where there is none.
 * @example
 * ```ts
 * const compare = defineStep({
 *   name: 'compare',
 *   input: z.object({ champion: ChampionRef.nullable() }),
 *   output: z.object({ version: z.string() }),
 *   run: ({ champion }) => ({ version: champion?.version ?? 'none' }),
 * });
 * ```
 */
export type ChampionRef = z.output<typeof champion> & { kind: 'champion' };
export const ChampionRef: z.ZodType<ChampionRef, ChampionRef> = champion;
export const ChampionFields = champion.shape;

/** What is taken as independent: single rows, blocks of time, or clusters of rows with one value of a column. */
const unit = z.object({
  by: z.enum(['rows', 'blocks', 'clusters']),
  /** How many of them the figures rest on. */
  count: z.number().int(),
  /** Of blocks: how long each is, for people (`1 day`, `37 rows`); of clusters the column. */
  length: z.string().optional(),
});

/** A paired comparison of candidate and champion on the same rows. */
export const Comparison = z.object({
  metric: z.string(),
  higherIsBetter: z.boolean(),
  candidate: Figure,
  champion: Figure,
  /** In the direction of better: positive means that the candidate is better. */
  difference: Figure,
  lower: Figure,
  upper: Figure,
  confidence: z.number(),
  /** 0 for a method that does not resample. */
  resamples: z.number().int(),
  /** Absent in evidence of earlier versions, which took rows as independent. */
  unit: unit.optional(),
  /** Where the interval is from; absent: `paired-bootstrap`. */
  method: z.string().optional(),
  /** Of the difference. */
  standardError: Figure.optional(),
  /** Two-sided, that there is no difference; of methods that are a test. */
  pValue: Figure.optional(),
});
export type Comparison = z.output<typeof Comparison>;

/** The interval of a figure within a slice; the units are those of the whole that have rows in it. */
const sliceInterval = z.object({
  lower: Figure,
  upper: Figure,
  standardError: Figure,
  /** How many the standard error rests on: the interval is Student's, of one degree of freedom less. */
  units: z.number().int(),
});
/** In the direction of better. */
const sliceDifference = z.object({ difference: Figure, ...sliceInterval.shape });

export const SliceFigures = z.object({
  column: z.string(),
  value: z.string(),
  rows: z.number().int(),
  candidate: z.record(z.string(), Figure),
  champion: z.record(z.string(), Figure).nullable(),
  /** Metric → candidate against champion. Absent in evidence of earlier versions. */
  difference: z.record(z.string(), sliceDifference).optional(),
  /** Metric → the interval of the candidate's own figure. Absent in evidence of earlier versions. */
  intervals: z.record(z.string(), sliceInterval).optional(),
});

/** One model's own figure with its interval. */
const metricInterval = z.object({
  value: Figure,
  lower: Figure,
  upper: Figure,
  confidence: z.number(),
  standardError: Figure,
  /** How many the standard error rests on, as of a slice; absent: very many. */
  units: z.number().int().optional(),
});

/** Rows of the holdout that could have been scored (the target is there, neither side was trained on them), and how many were. */
const scored = z.object({
  eligible: z.number().int(),
  candidate: z.number().int(),
  /** Null without a champion. */
  champion: z.number().int().nullable(),
  /** By the candidate and, where there is one, the champion: what the figures are of. */
  both: z.number().int(),
});

/** How far the candidate's predictions are from the champion's on the same rows. */
const churn = z.object({
  /** Share of rows that get another class; null for a regression. */
  changed: Figure.nullable(),
  /** Mean absolute difference of two classes' scores or of a regression's predictions; null for more classes. */
  difference: Figure.nullable(),
});

const measuredFigure = z.object({ value: Figure, standardError: Figure, units: z.number().int().optional() });
/** How well the candidate's probabilities of two classes fit what happened. */
const calibrationFit = z.object({
  /** 1 is calibrated; below, they are too extreme. */
  slope: measuredFigure,
  /** 0 is calibrated; above, positives are more frequent than predicted. */
  intercept: measuredFigure,
  /** Expected calibration error, and what chance alone shows of it where all probabilities are right. */
  ece: measuredFigure.extend({ noise: Figure }),
});
/** What made the candidate, by digests; null: not known. */
const lineage = z.object({
  /** The table that its trainer was given. */
  trainedOn: z.string().nullable(),
  /** The trainer's program. */
  code: z.string().nullable(),
  /** The lock of its Python environment. */
  environment: z.string().nullable(),
});
export type Lineage = z.output<typeof lineage>;

/** What an evaluation measured. The JSON at `uri` holds all of it; what a gate reads travels along. */
const evidence = z.object({
  kind: z.literal('evidence'),
  uri: z.string(),
  digest: z.string(),
  /** Self-contained HTML report in the store. */
  html: z.string().nullable(),
  task: z.enum(['binary', 'regression', 'multiclass']),
  /** Rows of the holdout; those of `dropped` are in no figure. */
  rows: z.number().int(),
  /** Rows left out because the target is missing or a model gave no score (NaN). */
  dropped: z.object({ target: z.number().int(), candidate: z.number().int(), champion: z.number().int() }).optional(),
  /** Rows that candidate or champion were trained on: in no figure. Absent in evidence of earlier versions. */
  overlap: Overlap.optional(),
  /** Metric → is more of it better? */
  directions: z.record(z.string(), z.boolean()).optional(),
  candidate: z.object({ digest: z.string(), runId: z.string(), metrics: z.record(z.string(), Figure) }),
  champion: z.object({ version: z.string(), digest: z.string(), metrics: z.record(z.string(), Figure) }).nullable(),
  comparisons: z.array(Comparison),
  slices: z.array(SliceFigures),
  /** Metric → the candidate's own figure with its interval. Absent in evidence of earlier versions. */
  intervals: z.record(z.string(), metricInterval).optional(),
  scored: scored.optional(),
  /** Rows that earlier verdicts used. Absent where nobody counts them, and in evidence of earlier versions. */
  reuse: Reuse.optional(),
  /** Absent without a champion, and in evidence of earlier versions. */
  churn: churn.optional(),
  /** Where it was asked for. Absent in evidence of earlier versions. */
  fairness: Fairness.optional(),
  /** How quickly both answer, where it was asked for: not the same when it is measured again. */
  latency: Latency.optional(),
  /** Where it was asked for, of probabilities of two classes. */
  calibrationFit: calibrationFit.optional(),
  /** For the report. Not in the stored evidence: other code that makes the same model changes no verdict. */
  lineage: lineage.optional(),
  /** What spoiled inputs cost the candidate, where it was asked for. */
  robustness: Robustness.optional(),
});
/**
 * What an evaluation measured; a gate judges it.
 * @example
 * ```ts
 * const score = defineStep({
 *   name: 'score',
 *   input: z.object({ evidence: EvidenceRef }),
 *   output: z.object({ rows: z.number() }),
 *   run: ({ evidence }) => ({ rows: evidence.rows }),
 * });
 * ```
 */
export type EvidenceRef = z.output<typeof evidence> & { kind: 'evidence' };
export const EvidenceRef: z.ZodType<EvidenceRef, EvidenceRef> = evidence;
export const EvidenceFields = evidence.shape;

/** What a trainer logged last, by metric. */
export type Metrics = Record<string, Figure> & { [metric: string]: Figure };
export const Metrics: z.ZodType<Metrics, Metrics> = z.record(z.string(), Figure);

/** Of one rule. */
const ruleOutcomes = ['passed', 'refused', 'inconclusive'] as const;
const RuleOutcome = z.enum(ruleOutcomes);
export type RuleOutcome = z.output<typeof RuleOutcome>;
/** Of all of them. `needs-approval`: what they say is one thing, and people whom the rules name have to say the other. */
export const Outcome = z.enum([...ruleOutcomes, 'needs-approval']);
/** What one rule of the gate said. */
const ruleFinding = z.object({
  /** Its name among the rules: `floors`; `comparison` for the metric, `overlap` where too few rows were left. */
  rule: z.string(),
  outcome: RuleOutcome,
  reason: z.string(),
  /** What is missing to pass, in the metric's unit. */
  distance: Figure.optional(),
});
const verdict = z.object({
  kind: z.literal('verdict'),
  outcome: Outcome,
  /** In words, the decisive ones first. */
  reasons: z.array(z.string()),
  /** Version judged against; null for a first champion. */
  against: z.string().nullable(),
  evidence: z.object({ uri: z.string(), digest: z.string(), html: z.string().nullable() }),
  /** How much is missing to pass, by rule; empty when passed. */
  distance: z.record(z.string(), Figure),
  comparison: Comparison.nullable(),
  /** true: the candidate is the version `against` itself, byte for byte. There is nothing to register or promote. */
  already: z.boolean().optional(),
  /** SHA-256 of everything above but the page, whose looks change: half of the key of an effect. */
  digest: z.string(),
  /** `later-champion`: the champion of now was made for a later time than the run's and stays. Not in the digest: the verdict is the same without. */
  laterChampion: z.object({ version: z.string(), asOf: z.string(), reason: z.string() }).optional(),
  /** Rule by rule, as the report shows it; absent in verdicts of earlier versions. Not in the digest: outcome, reasons and distance are. */
  findings: z.array(ruleFinding).optional(),
});
/**
 * What a gate decided, and why.
 * @example
 * ```ts
 * const tell = defineStep({
 *   name: 'tell',
 *   effect: true,
 *   input: z.object({ verdict: Verdict }),
 *   output: z.object({ said: z.string() }),
 *   run: ({ verdict }) => ({ said: `${verdict.outcome}: ${verdict.reasons[0]}` }),
 * });
 * ```
 */
export type Verdict = z.output<typeof verdict> & { kind: 'verdict' };
export const Verdict: z.ZodType<Verdict, Verdict> = verdict;

/** A registered version, with what it was registered for. */
const version = z.object({
  kind: z.literal('version'),
  model: z.string(),
  version: z.string(),
  digest: z.string(),
  runId: z.string(),
  uri: z.string(),
  verdict: z.object({ digest: z.string(), against: z.string().nullable() }),
});
/**
 * A registered version of a model.
 * @example
 * ```ts
 * const release = defineStep({
 *   name: 'release',
 *   effect: true,
 *   input: z.object({ version: VersionRef }),
 *   output: z.object({ tag: z.string() }),
 *   run: ({ version }) => ({ tag: `${version.model}-${version.version}` }),
 * });
 * ```
 */
export type VersionRef = z.output<typeof version> & { kind: 'version' };
export const VersionRef: z.ZodType<VersionRef, VersionRef> = version;
