/** The usual graph with safe defaults: validate → featurize → train → evaluate → gate → register → promote. */
import { z } from 'zod';
import { describeIssues } from '#contracts/describe-issues.ts';
import { type Duration, milliseconds } from '#contracts/duration.ts';
import { GateRules } from '#contracts/gate-rules.ts';
import type { Json } from '#contracts/json.ts';
import type { DeclaredProgram } from '#contracts/program.ts';
import type { Reading } from '#contracts/reading.ts';
import type { Split, View } from '#contracts/stages/featurize.ts';
import { evaluate, featurize, gate, promote, register, train, validateData } from '#contracts/stages/index.ts';
import type { LoopLimits } from '#contracts/trigger-condition.ts';
import type { Expectation } from '#contracts/validation.ts';
import type { WatchPolicy } from '#contracts/watch.ts';
import { definePipeline, type GraphContext } from '../define-pipeline.ts';
import { calledFrom, callSite } from '../graph/call-site.ts';
import { definitionError, shownValue } from '../graph/definition-error.ts';
import type { TriggerCondition } from '../triggers.ts';
import { askedOfEvaluate } from './asked-of-evaluate.ts';

/**
 * A table to join: where it comes from instead of a dataset of an earlier step.
 * @example
 * ```ts
 * const plans: SourceView = { name: 'plans', source: 'plans.csv', on: { plan: 'plan' } };
 * ```
 */
export type SourceView = Omit<View, 'data'> & {
  source: string;
  reading?: Reading;
  expectations?: readonly Expectation[];
};

/**
 * What {@link continuousTraining} is told.
 * @example
 * ```ts
 * const options: ContinuousTraining = {
 *   name: 'churn',
 *   data: 'churn/*.parquet',
 *   target: 'left',
 *   time: 'at',
 *   trainer: python('train.py'),
 *   rules: { metric: 'roc_auc', minimumEffect: 0.002 },
 * };
 * ```
 */
export interface ContinuousTraining<P extends z.ZodObject = z.ZodObject> {
  name: string;
  description?: string;
  /** The registered model. Default: the pipeline's name. */
  model?: string;
  /** Path or glob (relative to the pipeline's folder) or `s3://` URI of the rows. */
  data: string;
  /** How its files are read: marks of missing values, types, ways of writing dates, …; as in validateData. */
  reading?: Reading;
  /** The column to predict. */
  target: string;
  /** `python('train.py')`, or any other program. */
  trainer: DeclaredProgram;
  /** Time column of `data`: rows from `asOf` on are left out, and the split is in time order. */
  time?: string;
  expectations?: readonly Expectation[];
  views?: readonly SourceView[];
  /** New columns, as DuckDB expressions. */
  derive?: Record<string, string>;
  /** Rows to keep, a DuckDB expression. */
  where?: string;
  /** Columns that the trainer is given, the target among them. Default all. */
  select?: readonly string[];
  /** Columns that are known only after the fact: an error when the trainer would be given one. */
  leakage?: readonly string[];
  /** Length of the training window before the holdout; with `time` and a holdout of some length. */
  train?: Duration;
  /** The holdout: a length of time before `asOf`, or the last share of the rows. Default 0.2. */
  holdout?: Duration | number;
  /** Between training window and holdout; default `labelsAfter`. */
  gap?: Duration;
  /**
   * A row's label is known this long after the row's time. Rows whose labels cannot be known `asOf` are neither trained on
   * nor judged on: training window and holdout end so much earlier. The gap is as long by default, as a model in production
   * was trained before the labels of the rows right before it were known (a holdout that is a share has no gap); the watch
   * waits as long. Needs `time`.
   */
  labelsAfter?: Duration;
  /** Default binary. */
  task?: 'binary' | 'regression' | 'multiclass';
  /** What a candidate must show. There is no default: a gate without rules would let anything through. */
  rules: GateRules;
  /** Columns whose values are judged on their own. */
  slices?: readonly string[];
  /**
   * How candidate and champion are compared: what is independent of each other (`by`, `block`, `groupBy`), each row's `weight`,
   * the method (`compareBy`) and more; as in evaluate. Default: blocks of time with `time`, else single rows.
   */
  evaluate?: Pick<
    z.input<typeof evaluate.input>,
    | 'by'
    | 'block'
    | 'groupBy'
    | 'weight'
    | 'compareBy'
    | 'minimumSliceRows'
    | 'threshold'
    | 'bootstrap'
    | 'fairness'
    | 'latency'
    | 'calibration'
    | 'examples'
    | 'worstSlices'
    | 'robustness'
  >;
  /** Handed to the trainer, except `asOf`, which every run may be given. */
  params?: P;
  triggers?: TriggerCondition;
  /** What holds runs back; see `definePipeline`. */
  limits?: z.input<typeof LoopLimits>;
  /** How often the data is looked at (default hourly). How late labels are, and the rest, is what the options say. */
  watch?: Omit<z.input<typeof WatchPolicy>, 'source' | 'reading' | 'timeColumn' | 'target' | 'task' | 'features'>;
}

