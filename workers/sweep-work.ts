/** Removes what killed workers left behind: work folders of attempts, what batches had done, notes of workers that are no more. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** No attempt works in one folder for longer without touching it; another worker's must not be taken from it. */
const OLD_MS = 3 * 86_400_000;

export async function sweepWork(root: string): Promise<void> {
  for (const folder of ['work', 'batches'].map((name) => join(root, '.ratchet', name)))
    for (const name of await readdir(folder).catch(() => [])) {
      const found = await stat(join(folder, name)).catch(() => null);
      if (found && Date.now() - found.mtimeMs > OLD_MS) await rm(join(folder, name), { recursive: true, force: true });
    }
  const notes = join(root, '.ratchet', 'workers');
  for (const name of await readdir(notes).catch(() => [])) {
    const pid = Number(name.replace(/\.json$/, ''));
    if (pid > 0 && !isAlive(pid)) await rm(join(notes, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
