/** `--html FILE`. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import type { Output } from './output.ts';

/** @throws UserError InvalidInput when the file cannot be written */
export async function writeReport(file: string, html: string, out: Output): Promise<void> {
  const path = resolve(file);
  try {
    await writeFile(path, html);
  } catch (error) {
    throw new UserError('InvalidInput', `--html ${file} cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
  out.note(`report: ${path}`);
}
