/** A name for this machine and project, the same after every restart: detached jobs come back to its task queue. */
import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
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
  // Whole or not at all: whoever is killed here, or looks at the same moment, must not leave or find an empty file.
  const aside = `${path}.${randomUUID()}`;
  try {
    await writeFile(aside, `${mine}\n`);
    await link(aside, path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      if ((await read()) === '') await rename(aside, path);
    });
  } finally {
    await rm(aside, { force: true });
  }
  return (await read()) || mine;
}
