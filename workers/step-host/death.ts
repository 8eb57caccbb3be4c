/** Why a step host ended, in words that tell what to do. */

export interface Death {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The end of what Node itself wrote before it died. */
  stderr: string;
  /** Killed by its worker for holding too much beside its heap. */
  overMemory: boolean;
  memoryMb: number;
}

/** A pipeline that is loaded and its graph built, or one of its steps: each has a remedy of its own. */
export type Work = 'plan' | 'step';

export function explainDeath(what: string, work: Work, death: Death): string {
  const { code, signal, stderr, memoryMb, overMemory } = death;
  if (/heap out of memory|heap limit/i.test(stderr) || overMemory)
    return `${what} used more memory than its ${memoryMb} MiB: ${
      work === 'step'
        ? `read less at once (DuckDB, streams), or raise it with resources: { memoryMb: ${memoryMb * 2} }`
        : 'let its module and its graph read and hold no data; that is the work of steps'
    }.`;
  if (signal)
    return `${what} was ended by ${signal} from outside, or by the system for want of memory (it had ${memoryMb} MiB): it is tried again.`;
  return `${what} ended its own process with exit code ${code}: return a value or throw an error instead of calling process.exit().`;
}
