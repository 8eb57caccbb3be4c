/**
 * References, found as text: whatever has an object's digest or key in it refers to it, in whatever field, tag or sentence. So
 * a reference of a kind that this page has never heard of counts, and a chance likeness only keeps what could have gone.
 */
import { hasGlob } from '../data/glob.ts';

/** `files/md5/ab/cdef…`: the digest is cut in two. */
const FILE = /files\/md5\/([0-9a-f]{2})\/([0-9a-f]{30})/g;
const DRIFT = /drift\/[\w.-]+\/[0-9TZ]+-[0-9a-f]{20}\.json/g;
const HEX = /[0-9a-f]{32,}/g;
/** MD5 and SHA-256, in hex digits. */
const LENGTHS = [32, 64];
/** Hex that goes on for longer is somebody's bytes. */
const LONGEST = 512;
const LONGEST_KEY = 1_024;

export function namesIn(text: string): Set<string> {
  const names = new Set<string>();
  for (const [, a, b] of text.matchAll(FILE)) names.add(`${a}${b}`);
  for (const [key] of text.matchAll(DRIFT)) names.add(key);
  for (const [run] of text.matchAll(HEX)) {
    if (run.length > LONGEST) continue;
    if (LENGTHS.includes(run.length)) names.add(run);
    // A letter before a digest may look like a digit of it.
    else
      for (const length of LENGTHS)
        for (let at = 0; at + length <= run.length; at++) names.add(run.slice(at, at + length));
  }
  return names;
}

/**
 * Keys with a wildcard, `*` or `?`: sources that refer to all that matches.
 * @param root of the store's URIs
 */
export function patternsIn(text: string, root: string): Set<string> {
  const patterns = new Set<string>();
  for (let at = text.indexOf(root); at >= 0; at = text.indexOf(root, at + 1)) {
    const rest = text.slice(at + root.length, at + root.length + LONGEST_KEY);
    const key = /^[^\s"'`\\<>]*/.exec(rest)?.[0] ?? '';
    if (hasGlob(key)) patterns.add(key);
  }
  return patterns;
}
