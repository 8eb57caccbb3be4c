/** How much memory a step host may hold, and how much it holds. */
import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';

const MIB = 1024 * 1024;

/** For steps that do not say, and for building graphs: what defineStep gives by default, so that a plan's host is warm for its steps. */
export const DEFAULT_MEMORY_MB = 512;

/** Node itself, the loaded code, and buffers in flight: what a process may hold beyond the step's JavaScript heap. */
const OVERHEAD_MB = 512;

/** V8 limits only its own heap; buffers and typed arrays live beside it, so the whole process has a limit too. */
export const residentLimitMb = (memoryMb: number) => memoryMb + OVERHEAD_MB;

/** What all step hosts of a worker may be together. */
export interface HostRoom {
  /** Graphs that are built at once, of whatever pipelines. */
  plans: number;
  /** MiB that steps at once may have said that they need; one that needs more runs alone. */
  stepsMb: number;
  /** Processes that are kept though they do nothing, so that the next run need not start one. */
  idle: number;
}

/** Of a process that has loaded a pipeline and waits, MiB; measured 60 to 90. */
const IDLE_MB = 80;

/**
 * By this machine's cores and memory, or the container's: building graphs has a quarter of it, steps three, and what only
 * waits a sixteenth.
 */
export function hostRoom(memoryMb = machineMemoryMb(), cores = availableParallelism()): HostRoom {
  const between = (least: number, most: number, value: number) => Math.max(least, Math.min(most, Math.floor(value)));
  return {
    plans: between(1, Math.max(2, cores), memoryMb / 4 / DEFAULT_MEMORY_MB),
    stepsMb: Math.floor((memoryMb * 3) / 4),
    idle: between(1, Math.max(8, 2 * cores), memoryMb / 16 / IDLE_MB),
  };
}

function machineMemoryMb(): number {
  // A container's own limit; 0 or absurdly much where there is none.
  const limit = process.constrainedMemory();
  return Math.min(limit > 0 ? limit : totalmem(), totalmem()) / MIB;
}

/** Resident memory of a process in MiB; null where the system does not tell (no /proc), or the process is gone. */
export async function residentMb(pid: number): Promise<number | null> {
  try {
    const pages = Number((await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1]);
    return Number.isFinite(pages) ? (pages * 4096) / MIB : null;
  } catch {
    return null;
  }
}
