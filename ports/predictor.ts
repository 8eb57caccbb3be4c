/** Asks a trained model what it says of a table's rows. The model runs in its own Python environment, outside of ours. */

import type { InputExample, Signature } from '#contracts/signature.ts';

/**
 * What a model said of each row of a table, as columns of a Parquet file in the table's row order.
 * A score that is null or NaN means that the model gave none for that row.
 */
export interface Scores {
  readonly file: string;
  readonly rows: number;
  /** Numbers: a regression's prediction, or one score a row of a model that names no classes. */
  readonly value: string | null;
  /** One column a class, in the model's order. */
  readonly probabilities: readonly { readonly label: string; readonly column: string }[] | null;
  /** Predicted labels, as text. */
  readonly label: string | null;
  /** As the model was logged; null without one. Absent where the answer is of a file, not of a model. */
  readonly signature?: Signature | null;
  /** Of rows that were spoiled: how many cells are others. */
  readonly cells?: number | undefined;
}

export interface PredictRequest {
  /** Interpreter of the Python environment. */
  readonly python: string;
  /** Folder of the model's files, with `MLmodel`. */
  readonly model: string;
  /** What messages call the model: `the candidate`, `champion v3`. */
  readonly name: string;
  /** Parquet. */
  readonly rows: string;
  /** Columns that the model must not see. */
  readonly without: readonly string[];
  readonly task: 'binary' | 'regression' | 'multiclass';
  /** Parquet to write. */
  readonly to: string;
  /** Of so many rows at most, drawn by the seed, each spoiled before it is predicted; the others get no score. */
  readonly perturb?: {
    readonly kind: 'none' | 'missing' | 'unseen' | 'noise';
    /** Of the cells that can be spoiled so. */
    readonly share: number;
    /** The most by which noise changes a number, as a share of it. */
    readonly size: number;
    readonly rows: number;
    readonly seed: number;
  };
}

/** Models to be asked in turns, and how: the first is the candidate, the second the champion. */
export interface LoadRequest extends Pick<PredictRequest, 'python' | 'rows' | 'without' | 'task'> {
  readonly models: readonly Pick<PredictRequest, 'model' | 'name'>[];
  /** Rows of a request. */
  readonly size: number;
  /** To each model. */
  readonly requests: number;
  /** Fewer, where all together would take longer. */
  readonly seconds: number;
  /** How often each process is started. */
  readonly starts: number;
  /** Which rows are asked about. */
  readonly seed: number;
}

/** Of one model in a process of its own. */
export interface ServedTimes {
  /** Milliseconds by request. */
  readonly latencies: readonly number[];
  /** How much of each nobody worked at it, although somebody was ready, because other work had the cores; null: not counted. */
  readonly waits: readonly number[] | null;
  /** Milliseconds from each start until it could be asked, without such waiting. */
  readonly starts: readonly number[];
  /** The most that was resident, in bytes. */
  readonly memory: number;
}
export interface LoadMeasured {
  readonly candidate: ServedTimes;
  /** Null where there was none to ask. */
  readonly champion: ServedTimes | null;
}

export interface Predictor {
  /**
   * Loads the model and predicts every row. Two requests run side by side.
   *
   * @throws UserError JobFailed when the model cannot be loaded or refuses the rows, with Python's own reason;
   *   StepHostDied when the process died (worth a retry). Rejects with the signal's reason on cancel.
   */
  predict(request: PredictRequest, signal: AbortSignal): Promise<Scores>;
  /**
   * Serves each model in a process that is started for it, and asks them in turns.
   *
   * @throws UserError as `predict` does
   */
  load(request: LoadRequest, signal: AbortSignal): Promise<LoadMeasured>;
  /**
   * Loads the model as MLflow does for whoever serves it, and predicts the input example that was logged with it. What the model says to that is the
   * answer, also when it fails.
   *
   * @throws UserError StepHostDied when the process died (worth a retry)
   */
  example(request: Pick<PredictRequest, 'python' | 'model' | 'name'>, signal: AbortSignal): Promise<InputExample>;
  /** Starts a Python process that will be asked soon: its imports take seconds. */
  warm(python: string): void;
  /** Ends the processes. */
  close(): Promise<void>;
}
