/**
 * Whether this process has been at work all the time. One that was frozen (SIGSTOP, a laptop that slept, a machine that was
 * paused) goes on in the middle of a line: meanwhile Temporal has taken its step for dead, and another worker may be at it.
 */
import { uptime } from 'node:os';

/** A step without a sign of life for so long has been given to another: Temporal's heartbeat timeout of 10 s, less a beat. */
const LOST_MS = 8_000;
const BEAT_MS = 500;

export interface Awake {
  /** False once nothing was done here for 8 s. */
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
  const timer = setInterval(look, BEAT_MS);
  timer.unref();
  return { still: look, stop: () => clearInterval(timer) };
}
