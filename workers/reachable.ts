/** Before a worker takes work: is everything there that it needs, and does it let us in? One clear message if not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '#contracts/failures.ts';
import type { Tracking } from '#ports/tracking.ts';

/** Servers that start beside the worker need a moment. */
const PATIENCE_MS = 45_000;

interface Needed {
  store: { ensureBucket(): Promise<void> };
  tracking: Pick<Tracking, 'alias'>;
}

/** @throws UserError OutsideRefused at once (credentials), OutsideUnreachable after `patienceMs`. */
export async function reachable(
  { store, tracking }: Needed,
  waiting: (message: string) => void,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  // A model that nobody has: the cheapest question that needs the registry and the right to read it.
  await Promise.all([
    patient(() => store.ensureBucket(), waiting, patienceMs),
    patient(() => tracking.alias('ratchet-is-there', 'champion'), waiting, patienceMs),
  ]);
}

export async function patient<T>(
  ask: () => Promise<T>,
  waiting: (message: string) => void,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const until = Date.now() + patienceMs;
  for (let said = false; ; ) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof UserError) || error.type !== 'OutsideUnreachable' || Date.now() > until) throw error;
      if (!said) waiting(error.message);
      said = true;
      await sleep(500);
    }
  }
}
