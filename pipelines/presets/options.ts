/** What `continuousTraining` is told. */
import type { z } from 'zod';
import type { ModelRef } from '#contracts/data.ts';
import type { Duration } from '#contracts/duration.ts';
import type { GateCheck } from '#contracts/gate-check.ts';
import type { GateRules } from '#contracts/gate-rules.ts';
import type { DeclaredProgram } from '#contracts/program.ts';
import type { Reading } from '#contracts/reading.ts';
import type { View } from '#contracts/stages/featurize.ts';
import type { evaluate } from '#contracts/stages/index.ts';
import type { Step } from '#contracts/step.ts';
import type { LoopLimits } from '#contracts/trigger-condition.ts';
import type { Expectation } from '#contracts/validation.ts';
import type { WatchPolicy } from '#contracts/watch.ts';
import type { TriggerCondition } from '../triggers.ts';

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
 * What `continuousTraining` is told.
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
  /**
   * Steps that are given the candidate's `model` once it is trained, and say whether it may pass: `testStep`s, or steps of one's own
   * that give a `check`. Each is a rule of the gate.
   */
  checks?: readonly Step<{ model: ModelRef }, { check: GateCheck }>[];
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
    | 'inputExample'
  >;
  /** Handed to the trainer, except `asOf`, which every run may be given. */
  params?: P;
  triggers?: TriggerCondition;
  /** What holds runs back; see `definePipeline`. */
  limits?: z.input<typeof LoopLimits>;
  /** How often the data is looked at (default hourly). How late labels are, and the rest, is what the options say. */
  watch?: Omit<z.input<typeof WatchPolicy>, 'source' | 'reading' | 'timeColumn' | 'target' | 'task' | 'features'>;
}
