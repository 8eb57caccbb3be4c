/** Secrets of webhooks, by reference: an environment variable, or the file that it names. Never logged, never answered. */
import { readFileSync, statSync } from 'node:fs';
import { UserError } from '#contracts/failures.ts';
import { SHORTEST_KEY, standardKey } from '../webhooks/standard-signature.ts';

/** `raw`: its UTF-8 bytes sign; `standard`: as Standard Webhooks has it, where `whsec_…` is base64. */
export type SecretKind = 'raw' | 'standard';

/**
 * All secrets that count now, so that one can be replaced by the next without a gap: `NAME` holds one, the file named by
 * `NAME_FILE` one a line. None when neither is set.
 *
 * @param warn told of a file that other users of this machine may read. It is not refused: orchestrators mount secrets so.
 * @throws UserError InvalidInput when the file cannot be read or holds none, or a secret is blank, shorter than 16
 *   characters, or `whsec_` with what is not the base64 of at least 16 bytes.
 */
export function webhookSecrets(
  name: string,
  kind: SecretKind,
  env: NodeJS.ProcessEnv,
  warn: (words: string) => void,
): string[] {
  const path = env[`${name}_FILE`];
  const given = env[name];
  const direct = given ? [given] : [];
  const secrets = [...direct, ...(path ? linesOf(path, `${name}_FILE`, warn) : [])];
  for (const [index, secret] of secrets.entries()) {
    const why = weakness(secret, kind);
    if (why !== null)
      throw new UserError(
        'InvalidInput',
        `A secret in ${index < direct.length ? name : `${name}_FILE`} ${why}: make one with \`${kind === 'standard' ? 'echo whsec_$(openssl rand -base64 32)' : 'openssl rand -hex 32'}\`, and give the sender the same.`,
      );
  }
  return secrets;
}

/** What is wrong with it, without telling it. */
function weakness(secret: string, kind: SecretKind): string | null {
  if (secret.trim() === '') return 'is blank';
  if (secret !== secret.trim()) return 'begins or ends with white space, which a sender will not sign with';
  if (kind === 'standard' && secret.startsWith('whsec_'))
    return standardKey(secret) ? null : `is whsec_ with what is not the base64 of ${SHORTEST_KEY} bytes or more`;
  return secret.length < SHORTEST_KEY ? `is shorter than ${SHORTEST_KEY} characters` : null;
}

function linesOf(path: string, name: string, warn: (words: string) => void): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
    const mode = statSync(path).mode & 0o777;
    if (process.platform !== 'win32' && (mode & 0o044) !== 0)
      warn(`${name} names ${path}, which others may read (mode ${mode.toString(8)}): chmod 600 it.`);
  } catch (error) {
    throw new UserError('InvalidInput', `${name} names ${path}, which cannot be read (${(error as Error).message}).`);
  }
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length === 0)
    throw new UserError('InvalidInput', `${name} names ${path}, which holds no secret: write one a line, or unset it.`);
  return lines;
}
