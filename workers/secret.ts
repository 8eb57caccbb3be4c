import { readFileSync } from 'node:fs';
import { UserError } from '#contracts/failures.ts';

/** What `NAME` holds, or the file that `NAME_FILE` names, without the space at its ends. @throws UserError InvalidInput for a file that cannot be read */
export function secret(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const path = env[`${name}_FILE`];
  if (!path) return env[name];
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new UserError(
      'InvalidInput',
      `${name}_FILE names ${path}, which cannot be read (${(error as Error).message}).`,
    );
  }
}
