/** The processes of a job, found by what they were told, not by what they wrote down. */
import { readdirSync, readFileSync } from 'node:fs';

/** Pids whose environment names the job's folder. */
export function processesOfJob(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(folder))
    .map(Number);
}

/** Empty for a process that has ended meanwhile, or is somebody else's. */
function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}
