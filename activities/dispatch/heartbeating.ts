/** Activities that beat while they run: their worker's death is noticed within the heartbeat timeout, not at their time limit. */
import { Context } from '@temporalio/activity';
import { BEAT_MS } from '#contracts/heartbeat.ts';

export function heartbeating<A extends object>(activities: A): A {
  const wrapped = Object.entries(activities as Record<string, (...args: never[]) => Promise<unknown>>).map(
    ([name, activity]) => [
      name,
      async (...args: never[]) => {
        const context = Context.current();
        const timer = setInterval(() => context.heartbeat(), BEAT_MS);
        try {
          return await activity(...args);
        } finally {
          clearInterval(timer);
        }
      },
    ],
  );
  return Object.fromEntries(wrapped) as A;
}
