/** esbuild, whose child process may be killed like any other: that is no mistake of whoever wrote the pipeline. */
import type { BuildOptions, SameShape } from 'esbuild';
import { UserError } from '#contracts/failures.ts';

/**
 * As esbuild's own `build`. When its child process died, a new one is started and asked once more.
 * @throws UserError OutsideUnreachable, which is tried again later, when that one died, too; esbuild's BuildFailure
 */
export async function build<T extends BuildOptions>(options: SameShape<BuildOptions, T>) {
  // Most commands find what was built before.
  const { build: buildOnce, stop } = await import('esbuild');
  try {
    return await buildOnce<T>(options);
  } catch (error) {
    if (!childDied(error)) throw error;
    // Its module remembers the dead child until it is told to forget it.
    await stop();
  }
  try {
    return await buildOnce<T>(options);
  } catch (error) {
    if (!childDied(error)) throw error;
    await stop();
    throw new UserError(
      'OutsideUnreachable',
      'esbuild, which bundles pipelines, was killed twice in a row: the machine may be out of memory (free some), or something on it ends the process.',
      { cause: error },
    );
  }
}

/** esbuild says so in words only; a mistake in a file comes with `errors` that have a place. */
function childDied(error: unknown): boolean {
  return error instanceof Error && /The service (was stopped|is no longer running)|EPIPE/.test(error.message);
}
