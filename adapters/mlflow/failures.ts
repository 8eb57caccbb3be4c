/** What MLflow answers when it does not do what it was asked, as words that say what to set or start. */
import { UserError } from '#contracts/failures.ts';

/** MLflow's own `error_code` of a refusal, for callers to whom it is an answer: RESOURCE_DOES_NOT_EXIST … */
export class MlflowRefusal extends UserError {
  readonly code: string;
  constructor(code: string, message: string) {
    super('OutsideRefused', message);
    this.code = code;
  }
}

/** True when the answer means "there is none". A missing alias is INVALID_PARAMETER_VALUE, asked apart. */
export const isMissing = (error: unknown): boolean =>
  error instanceof MlflowRefusal && ['RESOURCE_DOES_NOT_EXIST', 'NOT_FOUND', '404'].includes(error.code);
/** True when the server does not know stages: deprecated since MLflow 2.9, and not every registry has them. */
export const hasNoStages = (error: unknown): boolean =>
  error instanceof MlflowRefusal &&
  ['404', '405', '501', 'ENDPOINT_NOT_FOUND', 'NOT_IMPLEMENTED', 'FEATURE_DISABLED'].includes(error.code);
export const isDuplicate = (error: unknown): boolean =>
  error instanceof MlflowRefusal && error.code === 'RESOURCE_ALREADY_EXISTS';
/**
 * True when the database under MLflow refused a row because another caller wrote the same one between MLflow's look and its
 * insert: SQLAlchemy's IntegrityError, which MLflow passes on in its words. Whoever asks again finds the row there.
 */
export const lostRace = (error: unknown): boolean =>
  error instanceof UserError && /\bIntegrityError\b/.test(error.message);

/**
 * The connection was closed before any of an answer came. Servers close idle ones, MLflow's after 5 s, and a client that is
 * kept waiting by its machine learns of it only when it has sent the next request on one.
 */
export function wasClosed(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } };
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(String(cause?.code ?? code));
}

/** Longest piece of a server's own words in a message. */
const WORDS = 500;

/** The error for an answer with a status above 399. `body` is what it said. */
export function refusal(status: number, body: string, url: string, doing: string): UserError {
  const { code, words } = said(body, status);
  if (status === 401 || (status === 403 && !/host header|rebinding/i.test(words)))
    return new UserError(
      'OutsideRefused',
      `MLflow at ${url} refuses these credentials while ${doing} (${status}): set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN`,
    );
  if (status === 403)
    return new UserError(
      'OutsideRefused',
      `MLflow at ${url} refuses this address (${words}): start it with --allowed-hosts that names it, or set MLFLOW_TRACKING_URI to a name that it accepts`,
    );
  if (status >= 500 || status === 408 || status === 429)
    return new UserError('OutsideUnreachable', `MLflow at ${url} failed while ${doing} (${status}): ${words}`);
  return new MlflowRefusal(code, `MLflow at ${url} refused ${doing}: ${code}: ${words}`);
}

function said(body: string, status: number): { code: string; words: string } {
  try {
    const { error_code: code, message, detail } = JSON.parse(body) as Record<string, unknown>;
    return { code: String(code ?? status), words: firstLine(String(message ?? detail ?? body)) };
  } catch {
    const words = body
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim();
    return { code: String(status), words: firstLine(words) || 'no words' };
  }
}

/** What follows is a database's statement or a stack. */
const firstLine = (text: string) => (text.trim().split('\n')[0] ?? '').slice(0, WORDS);

/** The error for no answer at all. Cancellation is passed on as the signal's own reason. */
export function noAnswer(error: unknown, url: string, doing: string, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof UserError) return error;
  const local = String((error as { code?: unknown })?.code ?? '');
  if (['ENOSPC', 'EDQUOT'].includes(local))
    return new UserError(
      'OutsideRefused',
      `no space left on this machine while ${doing}: free some space, then run \`ratchet retry\``,
      { cause: error },
    );
  if (['EACCES', 'EISDIR', 'ENOTDIR', 'EPERM', 'EROFS'].includes(local))
    return new UserError('OutsideRefused', `a local file failed while ${doing}: ${String(error)}`, { cause: error });
  const cause = (error as { cause?: { code?: unknown } })?.cause;
  const why = String(cause?.code ?? local) || (error instanceof Error ? error.message : String(error));
  return new UserError(
    'OutsideUnreachable',
    `MLflow cannot be reached at ${url} while ${doing} (${why}): start it, or set MLFLOW_TRACKING_URI`,
  );
}
