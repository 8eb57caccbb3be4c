/** What a long training costs its run's history. */
import type { Context } from '@temporalio/activity';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Pulse } from '#activities/dispatch/pulse.ts';

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) }));
afterEach(() => void vi.useRealTimers());

/** Attempts of one activity: each begins with the last heartbeat of the one before. */
function activity() {
  const told: string[] = [];
  const beats: unknown[] = [];
  const attempt = () => {
    const info = { heartbeatDetails: beats.at(-1) };
    const context = { info, heartbeat: (details: unknown) => void beats.push(details) };
    // The part of an activity's context that a pulse uses.
    return new Pulse(context as unknown as Context, async (text) => void told.push(text));
  };
  return { told, beats, attempt };
}
const HOUR = 3_600_000;

async function train(pulse: Pulse, ms: number) {
  for (let at = 0; at < ms; at += 1_000) {
    pulse.progress(`step ${at}`);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  pulse.stop();
}

it('the run hears of a training ever more seldom, the heartbeats always: six hours are a dozen events', async () => {
  const { told, beats, attempt } = activity();
  await train(attempt(), 6 * HOUR);
  expect(told.slice(0, 3)).toEqual(['step 0 (00:00 UTC)', 'step 5000 (00:00 UTC)', 'step 15000 (00:00 UTC)']);
  expect(told.length).toBeLessThanOrEqual(14);
  expect(beats.at(-1)).toMatchObject({ text: `step ${6 * HOUR - 1_000}` });
  // Four times as long: two more.
  const { length } = told;
  const longer = activity();
  await train(longer.attempt(), 24 * HOUR);
  expect(longer.told.length).toBeLessThanOrEqual(length + 2);
});

it('attempts of one step count together, also those that only wait for a server', async () => {
  const { told, attempt } = activity();
  for (let n = 0; n < 500; n++) await train(attempt(), 60_000);
  expect(told.length).toBeLessThanOrEqual(15);
});
