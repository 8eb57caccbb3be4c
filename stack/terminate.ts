import { setTimeout as delay } from 'node:timers/promises';
import { isSameProcess, type ProcessIdentity, signalGroup } from '#adapters/process/process-identity.ts';

const pollMilliseconds = 50;

/**
 * Ends a process that leads its own group: SIGTERM to it alone, so that it can wind down its children in its own
 * order, then SIGKILL to the group when `graceMilliseconds` are over. Does nothing to a process that only has its pid.
 * Returns whether there was anything to end.
 */
export async function terminate(recorded: ProcessIdentity, graceMilliseconds = 10_000): Promise<boolean> {
  if (recorded.pid <= 1 || !(await isSameProcess(recorded))) return false;
  try {
    process.kill(recorded.pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  if (!(await isGone(recorded, graceMilliseconds))) {
    await signalGroup(recorded, 'SIGKILL');
    await isGone(recorded, graceMilliseconds);
  }
  return true;
}

async function isGone(recorded: ProcessIdentity, withinMilliseconds: number): Promise<boolean> {
  const deadline = performance.now() + withinMilliseconds;
  while (await isSameProcess(recorded)) {
    if (performance.now() > deadline) return false;
    await delay(pollMilliseconds);
  }
  return true;
}
