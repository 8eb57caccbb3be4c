/** Secrets of webhooks, by reference: an environment variable, or the file that it names. Never logged, never answered. */
import { readFileSync } from 'node:fs';
import { UserError } from '#contracts/failures.ts';

/** Keys shorter than this can be tried out by a machine. */
const SHORTEST = 16;

/**
 * All secrets that count now, so that one can be replaced by the next without a gap: `NAME` holds one, the file named by
 * `NAME_FILE` one a line. None when neither is set.
 *
 * @throws UserError InvalidInput when the file cannot be read, or a secret is shorter than 16 characters.
 */
export function webhookSecrets(name: string, env: NodeJS.ProcessEnv): string[] {
  const path = env[`${name}_FILE`];
  const secrets = [...(env[name] ? [env[name]] : []), ...(path ? linesOf(path, `${name}_FILE`) : [])];
  if (secrets.some((secret) => secret.length < SHORTEST))
    throw new UserError(
      'InvalidInput',
      `A secret in ${env[name] ? name : `${name}_FILE`} is shorter than ${SHORTEST} characters: make one with \`openssl rand -hex 32\`, and give the sender the same.`,
    );
  return secrets;
}

function linesOf(path: string, name: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  } catch (error) {
    throw new UserError('InvalidInput', `${name} names ${path}, which cannot be read (${(error as Error).message}).`);
  }
}
