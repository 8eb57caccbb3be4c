import { setTimeout as pause } from 'node:timers/promises';

/**
 * Starts one of Temporal's test servers, and once more when it did not answer: the SDK gives it five seconds, which
 * are not enough where every core is busy with other tests.
 */
export async function patiently<T>(start: () => Promise<T>, attempts = 5): Promise<T> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await start();
    } catch (error) {
      if (attempt === attempts || !/did not start within/.test(String(error))) throw error;
      await pause(1000 * attempt);
    }
}
