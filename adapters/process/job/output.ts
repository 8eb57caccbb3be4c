/** What a program leaves in its folders: output.json, files, checkpoints and progress lines. */
import { open, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import type { JobOutput, JobProgress } from '#ports/executor.ts';
import type { JobFolder } from './folder.ts';
import { ProgressLine } from './records.ts';

/** Only the end of the progress file is read: the last line counts. */
const progressTail = 64 * 1024;

/** @throws UserError InvalidOutput when output.json is there and is not JSON. */
export async function readOutput(paths: JobFolder): Promise<JobOutput> {
  const text = await readFile(join(paths.output, 'output.json'), 'utf8').catch(() => undefined);
  const files = (await filesBelow(paths.output)).filter((path) => path !== 'output.json');
  const checkpoints = await countCheckpoints(paths);
  const rest = { folder: paths.output, files, checkpoints };
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
