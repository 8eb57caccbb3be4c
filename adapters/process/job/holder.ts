/**
 * Whose a job is: the run that began it, or the last one that took it over. Each take-over is a file of its own with the next
 * number, made whole by link(2): of several that try, one has it, and there is no moment at which it is nobody's.
 */
import { randomUUID } from 'node:crypto';
import { link, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isHeldBy, type JobHolder, type JobTaker } from '#ports/executor.ts';
import { type JobFolder, jobFolder, readJson } from './folder.ts';
import { SpecFile } from './records.ts';

const HolderFile = z.object({
  run: z.string(),
  node: z.string(),
  /** The newest attempt when it was taken over, and whether that one ran. */
  attempt: z.int().nonnegative(),
  running: z.boolean(),
});

const numbered = /^holder\.(\d+)\.json$/;
const fileOf = ({ folder }: JobFolder, taken: number) => join(folder, `holder.${taken}.json`);

/** Null for a job that never began, and for one whose labels name no run. */
export async function readHolder(paths: JobFolder): Promise<JobHolder | null> {
  const names = await readdir(paths.folder).catch(() => [] as string[]);
  const taken = Math.max(0, ...names.map((name) => Number(numbered.exec(name)?.[1] ?? 0)));
  if (taken > 0) return { ...HolderFile.parse(await readJson(fileOf(paths, taken))), taken };
  const { run, node } = SpecFile.optional().parse(await readJson(paths.spec))?.labels ?? {};
  return run && node ? { run, node, taken, attempt: 0, running: false } : null;
}

/** The take-over number `taken`. False when another one has it. */
export async function writeHolder(
  paths: JobFolder,
  taken: number,
  holder: z.input<typeof HolderFile>,
): Promise<boolean> {
  const draft = `${fileOf(paths, taken)}.${randomUUID()}.tmp`;
  try {
    await writeFile(draft, `${JSON.stringify(HolderFile.parse(holder), null, 1)}\n`, { mode: 0o600, flush: true });
    await link(draft, fileOf(paths, taken));
    return true;
  } catch (error) {
    // No folder: it was removed meanwhile.
    if (['EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** The folder of the job that a run took over for a node; null when it took none. */
export async function takenFolder(root: string, by: JobTaker): Promise<string | null> {
  for (const name of await readdir(root).catch(() => [] as string[])) {
    try {
      const paths = jobFolder(root, name);
      const holder = await readHolder(paths);
      if (holder && holder.taken > 0 && isHeldBy(holder, by)) return paths.folder;
    } catch {
      // No job of ours.
    }
  }
  return null;
}
