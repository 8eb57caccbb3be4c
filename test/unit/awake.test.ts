/** A process that was frozen knows it by a clock that nobody sets, whichever of its lines goes on first. */
import { afterEach, expect, it, vi } from 'vitest';
import { stayAwake } from '#activities/model/awake.ts';
import { BEAT_MS, HEARTBEAT_TIMEOUT_MS } from '#contracts/heartbeat.ts';

afterEach(() => vi.useRealTimers());

it('is awake as long as its timer has its turns', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  let at = 0;
  const awake = stayAwake(() => at);
  for (let beat = 0; beat < 120; beat++) {
    at += 5_900;
    vi.advanceTimersByTime(500);
  }
  expect(awake.still()).toBe(true);
  awake.stop();
});

it('has lost its step, as far as it knows, before Temporal can have given it to another', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  let at = 0;
  const awake = stayAwake(() => at);
  // The last beat that the server heard may be two old.
  at += HEARTBEAT_TIMEOUT_MS - 2 * BEAT_MS;
  expect(awake.still()).toBe(false);
  awake.stop();
});

it.each([
  ['the line that asks', () => undefined],
  ['the timer', () => vi.advanceTimersByTime(500)],
])('was frozen for 15 minutes: %s goes on first', (_, first) => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  let at = 0;
  const awake = stayAwake(() => at);
  at += 15 * 60_000;
  first();
  expect(awake.still()).toBe(false);
  // What was lost stays lost.
  vi.advanceTimersByTime(5_000);
  expect(awake.still()).toBe(false);
  awake.stop();
});

it('has no eyes for a clock that is set', () => {
  vi.useFakeTimers({ now: 0, toFake: ['Date', 'setInterval', 'clearInterval'] });
  const awake = stayAwake();
  vi.setSystemTime(15 * 60_000);
  expect(awake.still()).toBe(true);
  awake.stop();
});
