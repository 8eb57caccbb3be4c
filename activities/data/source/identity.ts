import type { RunContext } from '#contracts/run.ts';
import { sha256 } from '../../sha256.ts';
import { type SourceFilesDependencies, sourceFiles } from './files.ts';
import type { SourceInput } from './source.ts';

/**
 * What a cache of validateData's results must count besides its input: the bytes behind a path, a glob or an object of
 * the store. An unchanged local file is not read for it (its stat is known); a changed one is hashed in the data host.
 * @returns null when the input says it all (a reference); else 64 hex digits that change when any byte does
 * @throws UserError DataInvalid when nothing is there, InvalidInput when the source is not allowed: as the stage would
 */
export async function sourceIdentity(
  input: SourceInput,
  run: RunContext,
  deps: SourceFilesDependencies,
  signal?: AbortSignal,
): Promise<string | null> {
  if (typeof input.source !== 'string') return null;
  const { md5s } = await sourceFiles(input, run, deps, signal);
  return sha256(md5s.join('\n'));
}
