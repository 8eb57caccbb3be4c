import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UserError } from '#contracts/failures.ts';

/** Empty databases of the servers and their first logs. On a full disk they would be restarted for ever. */
const LEAST_BYTES = 100e6;

/** @throws UserError OutsideRefused when the disk that holds `folder` (or will) has less room than servers need to start. */
export async function enoughDisk(folder: string): Promise<void> {
  let there = resolve(folder);
  while (!existsSync(there)) there = dirname(there);
  const { bavail, bsize } = await statfs(there);
  const free = bavail * bsize;
  if (free < LEAST_BYTES)
    throw new UserError(
      'OutsideRefused',
      `The disk is full: ${(free / 1e6).toFixed(1)} MB are free in ${there}, and the servers need ${LEAST_BYTES / 1e6} MB to start. Free some space, or keep the project on a larger disk; \`ratchet doctor\` says what a first run needs.`,
    );
}
