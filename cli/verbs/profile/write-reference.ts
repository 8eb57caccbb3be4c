/** `ratchet profile DATA --out FILE`. */
import { randomUUID } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '#contracts/failures.ts';
import { profileTableHere } from '#measures/drift/profile/table.ts';
import { withDatasets } from '../../kit/datasets.ts';
import { refuseUnwritable } from '../../kit/given-file.ts';
import { createOutput, shortened } from '../../kit/output.ts';
import { createProgress } from '../../kit/progress.ts';
import { readingOf } from '../../kit/reading-options.ts';
import type { ProfileOptions } from './options.ts';

/** The file appears whole or not at all. */
export async function writeReference(data: string, options: ProfileOptions): Promise<void> {
  if (options.out === undefined || !/\.json$/i.test(options.out))
    throw new UserError(
      'InvalidInput',
      `${options.out === undefined ? '--out is missing' : `--out ${options.out}`}: name a file that ends in .json, for example --out reference.json`,
    );
  await refuseUnwritable('--out', options.out);
  const out = createOutput(options.json ?? false);
  const path = resolve(options.out);
  const partial = join(dirname(path), `.${basename(path)}.${randomUUID()}.partial`);
  const progress = createProgress(out, 'columns');
  const at = new Date().toISOString();
  try {
    const made = await withDatasets(
      [data],
      { format: options.format, reading: readingOf(options), out },
      async ({ datasets, notes, tables, signal }) => {
        const files = datasets.flatMap((dataset) => dataset.files);
        const profiled = await tables.scanning(
          files,
          (open) => profileTableHere({ files, to: partial, made: at }, null, open, progress.tell),
          signal,
        );
        return { ...profiled, notes };
      },
    );
    await rename(partial, path);
    const { size: bytes } = await stat(path);
    progress.end();
    out.object({ file: path, bytes, made: at, ...made });
    for (const { column, reason } of made.untested)
      out.print(`not to be tested: ${shortened(column, 40)}: ${shortened(reason, 160)}`);
    for (const note of made.notes) out.print(note);
    out.print(
      `${path}: ${made.rows.toLocaleString('en-US')} rows, ${made.columns} columns in ${(bytes / 1e6).toFixed(1)} MB`,
    );
  } finally {
    progress.end();
    await rm(partial, { force: true });
  }
}
