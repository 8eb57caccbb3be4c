/**
 * Whether somebody holds the lock of a job. Node has no flock(2), so: /proc/locks first, which costs a tenth of a
 * millisecond and whose "held" is certain; only its "free" is asked again of Python (about 40 ms), because locks held in
 * another PID namespace, and on some overlay file systems, are not listed there. A running job is thus cheap to watch.
 */
import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** @param askPython prints `{ "held": boolean }`: the shim's --probe. */
export async function lockHeld(lock: string, askPython: () => Promise<boolean>): Promise<boolean> {
  const file = await stat(lock, { bigint: true }).catch(() => null);
  if (!file) return false;
  if (process.platform === 'linux' && (await listed(file))) return true;
  return askPython();
}

/** Runs `job_shim.py VERB FOLDER` and answers whether the lock was held by somebody else. */
export async function askShim(
  python: string,
  shim: string,
  verb: '--probe' | '--close',
  folder: string,
): Promise<boolean> {
  const { stdout } = await run(python, [...shimFlags, shim, verb, folder], { timeout: 30_000 });
  return (JSON.parse(stdout) as { held: boolean }).held;
}

/** Without the site module and PYTHON* variables: starts in a third of the time and nothing of the trainer's gets in. */
export const shimFlags = ['-E', '-s', '-S'];

async function listed(file: { dev: bigint; ino: bigint }): Promise<boolean> {
  const table = await readFile('/proc/locks', 'latin1').catch(() => '');
  // makedev(3): the minor number lies around the twelve bits of the major one.
  const major = ((file.dev >> 8n) & 0xfffn) | ((file.dev >> 32n) & ~0xfffn);
  const minor = (file.dev & 0xffn) | ((file.dev >> 12n) & ~0xffn);
  const hex = (value: bigint) => value.toString(16).padStart(2, '0');
  const place = ` ${hex(major)}:${hex(minor)}:${file.ino} `;
  return table.split('\n').some((line) => line.includes(place) && line.includes('FLOCK') && !line.includes('->'));
}
