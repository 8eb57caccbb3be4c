/** Why a step host ended, in words that tell what to do. */
import { UserError } from '#contracts/failures.ts';
import { residentLimitMb } from './memory.ts';

/** `killed` by somebody else is the machine's doing, anything else the step's own. */
export class HostDied extends UserError {
  readonly killed: boolean;
  constructor(message: string, signal: NodeJS.Signals | null) {
    super('StepHostDied', message);
    this.killed = signal === 'SIGKILL' || signal === 'SIGTERM';
  }
}

export interface Death {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The end of what Node itself wrote before it died. */
  stderr: string;
  /** The most that was seen. */
  heldMb: number;
  memoryMb: number;
}

export function explainDeath(what: string, death: Death): string {
  const { code, signal, stderr, memoryMb, heldMb } = death;
  if (/heap out of memory|heap limit/i.test(stderr) || heldMb > residentLimitMb(memoryMb))
    return `${what} used more memory than its ${memoryMb} MiB: read less at once (DuckDB, streams), or raise it with resources: { memoryMb: ${memoryMb * 2} }.`;
  if (signal)
    return `${what} was ended by ${signal} from outside, or by the system for want of memory (it had ${memoryMb} MiB): it is tried again.`;
  return `${what} ended its own process with exit code ${code}: return a value or throw an error instead of calling process.exit().`;
}
