/** Files that options name: whatever is wrong with one is said by its option, before any work is done. */
import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { notThere } from '#activities/data/source/source.ts';
import { UserError } from '#contracts/failures.ts';

/** @throws UserError InvalidInput for what is not there, a folder, not readable or not text */
export async function readGiven(option: string, file: string): Promise<string> {
  try {
    return await readFile(resolve(file), 'utf8');
  } catch (error) {
    throw await unusable(option, file, error, 'read');
  }
}

/** As {@link readGiven}, of JSON. */
export async function readGivenJson(option: string, file: string): Promise<unknown> {
  const text = await readGiven(option, file);
  if (text.trim() === '') throw new UserError('InvalidInput', `${option} ${file} is empty`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError('InvalidInput', `${option} ${file} is not JSON: ${(error as Error).message}`);
  }
  const rounded = roundedInteger(text);
  if (rounded !== null)
    throw new UserError(
      'InvalidInput',
      `${option} ${file} holds ${rounded.slice(0, 80)}: a number beyond 2^53 would be read as ${Number(rounded)}; write it in quotes, "${rounded.slice(0, 80)}"`,
    );
  if (deeperThan(value, DEEPEST))
    throw new UserError(
      'InvalidInput',
      `${option} ${file} is nested deeper than ${DEEPEST}: nothing that is read here is`,
    );
  return value;
}

/** The first whole number of a JSON text that a number of JavaScript does not hold. */
function roundedInteger(text: string): string | null {
  // Strings are taken whole, so that no digit of theirs is looked at.
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[-+.\deE]*/g))
    if (/^-?\d{16,}$/.test(token) && BigInt(token) !== BigInt(Number(token))) return token;
  return null;
}

/** Readers of what lies within descend by calling themselves. */
const DEEPEST = 64;

function deeperThan(value: unknown, depth: number): boolean {
  let level: unknown[] = [value];
  for (let at = 0; level.length > 0; at++) {
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
    if (at >= depth && level.length > 0) return true;
  }
  return false;
}

/**
 * A report that has no place is found out before minutes are spent on it.
 * @throws UserError InvalidInput where no file can be written
 */
export async function refuseUnwritable(option: string, file: string | undefined): Promise<void> {
  if (file === undefined) return;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(file))
    throw new UserError('InvalidInput', `${option} ${file}: files are written to this machine; name a path`);
  const path = resolve(file);
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) throw new UserError('InvalidInput', `${option} ${file} is a folder: name a file in it`);
  try {
    if (found) await access(path, constants.W_OK);
    const folder = await stat(dirname(path));
    if (!folder.isDirectory()) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
    await access(dirname(path), constants.W_OK);
  } catch (error) {
    throw await unusable(option, file, error, 'written');
  }
}

/** @param doing `read` or `written` */
export async function unusable(option: string, file: string, error: unknown, doing: string): Promise<UserError> {
  const path = resolve(file);
  const words = async (): Promise<string> => {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'ENOENT':
        return doing === 'read' ? await notThere(path, file) : `${file}: there is no folder ${dirname(path)}`;
      case 'ENOTDIR':
        return `${file}: ${dirname(path)} is no folder`;
      case 'EISDIR':
        return `${file} is a folder: name a file in it`;
      case 'EACCES':
      case 'EPERM':
        return `${file} cannot be ${doing}: its permissions forbid it`;
      default:
        return `${file} cannot be ${doing}: ${(error as Error).message}`;
    }
  };
  return new UserError('InvalidInput', `${option} ${await words()}`, { cause: error });
}
