/** Where, and beside what else, something was measured. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';

export interface Machine {
  cores: number;
  processor: string;
  memoryGb: number;
  system: string;
  node: string;
  python: string;
  /** Processes that wanted a core, mean of the last minute. */
  load: number;
  at: string;
}

export function machine(): Machine {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() || 'unknown processor',
    memoryGb: totalmem() / 2 ** 30,
    system: `${platform()} ${release()}`,
    node: process.version,
    python: execFileSync('python3', ['--version'], { encoding: 'utf8' }).trim(),
    load: loadavg()[0] ?? 0,
    at: new Date().toISOString(),
  };
}
