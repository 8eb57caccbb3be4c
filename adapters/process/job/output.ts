/** What a program leaves in its folders: output.json, files, checkpoints and progress lines. */
import { randomUUID } from 'node:crypto';
import {
  constants,
  copyFile,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import type { JobOutput, JobProgress, NoOutputFile } from '#ports/executor.ts';
import type { JobFolder } from './folder.ts';
import { ProgressLine } from './records.ts';

/** Only the end of the progress file is read: the last line counts. */
const progressTail = 64 * 1024;

/** @throws UserError InvalidOutput when output.json is there and is not JSON. */
export async function readOutput(paths: JobFolder): Promise<JobOutput> {
  const text = await readFile(join(paths.output, 'output.json'), 'utf8').catch(() => undefined);
  const files = (await filesBelow(paths.output)).filter((path) => path !== 'output.json');
  const checkpoints = await countCheckpoints(paths);
  const rest = { files, checkpoints };
  if (text === undefined) return { json: undefined, ...rest };
  try {
    return { json: JSON.parse(text) as unknown, ...rest };
  } catch (cause) {
    const start = JSON.stringify(text.slice(0, 80));
    throw new UserError(
      'InvalidOutput',
      `The step's output.json is not JSON (it begins with ${start}). Write it with json.dump, and NaN as null.`,
      { cause },
    );
  }
}

/** Links are followed first: what counts is where the bytes are. */
export async function fetchOutput(
  paths: JobFolder,
  file: string,
  to: string,
  signal?: AbortSignal,
): Promise<NoOutputFile | null> {
  const [root, found] = await Promise.all(
    [paths.output, join(paths.output, file)].map((path) => realpath(path).catch(() => null)),
  );
  if (!root || !found) return 'absent';
  if (!found.startsWith(root + sep)) return 'outside';
  if (!(await stat(found)).isFile()) return 'not-a-file';
  signal?.throwIfAborted();
  await mkdir(dirname(to), { recursive: true });
  const partial = `${to}.${randomUUID()}.partial`;
  try {
    // A second name costs nothing; on another disk it is a copy.
    await link(found, partial).catch(() => copyFile(found, partial, constants.COPYFILE_FICLONE));
    await rename(partial, to);
  } finally {
    await rm(partial, { force: true });
  }
  return null;
}

/** Files that the program saved to go on from. */
export async function countCheckpoints(paths: JobFolder): Promise<number> {
  return (await filesBelow(paths.checkpoints)).length;
}

/** The last line of the progress file that is one; null when there is none. */
export async function readProgress(paths: JobFolder): Promise<JobProgress | null> {
  const file = await open(paths.progress, 'r').catch(() => null);
  if (!file) return null;
  try {
    const { size } = await file.stat();
    const length = Math.min(size, progressTail);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer.toString('utf8').split('\n').toReversed();
    return lines.map((line) => ProgressLine.safeParse(parseLine(line))).find(({ success }) => success)?.data ?? null;
  } finally {
    await file.close();
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
}