const AsOf = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })])
  .optional()
  .describe('The day or the time that the run is made for: it sees nothing later. Default: when it starts.');

/** What a run may be given: the params of the options, and `asOf` where they do not say themselves how it is written. */
type WithAsOf<P extends z.ZodObject> = z.ZodObject<{ asOf: typeof AsOf } & P['shape'], P['_zod']['config']>;

function withAsOf<P extends z.ZodObject>(params: P | undefined): WithAsOf<P> {
  const given: z.ZodObject = params ?? z.object({});
  // The type says what is done here, which the compiler cannot follow through `P`.
  return ('asOf' in given.shape ? given : given.safeExtend({ asOf: AsOf })) as unknown as WithAsOf<P>;
}

/**
 * A pipeline of the seven stages; what it builds can be written with `definePipeline` and nothing else. Throws
 * UserError InvalidPipeline without gate rules, or when the windows of the split do not fit together.
 * @example
 * ```ts
 * export default continuousTraining({
 *   name: 'churn',
 *   data: 'churn.csv',
 *   target: 'left',
 *   trainer: python('train.py'),
 *   expectations: [expect.column('left').notNull()],
 *   rules: { metric: 'roc_auc', minimumEffect: 0.002, floors: { roc_auc: 0.6 } },
 * });
 * ```
 */
export function continuousTraining<const P extends z.ZodObject = z.ZodObject<Record<never, never>>>(
  options: ContinuousTraining<P>,
) {
  const at = callSite(continuousTraining);
  const rules = checkedRules(options, at);
  const splitAt = split(options, at);
  refuseSaidTwice(options, at);
  refuseLateLabels(options, at);
  return calledFrom(at, () =>
    definePipeline({
      name: options.name,
      model: options.model ?? options.name,
      description: options.description,
      params: withAsOf(options.params),
      triggers: options.triggers,
      limits: options.limits,
      watch: options.watch && watched(options, options.watch),
      graph: (g) => calledFrom(at, () => usualGraph(options, rules, splitAt, g)),
    }),
  );
}

/** Where the compiler did not see it: what would be ignored is an error. */
function refuseSaidTwice(options: ContinuousTraining, at: string | null): void {
  const said = {
    source: 'data',
    reading: 'reading',
    timeColumn: 'time',
    target: 'target',
    task: 'task',
    features: 'select, derive …',
  };
  for (const [key, option] of Object.entries(said))
    if (key in (options.watch ?? {}))
      throw definitionError(
        at,
        `the watch of ${options.name} names ${key}: it looks at what is trained on, so leave it out and say it with ${option} of continuousTraining.`,
      );
}

/** Labels that are late for the watch are late for training, too: what no run as of now could do is told before the first one. */
function refuseLateLabels(
  { name, time, holdout = 0.2, labelsAfter, watch }: ContinuousTraining,
  at: string | null,
): void {
  const watched = watch?.labelsAfter;
  if (labelsAfter !== undefined) {
    if (!/^\d+(\.\d+)?[smhd]$/.test(labelsAfter))
      throw definitionError(
        at,
        `labelsAfter of ${name} is ${shownValue(labelsAfter)}, not a duration: a number and a unit, '28d' or '12h'.`,
      );
    if (!time)
      throw definitionError(
        at,
        `the labels of ${name} come ${labelsAfter} after their rows, but no time column is named: add time: 'column'.`,
      );
    if (watched !== undefined && milliseconds(watched) !== milliseconds(labelsAfter))
      throw definitionError(
        at,
        `the labels of ${name} are ${labelsAfter} late for training and ${watched} late for the watch: say it once, labelsAfter: '${labelsAfter}' of continuousTraining, and leave it out of watch.`,
      );
    return;
  }
  if (watched === undefined || typeof holdout === 'number' || milliseconds(watched) < milliseconds(holdout)) return;
  throw definitionError(
    at,
    `the labels of ${name} come ${watched} after their rows (watch.labelsAfter) and the holdout is the last ${holdout} before a run: as of now none of its rows has a label. Write labelsAfter: '${watched}' beside holdout instead of in watch: gap, holdout and the end of training move with it.`,
  );
}

/** What the watch measures on is made as what training reads: joined, derived, filtered, selected. */
function watched(options: ContinuousTraining, watch: NonNullable<ContinuousTraining['watch']>) {
  const { data: source, reading, time: timeColumn, target, task, derive, where, select, leakage } = options;
  const views = options.views?.map(({ expectations: _, ...view }) => view);
  const features = { derive, where, select: select && [...select], leakage: leakage && [...leakage], views };
  const { labelsAfter = watch.labelsAfter } = options;
  const late = labelsAfter === undefined ? {} : { labelsAfter };
  return { ...watch, ...late, source, reading, timeColumn, target, task, features };
}

