/** Whether a recorded process is the one that has its pid today. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ProcessIdentity } from './job-records.ts';

const run = promisify(execFile);

/** An id that changes at every boot of the machine. */
export async function bootId(): Promise<string> {
  if (process.platform === 'linux') return (await readFile('/proc/sys/kernel/random/boot_id', 'ascii')).trim();
  return (await run('sysctl', ['-n', 'kern.bootsessionuuid'])).stdout.trim();
}

/** When `pid` started, in the kernel's own words; null when nothing (or only a zombie) has that pid. */
export async function startTime(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') {
    return run('ps', ['-o', 'lstart=', '-p', String(pid)]).then(
      ({ stdout }) => stdout.trim() || null,
      () => null,
    );
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}

/** Same boot, same pid, same start time: never by pid alone, the kernel gives them out again. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return identity.bootId === (await bootId()) && identity.startTime === (await startTime(identity.pid));
}

/** Sends `signal` to the process, or with `group` to its whole process group, if it is still the one recorded. */
export async function signalProcess(
  identity: ProcessIdentity & { pgid?: number },
  signal: NodeJS.Signals,
): Promise<boolean> {
  if (!(await isAlive(identity))) return false;
  try {
    process.kill(identity.pgid === undefined ? identity.pid : -identity.pgid, signal);
    return true;
  } catch {
    return false;
  }
}
