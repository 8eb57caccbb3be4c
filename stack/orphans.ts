import { readdir, readFile } from 'node:fs/promises';
import { identityOf, type ProcessIdentity } from '#adapters/process/process-identity.ts';

/** In the environment of the supervisor, and of every server it starts; its value is the project's `.ratchet` folder. */
export const supervisorVariable = 'RATCHET_STACK_SUPERVISOR_OF';
export const partVariable = 'RATCHET_STACK_PART_OF';

/** The environment without our own marks: a worker's detached jobs must never be taken for a part of the stack. */
export function withoutMarks(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { [supervisorVariable]: _, [partVariable]: __, ...kept } = env;
  return kept;
}

/**
 * Processes of this project that no stack file names: a supervisor was killed before it could write, or the file was
 * deleted. Found by the variable they were started with, so never a process of somebody else. Linux only.
 */
export async function findOrphans(folder: string, variable: string): Promise<ProcessIdentity[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const mark = `${variable}=${folder}`;
  const found = await Promise.all(pids.filter((pid) => pid !== process.pid).map((pid) => orphan(pid, mark)));
  return found.filter((identity) => identity !== undefined);
}

async function orphan(pid: number, mark: string): Promise<ProcessIdentity | undefined> {
  // Unreadable: gone, or another user's.
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.split('\0').includes(mark) ? identityOf(pid) : undefined;
}
