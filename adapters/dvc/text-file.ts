/** Small files that people and Git see: replaced in one step. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export async function replaceText(file: string, text: string): Promise<void> {
  const partial = `${file}.${randomUUID()}.partial`;
  try {
    await writeFile(partial, text);
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}

/** A line of the .gitignore beside it, unless it is there. @returns the file when it was changed */
export async function ignoreInGit(path: string): Promise<string[]> {
  const file = join(dirname(path), '.gitignore');
  const before = await readFile(file, 'utf8').catch(() => '');
  const line = lineOf(path);
  if (before.split(/\r?\n/).includes(line)) return [];
  await replaceText(file, `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${line}\n`);
  return [file];
}

/** Without that line; a file without any other goes. @returns the file when it was changed */
export async function showToGit(path: string): Promise<string[]> {
  const file = join(dirname(path), '.gitignore');
  const before = await readFile(file, 'utf8').catch(() => '');
  const kept = before.split('\n').filter((line) => line.replace(/\r$/, '') !== lineOf(path));
  const after = kept.join('\n');
  if (after === before) return [];
  if (after.trim() === '') await rm(file);
  else await replaceText(file, after);
  return [file];
}

/** As Git reads a name that looks like a pattern. */
const lineOf = (path: string): string => `/${basename(path).replace(/[[\]!*#?]/g, '\\$&')}`;
