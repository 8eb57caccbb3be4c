/**
 * Jobs whose folder was removed while they ran. Their lock went with it, but the process did not: its command line names the
 * folder. It makes the folder again within a fraction of a second (trainers/ratchet_job/place.py).
 */
import { readdir, readFile } from 'node:fs/promises';
import { identityOf, type ProcessIdentity } from './process-identity.ts';

/** Living shims that were started for this folder; none outside of Linux, where a shim that finds its folder gone still makes it again. */
export async function shimsOf(folder: string): Promise<ProcessIdentity[]> {
  if (process.platform !== 'linux') return [];
  const found: ProcessIdentity[] = [];
  for (const name of await readdir('/proc').catch(() => [] as string[])) {
    if (!/^\d+$/.test(name)) continue;
    const words = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0').slice(0, -1);
    if (words.at(-1) !== folder || !words.at(-2)?.endsWith('/job_shim.py')) continue;
    const identity = await identityOf(Number(name));
    if (identity) found.push(identity);
  }
  return found;
}
