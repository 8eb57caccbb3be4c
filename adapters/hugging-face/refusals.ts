/** What a Hub answers when it does not do what it was asked, as words that say which token, scope and repo it was about. */
import { UserError } from '#contracts/failures.ts';
import { HubMoved, type HubTarget } from '#ports/model-hub.ts';
import { Throttled } from '#ports/throttled.ts';

/** An answer above 399, for callers to whom some of them are answers. */
export class HubRefusal extends UserError {
  readonly status: number;
  /** The Hub's own: RepoNotFound, RevisionNotFound, EntryNotFound, GatedRepo; '' for none. */
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super('OutsideRefused', message);
    this.status = status;
    this.code = code;
  }
}

export interface Refused {
  target: HubTarget;
  doing: string;
  status: number;
  headers: Headers;
  /** What the Hub said. */
  body: string;
  /** What whoami says of the token, in words; '' when it says nothing. Asked for where the token matters. */
  whose(): Promise<string>;
  now: number;
}

/** Longest piece of a server's own words in a message. */
const WORDS = 300;
/** Without a word of when, and the longest that one of a server counts. */
const WAIT_MS = { usual: 60_000, longest: 60 * 60_000 };

export async function refusal(refused: Refused): Promise<UserError> {
  const { target, doing, status, headers } = refused;
  const { endpoint, repo, token } = target;
  const words = wordsOf(refused);
  const said = `${endpoint} ${status === 404 ? 'finds nothing' : 'refuses'} while ${doing} (${status}): ${words}`;
  const of = (more: string) => new HubRefusal(status, headers.get('x-error-code') ?? '', `${said}. ${more}`);
  if (status === 429 || (status === 503 && headers.has('retry-after'))) {
    const ms = waitOf(headers, refused.now);
    return new Throttled(ms, `${endpoint} throttles while ${doing} (${status}): asked again in ${seconds(ms)}`);
  }
  if (status >= 500 || status === 408)
    return new UserError('OutsideUnreachable', `${endpoint} failed while ${doing} (${status}): ${words}`);
  if (status === 412)
    return new HubMoved(
      `${repo} on ${endpoint} was changed by somebody else while ${doing}: it is looked at again. If this goes on, the token in ${token.name} may open pull requests only: give it write access to ${repo}`,
    );
  if (status === 401)
    return of(`The token in ${token.name} is not valid there, or was revoked: make one with write access to ${repo}`);
  if (status === 403)
    return of(
      `The token in ${token.name}${await refused.whose()} may not write to ${repo}: give it the role write, or as a fine-grained one write access to ${repo}`,
    );
  if (status === 404)
    return of(
      `There is no ${repo}, or the token in ${token.name} may not see it: look at the name, and at the token's access`,
    );
  return of(`It was about ${repo}`);
}

/** The storage behind a Hub: its links are signed for a while, and the next attempt has new ones. */
export function storageFailed({ target, doing, status, body }: Refused): UserError {
  const words = printed(body, target).replace(/<[^>]*>/g, ' ');
  return new UserError(
    'OutsideUnreachable',
    `The storage behind ${target.endpoint} failed while ${doing} (${status}): ${words}`,
  );
}

/** The error for no answer at all. Cancellation is passed on as the signal's own reason. */
export function noAnswer(error: unknown, { endpoint }: HubTarget, doing: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof UserError) return error;
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown; message?: unknown } };
  const why = String(cause?.code ?? code ?? cause?.message ?? (error instanceof Error ? error.message : error));
  return new UserError(
    'OutsideUnreachable',
    `${endpoint} cannot be reached while ${doing} (${why}): if that is not where the Hub is, set HF_ENDPOINT`,
  );
}

/** Milliseconds until a server wants to be asked again: Retry-After, or what is left of the window in RateLimit. */
function waitOf(headers: Headers, now: number): number {
  const given = headers.get('retry-after') ?? '';
  const left = /;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
  const wait = /^\s*\d+\s*$/.test(given)
    ? Number(given) * 1000
    : given
      ? Date.parse(given) - now
      : left
        ? Number(left) * 1000
        : WAIT_MS.usual;
  return Math.min(Math.max(Number.isFinite(wait) ? wait : WAIT_MS.usual, 1_000), WAIT_MS.longest);
}

const seconds = (ms: number) =>
  ms < 120_000 ? `${Math.ceil(ms / 1000)} seconds` : `${Math.round(ms / 60_000)} minutes`;

function wordsOf({ body, headers, target }: Refused): string {
  const header = headers.get('x-error-message');
  let words = header ?? body;
  try {
    const { error, message, errors } = JSON.parse(body) as Record<string, unknown>;
    const listed = Array.isArray(errors) ? errors.map((each) => String(each?.message ?? each)).join('; ') : '';
    words = [String(error ?? message ?? header ?? ''), listed].filter(Boolean).join(': ') || words;
  } catch {
    words = (header ?? body).replace(/<[^>]*>/g, ' ');
  }
  return printed(words, target);
}

/** A server that repeats the token does not bring it into a log. */
const printed = (words: string, { token }: HubTarget) =>
  words
    .replaceAll(token.value || '\0', '***')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\.$/, '')
    .slice(0, WORDS) || 'no words';
