import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import type { StackPaths } from './paths.ts';
import { createFile } from './write-atomically.ts';

const Credentials = z.strictObject({ accessKeyId: z.string().min(3), secretAccessKey: z.string().min(8) });
export type Credentials = z.infer<typeof Credentials>;

/** The keys of the embedded object store, made at random once a project and readable by their owner alone. */
export function ensureCredentials(paths: StackPaths): Credentials {
  const fresh = {
    accessKeyId: `ratchet${randomBytes(6).toString('hex')}`,
    secretAccessKey: randomBytes(24).toString('hex'),
  };
  createFile(paths.credentials, `${JSON.stringify(fresh, null, 2)}\n`, 0o600);
  const stored = readCredentials(paths);
  if (!stored)
    throw new UserError(
      'InvalidInput',
      `${paths.credentials} does not hold the object store's keys. Delete the file to have new ones made (the data stays), then start again.`,
    );
  return stored;
}

export function readCredentials(paths: StackPaths): Credentials | undefined {
  try {
    return Credentials.safeParse(JSON.parse(readFileSync(paths.credentials, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
