/**
 * Whether somebody holds the locks of jobs. Node has no flock(2), so: /proc/locks first, which costs a tenth of a
 * millisecond and whose "held" is certain; only its "free" is asked again of Python (about 40 ms, one process for any
 * number), because locks held in another PID namespace, and on some overlay file systems, are not listed there. A running
 * job is thus cheap to watch.
 */
import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { JobFolder } from './job/folder.ts';

const run = promisify(execFile);

/** What job_shim.py says of one folder. `error`: what kept it from doing its work there. */
const Answers = z.array(z.object({ held: z.boolean(), error: z.string().nullable() }));
export type ShimAnswer = z.output<typeof Answers>[number];
export type AskShim = (verb: '--probe' | '--close', jobs: readonly JobFolder[]) => Promise<ShimAnswer[]>;

/** Answers in the order of `jobs`. */
export async function locksHeld(jobs: readonly JobFolder[], ask: AskShim): Promise<boolean[]> {
  const held = jobs.map(() => false);
  const unsure: number[] = [];
  const table = process.platform === 'linux' && jobs.length > 0 ? await listed() : new Set<string>();
  for (const [index, { lock }] of jobs.entries()) {
    const file = await stat(lock, { bigint: true }).catch(() => null);
    if (!file) continue;
    if (table.has(place(file))) held[index] = true;
    else unsure.push(index);
  }
  if (unsure.length === 0) return held;
  const answers = await ask(
    '--probe',
    unsure.flatMap((index) => jobs[index] ?? []),
  );
  for (const [at, index] of unsure.entries()) held[index] = answers[at]?.held ?? false;
  return held;
}

/** Runs `job_shim.py VERB` once for all folders. A folder's own fault is in its answer, and keeps no other from being asked. */
export async function askShim(
  python: string,
  shim: string,
  verb: '--probe' | '--close',
  jobs: readonly JobFolder[],
): Promise<ShimAnswer[]> {
  const asking = run(python, [...shimFlags, shim, verb], { timeout: 60_000, maxBuffer: 64 * 2 ** 20 });
  // A process that could not be started, or died, says so by its own error.
  asking.child.stdin?.on('error', () => undefined);
  asking.child.stdin?.end(JSON.stringify(jobs.map(({ folder }) => folder)));
  const { stdout } = await asking;
  return Answers.length(jobs.length).parse(JSON.parse(stdout));
}

/** Without the site module and PYTHON* variables: starts in a third of the time and nothing of the trainer's gets in. */
export const shimFlags = ['-E', '-s', '-S'];

/** Device and inode of every file on which somebody holds an flock, as /proc/locks writes them. */
async function listed(): Promise<Set<string>> {
  const table = await readFile('/proc/locks', 'latin1').catch(() => '');
  const lines = table.split('\n').filter((line) => line.includes('FLOCK') && !line.includes('->'));
  return new Set(lines.flatMap((line) => / ([0-9a-f]+:[0-9a-f]+:\d+) /.exec(line)?.[1] ?? []));
}

function place(file: { dev: bigint; ino: bigint }): string {
  // makedev(3): the minor number lies around the twelve bits of the major one.
  const major = ((file.dev >> 8n) & 0xfffn) | ((file.dev >> 32n) & ~0xfffn);
  const minor = (file.dev & 0xffn) | ((file.dev >> 12n) & ~0xffn);
  const hex = (value: bigint) => value.toString(16).padStart(2, '0');
  return `${hex(major)}:${hex(minor)}:${file.ino}`;
}
