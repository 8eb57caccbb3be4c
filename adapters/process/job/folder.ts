/** Where the files of a job lie, and how they are read and written so that a reader never sees half a file. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '#contracts/failures.ts';

const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export interface JobFolder {
  id: string;
  folder: string;
  spec: string;
  /** RATCHET_JOB */
  job: string;
  lock: string;
  process: string;
  lease: string;
  stop: string;
  exit: string;
  progress: string;
  output: string;
  checkpoints: string;
  /** What the shim itself says on stderr: only its own faults. */
  shimLog: string;
}

/**
 * The paths of job `id` below `root`.
 *
 * @throws UserError InvalidInput when the id could leave the folder or is no file name everywhere.
 */
export function jobFolder(root: string, id: string): JobFolder {
  if (!idPattern.test(id)) {
    throw new UserError(
      'InvalidInput',
      `The job id '${id}' is not usable: give 1 to 128 letters, digits, '.', '_' or '-', not starting with a mark.`,
    );
  }
  const folder = join(root, id);
  const at = (name: string) => join(folder, name);
  return {
    id,
    folder,
    spec: at('spec.json'),
    job: at('job.json'),
    lock: at('lock'),
    process: at('process.json'),
    lease: at('lease'),
    stop: at('stop.json'),
    exit: at('exit.json'),
    progress: at('progress.jsonl'),
    output: at('output'),
    checkpoints: at('checkpoints'),
    shimLog: at('shim.log'),
  };
}

/** The parsed JSON of `path`; undefined when there is no such file. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : JSON.parse(text);
}

/** Writes through a rename: the old file or the whole new one. Readable by the owner only. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, `${JSON.stringify(value, null, 1)}\n`, { mode: 0o600, flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
