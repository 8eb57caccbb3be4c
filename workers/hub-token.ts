/** The token for a Hub, by reference: a variable of the worker's environment, or the file that it names with _FILE behind it. Read at each use, so that a new one counts at once. */
import { readFileSync } from 'node:fs';
import { UserError } from '#contracts/failures.ts';

/** @throws UserError InvalidInput when there is none; its value is in no message */
export function hubToken(name: string, env: NodeJS.ProcessEnv): string {
  const path = env[`${name}_FILE`];
  const token = (env[name] || (path ? fromFile(name, path) : '')).trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  const wrong = token === '' ? `is not set` : `is not one word of printable ASCII`;
  throw new UserError(
    'InvalidInput',
    `${name} ${wrong} in the worker's environment: make a token with write access on the Hub (Settings, Access Tokens), start the worker with ${name} or with ${name}_FILE, the path of a file that holds it, then run \`ratchet retry\`.`,
  );
}

function fromFile(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(
      'InvalidInput',
      `${name}_FILE names ${path}, which cannot be read: ${(error as Error).message}`,
    );
  }
}
