/** `--html FILE`, and other files that a verb writes for people and machines beside its answer. */
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
  option = '--html',
): Promise<void> {
  const path = resolve(file);
  try {
    if (measured === null) await writeFile(path, html);
    else {
      const { dated } = await import('#reports/page.ts');
      await writeFile(path, dated(html, measured));
    }
  } catch (error) {
    throw await unusable(option, file, error, 'written');
  }
  out.note(`report: ${path}`);
}
