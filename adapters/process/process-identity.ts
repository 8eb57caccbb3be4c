import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * Names one process for good. A pid alone is recycled; a pid with its start time in the same boot is not.
 * `startedAt` is the kernel's own figure (clock ticks since boot on Linux, `ps` text elsewhere): compare it, never parse it.
 */
export type ProcessIdentity = { pid: number; startedAt: string; bootId: string };

const run = promisify(execFile);
const onLinux = process.platform === 'linux';

/** The identity of a live process; undefined when there is none, or only a zombie that nobody has reaped yet. */
export async function identityOf(pid: number): Promise<ProcessIdentity | undefined> {
  const startedAt = onLinux ? linuxStart(await textOf(`/proc/${pid}/stat`)) : await portableStart(pid);
  return startedAt === undefined ? undefined : { pid, startedAt, bootId: await bootId() };
}

/**
 * As {@link identityOf}, without giving up the thread: for the moment between a spawn and the record of it, in which
 * a kill would leave a process that nobody knows. Linux only; undefined elsewhere.
 */
export function identityNow(pid: number): ProcessIdentity | undefined {
  if (!onLinux) return undefined;
  try {
    const startedAt = linuxStart(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return (startedAt && { pid, startedAt, bootId: readFileSync(bootIdFile, 'utf8').trim() }) || undefined;
  } catch {
    return undefined;
  }
}

/** Whether the very process that was recorded still runs: same pid, same start, same boot. */
export async function isSameProcess(recorded: ProcessIdentity): Promise<boolean> {
  const now = await identityOf(recorded.pid);
  return now !== undefined && now.startedAt === recorded.startedAt && now.bootId === recorded.bootId;
}

/**
 * Sends a signal to the process group that the recorded process leads, if it is still that process.
 * Returns false when there was nothing to signal. A group is signalled only through its living leader.
 */
export async function signalGroup(recorded: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
  if (recorded.pid <= 1 || !(await isSameProcess(recorded))) return false;
  try {
    process.kill(-recorded.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Field 22 of /proc/PID/stat. The command name (field 2) may hold spaces and brackets: count from the last one. */
function linuxStart(stat: string | undefined): string | undefined {
  if (!stat) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

async function portableStart(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C' },
    });
    const [state, ...start] = stdout.trim().split(/\s+/);
    return !state || state.startsWith('Z') ? undefined : start.join(' ');
  } catch {
    return undefined;
  }
}

const bootIdFile = '/proc/sys/kernel/random/boot_id';
let knownBootId: Promise<string> | undefined;

function bootId(): Promise<string> {
  knownBootId ??= readBootId();
  return knownBootId;
}

async function readBootId(): Promise<string> {
  if (onLinux) return (await readFile(bootIdFile, 'utf8')).trim();
  const { stdout } = await run('sysctl', ['-n', 'kern.boottime']);
  // "{ sec = 1700000000, usec = 1 } Tue …": the seconds alone, because the text follows the time zone.
  return /sec = (\d+)/.exec(stdout)?.[1] ?? stdout.trim();
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}
