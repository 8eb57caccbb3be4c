/** Which files a declared program is made of. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { glob } from 'tinyglobby';
import { UserError } from '#contracts/failures.ts';
import type { DeclaredProgram } from '#contracts/program.ts';
import { packageRoot } from './package-root.ts';

const isFile = async (path: string) => (await stat(path).catch(() => null))?.isFile() ?? false;
const looksLikeScript = (word: string) => /^[^-].*\.(py|sh|js|mjs|cjs|ts|r|R|jl)$/.test(word);
const ignored = ['**/node_modules/**', '**/.ratchet/**', '**/__pycache__/**', '**/.venv/**', '**/.git/**'];

/** Files by glob, relative to `folder`, sorted. @throws UserError InvalidPipeline for a glob that nothing matches. */
export async function matchFiles(folder: string, globs: readonly string[], owner: string): Promise<string[]> {
  const found = new Set<string>();
  for (const pattern of globs) {
    if (normalize(pattern).startsWith(`..${sep}`))
      throw new UserError(
        'InvalidPipeline',
        `${owner}: the file "${pattern}" lies outside of the pipeline's folder ${folder}. Move it into the folder.`,
      );
    const matches = await glob([pattern], {
      cwd: folder,
      dot: true,
      ignore: ignored,
      onlyFiles: true,
      expandDirectories: false,
    });
    if (matches.length === 0)
      throw new UserError(
        'InvalidPipeline',
        `${owner}: no file in ${folder} matches "${pattern}". Paths and globs are relative to the pipeline's folder.`,
      );
    for (const match of matches) found.add(match.split(sep).join('/'));
  }
  return [...found].sort();
}

/** The word of the command that names a file of the pipeline; null when none does. */
async function scriptOf(folder: string, { command }: DeclaredProgram, owner: string): Promise<string | null> {
  for (const word of command) {
    if (word.startsWith('-') || word.startsWith('/')) continue;
    if (await isFile(join(folder, word))) return normalize(word);
    if (looksLikeScript(word))
      throw new UserError(
        'InvalidPipeline',
        `${owner}: there is no ${word} in ${folder}. Paths in a command are relative to the pipeline's folder.`,
      );
  }
  return null;
}

/** Relative paths of everything that travels with the program. */
export async function programFiles(folder: string, program: DeclaredProgram, owner: string): Promise<string[]> {
  const script = await scriptOf(folder, program, owner);
  const files = new Set(script ? [script.split(sep).join('/')] : []);
  const beside = script?.endsWith('.py') ? [`${dirname(script) === '.' ? '' : `${dirname(script)}/`}*.py`] : [];
  // `python -m package`: nothing on the command line names a file, so all Python of the folder goes along.
  const module = script === null && program.command.includes('-m') ? ['**/*.py'] : [];
  for (const path of await matchFiles(folder, program.files ?? [...beside, ...module], owner)) files.add(path);
  return [...files].sort();
}

/** What environments of programs are called; the lock's digest tells them apart. */
export const TRAINER_ENVIRONMENT = 'trainer';

export interface Lock {
  /** Letters, digits and dashes: names the environment. */
  name: string;
  path: string;
  bytes: Uint8Array;
}

const usesPython = (command: readonly string[]) => command.some((word) => /^python[\d.]*$/.test(word));

/**
 * The lock of the program's Python environment: its own, else the pipeline folder's `requirements.lock`, else the one
 * that Ratchet ships; null for a program that runs no Python and names no lock.
 */
export async function programLock(folder: string, program: DeclaredProgram, owner: string): Promise<Lock | null> {
  if (program.lock !== undefined) {
    const path = join(folder, program.lock);
    if (!(await isFile(path)))
      throw new UserError(
        'InvalidPipeline',
        `${owner}: there is no lock file ${program.lock} in ${folder}. Write one with \`uv pip compile --generate-hashes\`.`,
      );
    return read(path);
  }
  if (!usesPython(program.command)) return null;
  const own = join(folder, 'requirements.lock');
  return (await isFile(own)) ? read(own) : read(join(packageRoot, 'trainers', 'requirements.lock'));

  async function read(path: string): Promise<Lock> {
    return { name: TRAINER_ENVIRONMENT, path: relative(folder, path), bytes: await readFile(path) };
  }
}
