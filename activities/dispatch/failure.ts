/** What Temporal is told of a failed attempt: which type, and whether to try again. */
import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { ArtifactDamaged, nonRetryable, UserError } from '#contracts/failures.ts';
import { Throttled } from '#ports/throttled.ts';
import { StageElsewhere } from './stage-versions.ts';
import { HostDied, HostsBusy } from './step-work.ts';

/** How long an outside system may be away before a step that needs it gives up. @internal */
export const PATIENCE_MS = 24 * 60 * 60_000;
/** An attempt that went on for longer than this before it met the outage was not held up by the one before. */
const NEW_OUTAGE_MS = 5 * 60_000;
/** A process that somebody kills again and again: tried at least this often, whatever the step says of its own failures. */
const DEATHS = 5;

export interface Tries {
  /** Most failures of the step's own. */
  allowed: number;
  /** Counted over all attempts; raised here. */
  own: number;
  deaths: number;
  /** When the outage began that this step waits out, in ms since the epoch; set here, null when there is none. */
  awaySince: number | null;
  /** When this attempt began, and now; ms since the epoch. */
  startedAt: number;
  now: number;
}

/** What a worker's shutdown does to an attempt: the next worker takes it up at once. */
export function interrupted(): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'StepHostDied',
    message: 'The worker was stopped; the step goes on with the next one.',
    nextRetryDelay: '1s',
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** A worker that was frozen and goes on: the step is tried again by whoever has it now, and it counts as nobody's failure. */
export function stoodStill(): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'StepHostDied',
    message: 'The worker stood still while it started a job; the step is taken up again.',
    nextRetryDelay: '1s',
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** The run of this step is over, and a retry has its job: whatever the step still says is heard by nobody. */
export function takenOver(): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'StepHostDied',
    message: 'Another run has taken the job over.',
    nextRetryDelay: '1s',
    category: ApplicationFailureCategory.BENIGN,
  });
}

/**
 * The failure to throw for `error`; counts it into `tries`. `patienceMs`: longest outage that is waited out. Messages are for
 * people: no stack of ours travels.
 */
export function failedAttempt(error: unknown, step: string, tries: Tries, patienceMs = PATIENCE_MS): Error {
  if (error instanceof CancelledFailure) return error;
  // Passed on from a workflow that was asked: its type decides here as it would there.
  if (error instanceof ApplicationFailure) return passedOn(error);
  if (error instanceof HostsBusy)
    return plain(
      ApplicationFailure.create({
        type: 'StepHostDied',
        message: error.message,
        nextRetryDelay: '1s',
        category: ApplicationFailureCategory.BENIGN,
      }),
    );
  if (error instanceof StageElsewhere)
    return plain(
      ApplicationFailure.create({
        type: 'StageElsewhere',
        message: error.message,
        nonRetryable: error.final,
        nextRetryDelay: '1s',
        // The workflow pins the stage anew.
        details: [error.stage],
        category: ApplicationFailureCategory.BENIGN,
      }),
    );
  const { type, message } = told(error, step);
  let final = nonRetryable.includes(type);
  let words = message;
  if (error instanceof HostDied && error.killed) final = ++tries.deaths >= Math.max(DEATHS, tries.allowed);
  else if (type === 'StepFailed' || type === 'StepHostDied' || type === 'JobDied') {
    final = ++tries.own >= tries.allowed;
    if (final && tries.allowed > 1) words = `${message} (tried ${tries.own} times)`;
  }
  const since = type === 'OutsideUnreachable' ? outage(tries) : null;
  tries.awaySince = since;
  if (since !== null && tries.now - since > patienceMs) {
    final = true;
    words = `${message} Given up after ${inWords(tries.now - since)}: \`ratchet retry\` goes on once it can be reached. RATCHET_PATIENCE says how long a step waits.`;
  }
  // The workflow looks for the step that made it.
  const details = error instanceof ArtifactDamaged ? [error.uri] : [];
  // The system's own word of when counts for more than the policy's back-off.
  const delay = error instanceof Throttled ? { nextRetryDelay: error.retryAfterMs } : {};
  return plain(ApplicationFailure.create({ type, message: words, nonRetryable: final, details, ...delay }));
}

/** The beginning of the outage that this attempt met: the same as the last attempt's, or its own. */
function outage({ awaySince, startedAt, now }: Tries): number {
  return awaySince === null || now - startedAt > NEW_OUTAGE_MS ? now : awaySince;
}

const inWords = (ms: number) =>
  ms < 2 * 60 * 60_000 ? `${Math.round(ms / 60_000)} minutes` : `${Math.round(ms / 3_600_000)} hours`;

/** What happened, in our words where we have some. */
function told(error: unknown, step: string): Pick<UserError, 'type' | 'message'> {
  if (error instanceof UserError) return error;
  const words = error instanceof Error ? error.message : String(error);
  return diskFull(error) ?? { type: 'StepFailed', message: `Step "${step}" failed: ${words}` };
}

/** A full disk is nobody's bug: it is waited for like a server that is away. */
function diskFull(error: unknown): Pick<UserError, 'type' | 'message'> | null {
  if (!(error instanceof Error) || !('code' in error) || !['ENOSPC', 'EDQUOT'].includes(String(error.code)))
    return null;
  return {
    type: 'OutsideUnreachable',
    message: `The disk of the worker's machine is full (${error.message}). Free some space there: it is tried again until then.`,
  };
}

function passedOn({ type, message, nonRetryable: final, details }: ApplicationFailure): ApplicationFailure {
  const ends = final || (nonRetryable as readonly (string | null | undefined)[]).includes(type);
  return plain(
    ApplicationFailure.create({ type: type ?? 'StepFailed', message, nonRetryable: ends, details: details ?? [] }),
  );
}

type Activities = Record<string, (...args: never[]) => Promise<unknown>>;

/** Activities that throw UserError as ones that Temporal understands: a user's mistake ends, anything else is tried again. */
export function asActivities<A extends object>(activities: A): Activities {
  const wrapped = Object.entries(activities as Activities).map(([name, activity]) => [
    name,
    async (...args: never[]) => {
      try {
        return await activity(...args);
      } catch (error) {
        const known = error instanceof UserError ? error : diskFull(error);
        if (!known) throw error;
        throw plain(
          ApplicationFailure.create({
            type: known.type,
            message: known.message,
            nonRetryable: nonRetryable.includes(known.type),
          }),
        );
      }
    },
  ]);
  return Object.fromEntries(wrapped);
}

function plain(failure: ApplicationFailure): ApplicationFailure {
  failure.stack = '';
  return failure;
}
