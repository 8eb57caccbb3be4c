/** The digest of a step's code: what makes a cached result of it a hit or a miss. */
import { join } from 'node:path';
import { stageDigest } from '#activities/dispatch/stage-versions.ts';
import type { StepDeclaration } from '#contracts/compiled.ts';
import { canonicalJson } from '#contracts/json.ts';
import type { PinnedProgram } from '#contracts/program.ts';
import type { PipelineBundle } from './bundle.ts';
import { packageVersion } from './package-root.ts';
import { matchFiles } from './program-files.ts';
import { sha256, sha256File } from './sha256.ts';

/**
 * A stage counts by its contract version; a TypeScript step by the closure of the module that defines it, its declared
 * files and its cache version; a script step by its program too.
 * @param origin the project's module that defined the step; null for a step that Ratchet itself defines.
 */
export async function stepDigest(
  step: StepDeclaration,
  origin: string | null,
  bundle: PipelineBundle,
  folder: string,
  program: PinnedProgram | null,
): Promise<string> {
  // Of the worker's own stage, which does the work, whatever release of Ratchet the project has installed.
  const stage = step.kind === 'stage' ? stageDigest(step.name) : null;
  if (stage) return stage;
  const { files, cacheVersion = null } = step.settings;
  const paths = files.length > 0 ? await matchFiles(folder, files, `step ${step.name}`) : [];
  const declared = await Promise.all(paths.map(async (path) => [path, await sha256File(join(folder, path))]));
  // A module that is not among the bundle's should not exist; then the whole pipeline counts, which is never too little.
  const closure =
    origin === null
      ? `ratchet-ml@${packageVersion}`
      : (bundle.closures[origin] ?? bundle.closures[bundle.entry] ?? bundle.digest);
  return sha256(canonicalJson({ closure, declared, cacheVersion, program: program?.pinned.digest ?? null }));
}
