import { setTimeout as pause } from 'node:timers/promises';
import { defaultGrpcRetryOptions, type GrpcRetryOptions } from '@temporalio/client';

/** Longest wait between two tries; ms. The SDK's own is 5 s, which a close would have to wait for. */
const LONGEST_MS = 1_000;
/** As long in all as the SDK's ten, of longer waits. */
const TRIES = 20;

/**
 * The SDK's repetitions of requests that met no server, with an end: one that comes due when the connection has been closed
 * throws "Channel has been shut down" out of a timer, where nobody can catch it, and the process dies of it.
 */
export function endableRetries(): { readonly options: GrpcRetryOptions; end(): Promise<void> } {
  const usual = defaultGrpcRetryOptions({ maxAttempts: TRIES });
  let ended = false;
  let due = 0;
  return {
    options: {
      retryableDecider: (attempt, status) => !ended && usual.retryableDecider(attempt, status),
      delayFunction: (attempt, status) => {
        const wait = Math.min(usual.delayFunction(attempt, status), LONGEST_MS);
        due = Math.max(due, performance.now() + wait);
        return wait;
      },
    },
    /** Until the last one that waits has been sent; none follows. At most a second. */
    end: async () => {
      ended = true;
      const left = due - performance.now();
      if (left > 0) await pause(left + 50);
    },
  };
}
