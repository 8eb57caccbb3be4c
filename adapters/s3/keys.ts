/** Keys of the store ↔ keys of the bucket. Names from outside are checked here, never concatenated unchecked. */
import { UserError } from '#contracts/failures.ts';

export interface Keys {
  /** The prefix with its slash, or ''. */
  readonly head: string;
  uri(key: string): string;
  key(uri: string): string;
  /** With the prefix. */
  full(key: string): string;
  /** Without it. */
  bare(full: string): string;
}

/** Longest key that S3 allows, in bytes. */
const LIMIT = 1024;

export function keysOf(bucket: string, prefix: string): Keys {
  const base = prefix.replace(/^\/+|\/+$/g, '');
  const head = base === '' ? '' : `${base}/`;
  const root = `s3://${bucket}/${head}`;
  const full = (key: string) => head + checked(key);
  return {
    head,
    full,
    bare: (key) => key.slice(head.length),
    uri: (key) => `s3://${bucket}/${full(key)}`,
    key: (uri) => {
      if (!uri.startsWith(root))
        throw new UserError('InvalidInput', `${JSON.stringify(uri)} is not in this store: its URIs start with ${root}`);
      return checked(uri.slice(root.length));
    },
  };
}

function checked(key: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (key === '' || /^\/|\/\/|(^|\/)\.\.?(\/|$)|[\u0000-\u001f\u007f\\]/.test(key) || Buffer.byteLength(key) > LIMIT)
    throw new UserError(
      'InvalidInput',
      `${JSON.stringify(key.slice(0, 200))} is no key of the store: at most ${LIMIT} bytes, no empty, "." or ".." parts, no backslash or control characters`,
    );
  return key;
}
