/** What an object of a store counts as, whoever tells of it: the store's event notification, or the watch that lists it. */

/** Longest name of a partition. */
const LONGEST = 1_024;

/** `"9b2c…"` and `W/"9b2c…"` are 9b2c…; null when there is none. */
export function cleanEtag(etag: string | undefined): string | null {
  return etag?.replace(/^W\//, '').replaceAll('"', '').slice(0, 64) || null;
}

/**
 * `s3://bucket/key@version`: bucket and key say which object, the version which bytes.
 * @param uri with the key as it is, not as a URL has it
 * @param version its ETag (see {@link cleanEtag}); null: the object counts once, whatever it becomes
 */
export function objectPartition(uri: string, version: string | null): string {
  const end = version === null ? '' : `@${version}`;
  const room = LONGEST - end.length;
  if (uri.length <= room) return uri + end;
  const half = Math.floor((room - 1) / 2);
  return `${uri.slice(0, half)}…${uri.slice(-half)}${end}`;
}
