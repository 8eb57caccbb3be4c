/** `--html FILE`. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { unusable } from './given-file.ts';
import type { Output } from './output.ts';

/** @throws UserError InvalidInput when the file cannot be written */
export async function writeReport(file: string, html: string, out: Output): Promise<void> {
  const path = resolve(file);
  try {
    await writeFile(path, html);
  } catch (error) {
    throw await unusable('--html', file, error, 'written');
  }
  out.note(`report: ${path}`);
}
