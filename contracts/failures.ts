/** The closed list of failure types. Workflows branch on `type`; people read `message`. */

export const failureTypes = [
  /** The caller's mistake: params, plan, names. Never retried. */
  'InvalidInput',
  /** The pipeline file cannot be loaded or its graph is wrong. Never retried. */
  'InvalidPipeline',
  /** The data breaks an expectation or cannot be read. Never retried. */
  'DataInvalid',
  /** A user's step threw. Retried as its policy says. */
  'StepFailed',
  /** A user's step ended its process, blocked it, or used too much memory. */
  'StepHostDied',
  /** A step's output breaks its schema, is not JSON, or is too large. Never retried: the same code gives the same. */
  'InvalidOutput',
  /** The trainer or script ended with a failure of its own. Never retried unless the step says so. */
  'JobFailed',
  /** The job died without saying why (killed, machine lost): started again from its last checkpoint. */
  'JobDied',
  /** The champion is not the one the candidate was judged against: it is judged again. */
  'ChampionMoved',
  /** An outside system answered with an error that retrying will not mend (credentials, missing thing). */
  'OutsideRefused',
  /**
   * What a reference names is gone or holds other bytes than its digest says. Never retried as it is: whatever made it
   * is asked to make it again.
   */
  'ArtifactDamaged',
  /** An outside system cannot be reached: retried. */
  'OutsideUnreachable',
  /**
   * The worker has another version of a stage than the run was planned with: asked for where that version is, and where
   * there is none, the run goes on with the present one.
   */
  'StageElsewhere',
  /** A run ended as failed. */
  'RunFailed',
] as const;
export type FailureType = (typeof failureTypes)[number];

/** Types that Temporal must not retry. */
export const nonRetryable: readonly FailureType[] = [
  'InvalidInput',
  'InvalidPipeline',
  'DataInvalid',
  'InvalidOutput',
  'JobFailed',
  'ChampionMoved',
  'OutsideRefused',
  'ArtifactDamaged',
];

/**
 * A mistake or a state that a user can mend. The message gives the value, the limit and the next step to take;
 * it is printed as it is, without a stack trace. Adapters and activities throw it; the worker turns it into an
 * ApplicationFailure of the same type, retryable or not as {@link nonRetryable} says.
 * @example
 * ```ts
 * try {
 *   python('train.py > log');
 * } catch (error) {
 *   if (error instanceof UserError) console.error(error.type, error.message);
 * }
 * ```
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly type: FailureType;
  constructor(type: FailureType, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.type = type;
  }
}

/** A referenced artifact that is gone or damaged. `uri` is the reference's own: a run looks for the step that gave it. */
export class ArtifactDamaged extends UserError {
  readonly uri: string;
  constructor(uri: string, message: string, options?: { cause?: unknown }) {
    super('ArtifactDamaged', message, options);
    this.uri = uri;
  }
}
