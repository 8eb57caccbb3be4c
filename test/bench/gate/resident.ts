/** Peak of resident memory of a command and of all that it starts, sampled twenty times a second; of Linux, elsewhere null. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

export interface Ran {
  readonly ms: number;
  readonly peakMb: number | null;
  readonly code: number | null;
}

export async function runWatched(program: string, args: readonly string[]): Promise<Ran> {
  const from = performance.now();
  const child = spawn(program, [...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  let peak: number | null = null;
  let running = true;
  void ended.then(() => {
    running = false;
  });
  while (running) {
    const now = residentMb(child.pid as number);
    if (now !== null) peak = Math.max(peak ?? 0, now);
    await Promise.race([ended, setTimeout(50)]);
  }
  const [code] = await ended;
  return { ms: performance.now() - from, peakMb: peak, code };
}

const PAGE = 4_096;

function residentMb(pid: number): number | null {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return (pages * PAGE) / 2 ** 20 + children.reduce((sum, each) => sum + (residentMb(each) ?? 0), 0);
  } catch {
    return null; // It ended while it was looked at, or there is no /proc.
  }
}
