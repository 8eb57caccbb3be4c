/** Programs as a user starts them: wall time and the most memory that they had. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

export interface Timed {
  readonly ms: number;
  /** MiB; null where the system does not tell. */
  readonly peakMb: number | null;
}

const POLL_MS = 20;

/** @throws Error with what it said, unless it ends with 0 */
export async function timed(words: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Timed> {
  const from = performance.now();
  const [program = '', ...args] = words;
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (some) => {
    said = (said + String(some)).slice(-2_000);
  });
  let peakKb = 0;
  // The kernel's own high-water mark: what is missed between two looks is in the next.
  const look = setInterval(() => {
    peakKb = Math.max(peakKb, highWater(child.pid));
  }, POLL_MS);
  const [code] = await once(child, 'exit');
  clearInterval(look);
  if (code !== 0) throw new Error(`${words.join(' ')}: ${said}`);
  return { ms: performance.now() - from, peakMb: peakKb === 0 ? null : peakKb / 1024 };
}

function highWater(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
