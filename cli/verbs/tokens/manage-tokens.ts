/** `ratchet tokens`: who may use the gateway, and for what. */

import { parseScope, scopeText } from '#gateway/access/scope.ts';
import { type Token, TokenStore } from '#gateway/access/token-store.ts';
import pc from '../../kit/color.ts';
import { createOutput, table } from '../../kit/output.ts';
import { projectRoot } from '../../kit/project.ts';

export function createToken(options: { owner: string; scope: string[]; expires?: string; json?: boolean }): void {
  const out = createOutput(options.json ?? false);
  const { text, token } = new TokenStore(projectRoot()).create({
    owner: options.owner,
    scopes: options.scope.map(parseScope),
    ...(options.expires ? { expiresAt: options.expires } : {}),
  });
  out.object({ token: text, ...shown(token) });
  out.print(text);
  if (!out.json)
    out.note(
      pc.dim(
        `${token.id} for ${token.owner}: ${token.scopes.map(scopeText).join(' ')}. It is shown this once; only its hash is kept. Send it as "Authorization: Bearer …".`,
      ),
    );
}

export function listTokens(options: { json?: boolean }): void {
  const out = createOutput(options.json ?? false);
  const tokens = new TokenStore(projectRoot()).list();
  out.object(tokens.map(shown));
  if (tokens.length === 0) {
    out.print(
      'There is no token: the gateway listens on loopback only. Make one: ratchet tokens create --owner NAME --scope PIPELINE:VERB',
    );
    return;
  }
  out.print(
    table(
      ['id', 'owner', 'scopes', 'made', 'state'],
      tokens.map((token) => [
        token.id,
        token.owner,
        token.scopes.map(scopeText).join(' '),
        token.createdAt.slice(0, 16).replace('T', ' '),
        state(token),
      ]),
    ),
  );
}

export function revokeToken(id: string, options: { json?: boolean }): void {
  const out = createOutput(options.json ?? false);
  const token = new TokenStore(projectRoot()).revoke(id);
  out.object(shown(token));
  out.print(`Revoked ${token.id} of ${token.owner}: void from the next request on.`);
}

const shown = (token: Token) => ({ ...token, scopes: token.scopes.map(scopeText), state: state(token) });

function state({ revokedAt, expiresAt }: Token): string {
  if (revokedAt) return 'revoked';
  if (expiresAt === null) return 'valid';
  return Date.parse(expiresAt) <= Date.now() ? 'expired' : `until ${expiresAt.slice(0, 16).replace('T', ' ')}`;
}
