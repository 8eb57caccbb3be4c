/** How a node ends badly, told apart: its own failure, somebody else's, or a cancellation (Temporal's CancelledFailure). */
import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  isCancellation,
  TemporalFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { FailureType } from '#contracts/failures.ts';

/** As `attempt` hands it on and as the record keeps it. `node` is an instance id. */
export interface Failure {
  type: string;
  message: string;
  node: string | null;
  /** Of ArtifactDamaged: the reference that is of no use any more. */
  artifact?: string;
  /** Of StageElsewhere: the stage that no worker has in the pinned version. */
  stage?: string;
}

/** A node failed by itself. */
export class NodeFailed extends Error {
  override readonly name = 'NodeFailed';
  readonly failure: Failure;
  constructor(failure: Failure, options?: { cause?: unknown }) {
    super(failure.message, options);
    this.failure = failure;
  }
}

/** A block could not end because something outside of it, which it refers to, did not end well. Never the block's own fault. */
export class DependencyFailed extends Error {
  override readonly name = 'DependencyFailed';
}

export function nodeFailed(type: FailureType, node: string, message: string): NodeFailed {
  return new NodeFailed({ type, message, node });
}

/** Whatever an activity, a child or our own code threw, as the failure of `node`. Cancellations and DependencyFailed stay what they are. */
export function failureOf(error: unknown, node: string): unknown {
  if (error instanceof NodeFailed || error instanceof DependencyFailed || isCancellation(error)) return error;
  return new NodeFailed({ ...describe(error), node }, { cause: error });
}

/** Type and message of the innermost failure that says something. */
export function describe(error: unknown): Omit<Failure, 'node'> {
  if ((error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) && error.cause)
    return describe(error.cause);
  if (error instanceof ApplicationFailure) {
    const told = { type: error.type ?? 'StepFailed', message: error.message };
    const [detail] = error.details ?? [];
    if (typeof detail !== 'string') return told;
    if (told.type === 'ArtifactDamaged') return { ...told, artifact: detail };
    return told.type === 'StageElsewhere' ? { ...told, stage: detail } : told;
  }
  if (error instanceof TimeoutFailure) {
    const limit =
      error.timeoutType === 'HEARTBEAT' ? 'its worker stopped answering' : 'it ran longer than its time limit';
    return {
      type: 'StepFailed',
      message: `${limit} (${error.timeoutType}): raise the step's timeout if it needs longer`,
    };
  }
  if (error instanceof TemporalFailure) return { type: 'StepFailed', message: error.message };
  return { type: 'StepFailed', message: error instanceof Error ? error.message : String(error) };
}
