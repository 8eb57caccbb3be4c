/** Who asks: by a bearer token, by the same token as the password of basic authentication, or, without tokens, from this machine. */
import { Problem } from '../problem.ts';
import { allows, type Scope, type Verb } from './scope.ts';
import type { TokenStore } from './token-store.ts';

export interface Caller {
  /** Counts and limits go by it. */
  key: string;
  /** Named in the audit log and in triggers. */
  name: string;
  /** Who has the token; absent where nobody showed one. */
  owner?: string;
  scopes: readonly Scope[];
}

/** Before the first token: whoever reaches loopback of this machine is its user. */
const localUser: Caller = {
  key: 'local',
  name: 'local',
  scopes: [{ pipeline: '*', verbs: ['view', 'run', 'trigger', 'labels', 'features', 'push'] }],
};

/** By the secret of a webhook instead of a token: whoever has it may tell everything that a webhook can tell. */
export const signedCaller = (access: string): Caller => ({
  key: 'signed',
  name: access,
  scopes: [{ pipeline: '*', verbs: ['trigger', 'labels'] }],
});

const challenge = { 'www-authenticate': 'Bearer realm="ratchet", Basic realm="ratchet"' };
const makeOne = 'Make a token with `ratchet tokens create` and send it as "Authorization: Bearer …".';

/**
 * @param loopback beyond it nobody is let in without a token, even if the files of all tokens are gone
 * @throws Problem unauthenticated. The answer never tells whether an id exists.
 */
export function identify(tokens: TokenStore, authorization: string | null, loopback: boolean): Caller {
  if (loopback && !tokens.required) return localUser;
  if (authorization === null)
    throw new Problem('unauthenticated', 'The request carries no token.', { next: makeOne, headers: challenge });
  const text = tokenIn(authorization);
  const found = text === null ? 'malformed' : tokens.find(text);
  if (typeof found !== 'string')
    return {
      key: `token:${found.id}`,
      name: `${found.owner} (token ${found.id})`,
      owner: found.owner,
      scopes: found.scopes,
    };
  // Only who knows a token's secret learns that it was revoked or ended.
  const detail = {
    malformed: 'The Authorization header holds no token of this gateway.',
    unknown: 'The token is not one of this gateway.',
    revoked: 'The token was revoked.',
    expired: 'The token has expired.',
  }[found];
  throw new Problem('unauthenticated', detail, { next: makeOne, headers: challenge });
}

/** @throws Problem forbidden. */
export function authorize(caller: Caller, pipeline: string, verb: Verb): void {
  if (allows(caller.scopes, pipeline, verb)) return;
  throw new Problem('forbidden', `This token has no scope "${verb}" on ${pipeline}.`, {
    next: `Ask for one that has: ratchet tokens create --owner NAME --scope ${pipeline}:${verb}`,
  });
}

function tokenIn(authorization: string): string | null {
  const at = authorization.indexOf(' ');
  const scheme = authorization.slice(0, at).toLowerCase();
  const rest = authorization.slice(at + 1).trim();
  if (scheme === 'bearer') return rest;
  if (scheme !== 'basic') return null;
  const pair = Buffer.from(rest, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}