function usualGraph(
  options: ContinuousTraining,
  rules: GateRules,
  splitAt: (asOf: string) => Split,
  { params, champion, asOf, run, when, approval }: GraphContext<z.ZodObject>,
) {
  const { target, time, task = 'binary' } = options;
  const until = (timeColumn: string | undefined, end = asOf) => (timeColumn ? { asOf: end, timeColumn } : {});
  const labelled = labelledUntil(asOf, options.labelsAfter);
  const data = run(validateData, {
    source: options.data,
    ...options.reading,
    expectations: list(options.expectations),
    ...until(time, labelled),
  });
  const views = list(options.views).map(({ source, reading, expectations, ...view }) => {
    const checked = run(
      validateData,
      { source, ...reading, expectations: list(expectations), ...until(view.time) },
      { id: view.name },
    );
    return { ...view, data: checked.snapshot };
  });
  const features = run(featurize, {
    data: data.snapshot,
    time,
    views,
    derive: options.derive ?? {},
    where: options.where,
    select: options.select,
    leakage: list(options.leakage),
    target,
    split: splitAt(labelled),
  });
  const { asOf: _, ...hyperparameters } = params as Record<string, Json>;
  const candidate = run(train, { features: features.train, trainer: options.trainer, params: hyperparameters, target });
  const report = run(evaluate, {
    candidate: candidate.model,
    champion,
    holdout: features.holdout,
    target,
    task,
    compare: [rules.metric],
    slices: list(options.slices),
    ...askedOfEvaluate(rules),
    ...options.evaluate,
  });
  const verdict = run(gate, { report: report.evidence, rules });
  const { approval: rule } = rules;
  if (rule) {
    const { by, roles, quorum, timeout = '7d', escalateAfter, escalateTo } = rule;
    const answer = when(verdict.needsApproval, () =>
      approval({
        ...{ title: `Promote to champion of ${options.model ?? options.name}?`, evidence: verdict.record },
        ...{ by: list(by), roles: list(roles), quorum, timeout, onTimeout: 'reject', escalateAfter, escalateTo },
      }),
    ).otherwise(() => ({ approved: verdict.passed, by: '', note: '' }));
    const release = when(answer.approved, () => {
      const version = run(register, { candidate: candidate.model, verdict: verdict.record, approval: answer });
      return run(promote, { version: version.ref });
    });
    return { verdict: verdict.record, metrics: candidate.metrics, release };
  }
  const release = when(verdict.passed, () => {
    const version = run(register, { candidate: candidate.model, verdict: verdict.record });
    return run(promote, { version: version.ref });
  });
  return { verdict: verdict.record, metrics: candidate.metrics, release };
}

/** Labels of rows before this time are known `asOf`. */
function labelledUntil(asOf: string, labelsAfter: Duration | undefined): string {
  return labelsAfter === undefined ? asOf : new Date(Date.parse(asOf) - milliseconds(labelsAfter)).toISOString();
}

const list = <T>(items: readonly T[] | undefined): readonly T[] => items ?? [];

function checkedRules(options: ContinuousTraining, at: string | null): GateRules {
  const example = "rules: { metric: 'roc_auc', minimumEffect: 0.002, floors: { roc_auc: 0.6 } }";
  if (options.rules === undefined)
    throw definitionError(
      at,
      `continuousTraining ${shownValue(options.name)} has no gate rules, so any model would be promoted: say what a candidate must show, ${example}.`,
    );
  // A holdout that moves on with time has new rows for the next verdict; one that is a share of the rows may be the same for years.
  const byTime = options.time !== undefined && typeof options.holdout === 'string';
  const rules: GateRules = byTime ? { holdout: 'fresh', ...options.rules } : options.rules;
  const parsed = GateRules.safeParse(rules);
  if (!parsed.success)
    throw definitionError(
      at,
      `the gate rules of ${options.name} are wrong: ${describeIssues(parsed.error.issues, rules).join('; ')}. For example ${example}.`,
    );
  return rules;
}

function split(options: ContinuousTraining, at: string | null): (asOf: string) => Split {
  const { time, train: window, holdout = 0.2, labelsAfter } = options;
  if (typeof holdout === 'number') {
    const { gap } = options;
    if (window || gap)
      throw definitionError(
        at,
        `${options.name} has a ${window ? 'train' : 'gap'} of ${window ?? gap} beside a holdout of ${holdout} (a share): windows of time go together, train: '90d', holdout: '21d'.`,
      );
    return () => ({ by: 'share', holdout });
  }
  if (!time)
    throw definitionError(
      at,
      `the holdout of ${options.name} is ${holdout} long, but no time column is named: add time: 'column', or give the holdout as a share of the rows (0.2).`,
    );
  if (!window)
    throw definitionError(
      at,
      `the holdout of ${options.name} is ${holdout} long, but the training window before it has no length: add train: '90d'.`,
    );
  const gap = options.gap ?? labelsAfter;
  return (asOf) => ({ by: 'time', asOf, train: window, holdout, ...(gap ? { gap } : {}) });
}
