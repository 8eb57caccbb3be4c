/** Somebody wants the step to end. Otherwise this worker stops, or the server gave the attempt up: a retry goes on. */
export const cancelled = (signal: AbortSignal) =>
  signal.reason instanceof Error && signal.reason.message === 'CANCELLED';
