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

export function explainDeath(what: string, death: Death): string {
  const { code, signal, stderr, memoryMb, overMemory } = death;
  if (/heap out of memory|heap limit/i.test(stderr) || overMemory)
    return `${what} used more memory than its ${memoryMb} MiB: read less at once (DuckDB, streams), or raise it with resources: { memoryMb: ${memoryMb * 2} }.`;
  if (signal)
    return `${what} was ended by ${signal} from outside, or by the system for want of memory (it had ${memoryMb} MiB): it is tried again.`;
  return `${what} ended its own process with exit code ${code}: return a value or throw an error instead of calling process.exit().`;
}
