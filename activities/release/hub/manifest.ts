/**
 * `ratchet.json`, which is published with a model: which version it is, and its files. What has the same bytes there is the same
 * release, and the files that it names are those that the next release may take away again. Pure.
 */
import { z } from 'zod';
import type { LocalFile } from './files.ts';

export const MANIFEST = 'ratchet.json';

export interface ReleaseFacts {
  model: string;
  version: string;
  digest: string;
  verdict: string;
  evidence: string;
  /** What the step asks of the card: another licence is another release. */
  license: string | null;
}

export function manifestText(facts: ReleaseFacts, files: readonly LocalFile[]): string {
  const listed = files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 }));
  return `${JSON.stringify({ format: 1, ...facts, files: listed }, null, 2)}\n`;
}

const Manifest = z.object({ format: z.literal(1), files: z.array(z.object({ path: z.string() })) });

/** Paths that an earlier release put there; none where its manifest cannot be read. */
export function pathsOf(text: string | null): string[] {
  try {
    return Manifest.parse(JSON.parse(text ?? '')).files.map(({ path }) => path);
  } catch {
    return [];
  }
}
