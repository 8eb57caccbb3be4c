/** What goes wrong between us and an S3 server, as words that say what to set or start. */
import { UserError } from '#contracts/failures.ts';

export interface Place {
  /** Endpoint in words, for messages. */
  readonly at: string;
  readonly bucket: string;
}

const credentials = new Set([
  'AccessDenied',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'AuthorizationHeaderMalformed',
  'ExpiredToken',
  'InvalidToken',
  '403',
  '401',
]);
const full = new Set(['XMinioStorageFull', 'InsufficientStorage', 'QuotaExceeded', 'EDQUOT', 'ENOSPC']);

/** True when the thing asked for is not there (the key; a HEAD does not say whether the bucket is). */
export function isMissing(error: unknown): boolean {
  return (
    ['NoSuchKey', 'NotFound'].includes(nameOf(error)) || (statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket')
  );
}

export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');
const codeOf = (error: unknown): string => String((error as { code?: unknown; Code?: unknown })?.code ?? '');
const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } })?.$metadata?.httpStatusCode;

/**
 * The error to throw instead. Cancellation is passed on as the signal's own reason; an answer of 5xx and everything
 * without an answer is OutsideUnreachable (retried), the rest OutsideRefused (retrying would not mend it).
 */
export function explain(error: unknown, place: Place, doing: string, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof UserError) return error;
  const name = nameOf(error);
  const code = codeOf(error);
  const status = statusOf(error);
  const cause = bare(error);
  const words = error instanceof Error && error.message ? error.message : name || code || String(error);
  if (full.has(name) || full.has(code) || status === 507)
    return new UserError(
      'OutsideRefused',
      `no space left while ${doing} (${words}): free some space on this machine or on the store at ${place.at}, then run \`ratchet retry\``,
      { cause },
    );
  if (credentials.has(name) || status === 403 || status === 401)
    return new UserError(
      'OutsideRefused',
      `the object store at ${place.at} refuses these credentials while ${doing} (${name}): set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to an account that may read and write the bucket "${place.bucket}"`,
      { cause },
    );
  if (name === 'NoSuchBucket')
    return new UserError(
      'OutsideRefused',
      `the bucket "${place.bucket}" does not exist at ${place.at}: correct the name (of Ratchet's own store: RATCHET_STORE, s3://bucket/prefix), or create it`,
      { cause },
    );
  if (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429)
    return new UserError('OutsideRefused', `the object store at ${place.at} refused ${doing}: ${name}: ${words}`, {
      cause: error,
    });
  const local = localProblem(code, words, doing, cause);
  if (local) return local;
  return new UserError(
    'OutsideUnreachable',
    `the object store at ${place.at} cannot be reached while ${doing} (${code || name}: ${words}): start it (\`ratchet dev\` starts the embedded one), or set AWS_ENDPOINT_URL_S3`,
    { cause },
  );
}

/** The SDK's errors hold request, response and sockets, signed headers among them: none of it may reach a log. */
function bare(error: unknown): Error {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return Object.assign(new Error(message), { name, stack });
}

/** Errors of this machine's own files. */
function localProblem(code: string, words: string, doing: string, cause: unknown): UserError | null {
  if (!['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'EPERM', 'EROFS'].includes(code)) return null;
  return new UserError('OutsideRefused', `a local file failed while ${doing}: ${words}`, { cause });
}
