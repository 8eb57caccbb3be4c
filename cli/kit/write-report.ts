/** `--html FILE`. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { unusable } from './given-file.ts';
import type { Output } from './output.ts';

/** @param measured ISO: when its figures were, by default now; null: the page says so itself. @throws UserError InvalidInput when the file cannot be written */
export async function writeReport(
  file: string,
  html: string,
  out: Output,
  measured: string | null = new Date().toISOString(),
): Promise<void> {
  const path = resolve(file);
  try {
    const { dated } = await import('#reports/page.ts');
    await writeFile(path, measured === null ? html : dated(html, measured));
  } catch (error) {
    throw await unusable('--html', file, error, 'written');
  }
  out.note(`report: ${path}`);
}
