/** A name for this machine and project, the same after every restart: detached jobs come back to its task queue. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Kept in `<root>/.ratchet/host-id`; two workers that start at once agree on one. */
export async function hostId(root: string): Promise<string> {
  const folder = join(root, '.ratchet');
  const path = join(folder, 'host-id');
  const read = async () => (await readFile(path, 'utf8').catch(() => '')).trim();
  const known = await read();
  if (known) return known;
  await mkdir(folder, { recursive: true });
  const name = hostname()
    .replace(/[^A-Za-z0-9-]/g, '-')
    .slice(0, 40);
  const mine = `${name}-${randomBytes(3).toString('hex')}`;
  await writeFile(path, `${mine}\n`, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return (await read()) || mine;
}
