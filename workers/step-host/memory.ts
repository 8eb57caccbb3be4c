/** How much memory a step host may hold, and how much it holds. */
import { readFile } from 'node:fs/promises';

const MIB = 1024 * 1024;

/** For steps that do not say, and for building graphs: what defineStep gives by default, so that a plan's host is warm for its steps. */
export const DEFAULT_MEMORY_MB = 512;

/** Node itself, the loaded code, and buffers in flight: what a process may hold beyond the step's JavaScript heap. */
const OVERHEAD_MB = 512;

/** V8 limits only its own heap; buffers and typed arrays live beside it, so the whole process has a limit too. */
export const residentLimitMb = (memoryMb: number) => memoryMb + OVERHEAD_MB;

/** Resident memory of a process in MiB; null where the system does not tell (no /proc), or the process is gone. */
export async function residentMb(pid: number): Promise<number | null> {
  try {
    const pages = Number((await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1]);
    return Number.isFinite(pages) ? (pages * 4096) / MIB : null;
  } catch {
    return null;
  }
}
