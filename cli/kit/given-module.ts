/** Modules that options name, as a user writes them: TypeScript, with the packages that their folder finds. */
import { rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '#contracts/failures.ts';
import { readGiven } from './given-file.ts';

/**
 * What a module exports.
 * @param option what messages call it: `--suite`
 * @throws UserError InvalidInput for a file that is not there, does not build, or throws
 */
export async function exportsOf(option: string, file: string): Promise<Record<string, unknown>> {
  const path = resolve(file);
  await readGiven(option, file);
  const { bundlePipeline } = await import('#workers/code/bundle.ts');
  const { code } = await bundlePipeline(dirname(path), { name: basename(path), entry: path } as Parameters<
    typeof bundlePipeline
  >[1]).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    throw new UserError('InvalidInput', error.message.replace(/^The pipeline "(.*?)"/, `${option} ${file}`));
  });
  // Beside the module, so that it finds the packages that the module finds.
  const built = join(dirname(path), `.${basename(path)}.${process.pid}.mjs`);
  try {
    await writeFile(built, code);
    return (await import(pathToFileURL(built).href)) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError('InvalidInput', `${option} ${file}: ${error instanceof Error ? error.message : error}`);
  } finally {
    await rm(built, { force: true });
  }
}
