/** A dataset's rows as local Parquet; what a script stored as CSV or JSON lines is read first. */
import { join } from 'node:path';
import type { DatasetRef } from '#contracts/data.ts';
import type { Tables } from '#ports/tables.ts';
import type { DatasetCache } from '../data/dataset-cache.ts';
import type { StageContext } from '../stage.ts';
import type { LocalTable } from './plan-views.ts';

/** @returns of a dataset, under a name of its own in the attempt's folder */
export function localTables(
  cache: Pick<DatasetCache, 'localFile'>,
  tables: Pick<Tables, 'snapshot'>,
  { signal, workdir }: Pick<StageContext, 'signal' | 'workdir'>,
): (ref: DatasetRef, name: string) => Promise<LocalTable> {
  return async (ref, name) => {
    const file = await cache.localFile(ref, signal);
    if (ref.format === 'parquet') return { file, columns: ref.columns };
    const to = join(workdir, `${name}.parquet`);
    const { columns } = await tables.snapshot({ files: [file], labels: [name], format: ref.format, to }, signal);
    return { file: to, columns };
  };
}
