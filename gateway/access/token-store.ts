/**
 * Bearer tokens, one file each below `.ratchet/gateway/tokens/`: made, revoked and read without a lock, whole at every
 * moment. A file holds the SHA-256 of the secret. That is enough for 256 random bits, which nobody can guess from their
 * hash; a slow hash is for what people make up.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import { createFile, replaceFile } from '#stack/write-atomically.ts';
import { Scope } from './scope.ts';

const TokenFile = z.strictObject({
  format: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{12}$/),
  /** Whose it is: named in the audit log, and in the triggers that come by it. */
  owner: z.string().min(1).max(100),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(Scope).min(1),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
});
export type Token = Omit<z.output<typeof TokenFile>, 'sha256' | 'format'>;
type StoredToken = z.output<typeof TokenFile>;

const TokenText = /^ratchet_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
/** How long ago a folder must have changed for its time of change to tell it from a later one. */
const RACY_MS = 1_000;

const sha256 = (text: string) => createHash('sha256').update(text).digest();
const nobody = '0'.repeat(64);

export class TokenStore {
  readonly #folder: string;
  readonly #now: () => number;
  #read: { changed: number; tokens: Map<string, StoredToken> } | undefined;

  /** @param root project folder. */
  constructor(root: string, now: () => number = Date.now) {
    this.#folder = join(root, '.ratchet', 'gateway', 'tokens');
    this.#now = now;
  }

  /** The text is answered once, and kept nowhere. */
  create(token: { owner: string; scopes: Scope[]; expiresAt?: string }): { text: string; token: Token } {
    const secret = randomBytes(32).toString('base64url');
    const stored = TokenFile.safeParse({
      format: 1,
      id: randomBytes(6).toString('hex'),
      owner: token.owner,
      sha256: sha256(secret).toString('hex'),
      scopes: token.scopes,
      createdAt: new Date(this.#now()).toISOString(),
      expiresAt: token.expiresAt ?? null,
      revokedAt: null,
    });
    if (!stored.success)
      throw new UserError(
        'InvalidInput',
        `The token cannot be made: ${stored.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}.`,
      );
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    createFile(this.#path(stored.data.id), `${JSON.stringify(stored.data, null, 2)}\n`, 0o600);
    return { text: `ratchet_${stored.data.id}_${secret}`, token: shown(stored.data) };
  }

  /** All of them, oldest first; revoked and expired ones too. */
  list(): Token[] {
    return [...this.#all().values()].map(shown).sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  }

  /** @throws UserError InvalidInput when there is none of this id. */
  revoke(id: string): Token {
    const stored = this.#all().get(id);
    if (!stored)
      throw new UserError(
        'InvalidInput',
        `There is no token "${id.slice(0, 40)}": \`ratchet tokens list\` shows the ids there are.`,
      );
    const revoked = { ...stored, revokedAt: stored.revokedAt ?? new Date(this.#now()).toISOString() };
    replaceFile(this.#path(stored.id), `${JSON.stringify(revoked, null, 2)}\n`, 0o600);
    return shown(revoked);
  }

  /** Somebody made a token here once: from then on nobody is let in without one, even when all are revoked. */
  get required(): boolean {
    return this.#all().size > 0;
  }

  /** The token of this text, or why it opens nothing. Takes the same time for an unknown id as for a wrong secret. */
  find(text: string): Token | 'malformed' | 'unknown' | 'expired' | 'revoked' {
    const [, id = '', secret = ''] = TokenText.exec(text) ?? [];
    const stored = this.#all().get(id);
    const same = timingSafeEqual(sha256(secret), Buffer.from(stored?.sha256 ?? nobody, 'hex'));
    if (id === '') return 'malformed';
    if (!stored || !same) return 'unknown';
    if (stored.revokedAt) return 'revoked';
    if (isOver(stored, this.#now())) return 'expired';
    return shown(stored);
  }

  /** Tokens that open something now. */
  live(): Token[] {
    return this.list().filter((token) => !token.revokedAt && !isOver(token, this.#now()));
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.json`);
  }

  /** Read again whenever the folder changed: a token that is revoked is void with the next request. */
  #all(): Map<string, StoredToken> {
    const changed = statSync(this.#folder, { throwIfNoEntry: false })?.mtimeMs;
    if (changed === undefined) return new Map();
    if (this.#read?.changed === changed) return this.#read.tokens;
    const tokens = new Map<string, StoredToken>();
    for (const name of readdirSync(this.#folder)) {
      const stored = name.endsWith('.json') ? readToken(join(this.#folder, name)) : null;
      if (stored) tokens.set(stored.id, stored);
    }
    // Two changes within one tick of the file system's clock look like one.
    this.#read = Date.now() - changed > RACY_MS ? { changed, tokens } : undefined;
    return tokens;
  }
}

/** Null for what is no token of ours: it opens nothing. */
function readToken(path: string): StoredToken | null {
  try {
    return TokenFile.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}

const isOver = ({ expiresAt }: Pick<Token, 'expiresAt'>, now: number) =>
  expiresAt !== null && Date.parse(expiresAt) <= now;

function shown({ sha256: _secret, format: _format, ...token }: StoredToken): Token {
  return token;
}
