/**
 * Whether this process has been at work all the time. One that was frozen (SIGSTOP, a laptop that slept, a machine that was
 * paused) goes on in the middle of a line: meanwhile Temporal has taken its step for dead, and another worker may be at it.
 */
import { uptime } from 'node:os';
import { BEAT_MS, HEARTBEAT_TIMEOUT_MS } from '#contracts/heartbeat.ts';

/** Whoever stood still for so long may have lost the step to another: the last beat that Temporal heard is up to two older. */
const LOST_MS = HEARTBEAT_TIMEOUT_MS - 2 * BEAT_MS;
const LOOK_MS = 500;

export interface Awake {
  /** False once nothing was done here for 6 s. */
  still(): boolean;
  stop(): void;
}

/**
 * Watches from now on.
 * @param now ms of a clock that nobody sets: time since boot, which goes on while the machine sleeps; not `Date.now`
 */
export function stayAwake(now: () => number = () => uptime() * 1_000): Awake {
  let last = now();
  let slept = false;
  const look = () => {
    const at = now();
    if (at - last >= LOST_MS) slept = true;
    last = at;
    return !slept;
  };
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  return { still: look, stop: () => clearInterval(timer) };
}
