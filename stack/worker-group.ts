import type { WorkerRequest } from './supervisor-request.ts';

export type WorkerGroup = {
  /** Nothing when they run already. */
  start(): void;
  /** Ends those that run and starts others; nothing when none was started yet. */
  restart(): void;
  /** For good. */
  stop(): Promise<void>;
};

/**
 * The workers of a request, together. A worker reads the servers' addresses when it begins: when one of them moves, all
 * of the workers begin again.
 */
export function workerGroup(
  request: WorkerRequest | null,
  supervise: (request: WorkerRequest, name: string) => { stop(): Promise<void> },
): WorkerGroup {
  let workers: { stop(): Promise<void> }[] | null = null;
  // Two of one name never live at once: whatever is asked for waits for what was asked for before.
  let turn = Promise.resolve();
  let stopped = false;
  const begin = () => {
    if (stopped || !request) return;
    workers = Array.from({ length: request.count }, (_, index) => supervise(request, `worker-${index + 1}`));
  };
  const end = async () => {
    await Promise.all((workers ?? []).map((worker) => worker.stop()));
  };
  const next = (work: () => void | Promise<void>) => {
    turn = turn.then(work);
    return turn;
  };
  return {
    start: () => void next(() => (workers ? undefined : begin())),
    restart: () =>
      void next(async () => {
        if (!workers || stopped) return;
        await end();
        begin();
      }),
    stop: () => {
      stopped = true;
      return next(end);
    },
  };
}
