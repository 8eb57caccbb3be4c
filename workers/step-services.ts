/** What a step may ask of its worker while it runs: bytes behind a reference, and a place for a table that it wrote. */
import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetCache } from '#activities/data/dataset-cache.ts';
import { DatasetRef, FileRef, Format } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { Tables } from '#ports/tables.ts';
import type { StepServices } from './step-host/typescript-steps.ts';

const shown = (value: unknown) => JSON.stringify(value)?.slice(0, 80);

/** @param scratch folder for files on their way; created. */
export function stepServices(parts: {
  cache: DatasetCache;
  tables: Pick<Tables, 'snapshot'>;
  scratch: string;
}): StepServices {
  const { cache, tables, scratch } = parts;
  return {
    async localPath(ref, signal) {
      const known = DatasetRef.or(FileRef).safeParse(ref);
      if (!known.success)
        throw new UserError('InvalidInput', `context.localPath takes a dataset or file reference, not ${shown(ref)}.`);
      return cache.localFile(known.data, signal);
    },
    /** Kept as Parquet, whatever it was written as: types and the number of rows travel with it. */
    async saveDataset(path, format, signal) {
      const known = Format.safeParse(format);
      if (!known.success || typeof path !== 'string')
        throw new UserError(
          'InvalidInput',
          `context.saveDataset takes a path and one of ${Format.options.join(', ')}, not ${shown([path, format])}.`,
        );
      if (!(await stat(path).catch(() => null))?.isFile())
        throw new UserError('InvalidOutput', `There is no file ${path} to save: write it before context.saveDataset.`);
      await mkdir(scratch, { recursive: true });
      const to = join(scratch, `${randomUUID()}.parquet`);
      try {
        const { md5, rows, bytes, columns } = await tables.snapshot({ files: [path], format: known.data, to }, signal);
        const { uri } = await cache.keep(to, md5, signal);
        return { kind: 'dataset', uri, digest: `md5:${md5}`, format: 'parquet', rows, bytes, columns: [...columns] };
      } finally {
        await rm(to, { force: true });
      }
    },
  };
}
