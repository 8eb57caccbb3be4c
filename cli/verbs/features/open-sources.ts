/** Sources of views as a command reads them: paths are of the folder of the definitions. */
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { LocalTable } from '#activities/features/plan-views.ts';
import { readingOf } from '#contracts/reading.ts';
import type { Resolved } from '#features/resolve.ts';
import { type Dataset, type Datasets, isStored, type NamedData } from '../../kit/datasets.ts';

type Views = Resolved['views'];

/** @param definitions the file that defines them */
export const sourcesOf = (views: Views, definitions: string): NamedData[] =>
  views.map(({ view: { source } }) => ({
    name: placed(source.path, definitions),
    format: source.format,
    reading: readingOf(source),
  }));

/** @param datasets of {@link sourcesOf}, in their order */
export async function sourceTables(
  views: Views,
  datasets: readonly Dataset[],
  opened: Datasets,
): Promise<Map<string, LocalTable>> {
  const tables = new Map<string, LocalTable>();
  for (const [index, { view }] of views.entries()) {
    const source = datasets[index];
    if (source) tables.set(view.name, await oneFile(source, opened, `source-${index}`));
  }
  return tables;
}

/** As a person would name it from here. */
function placed(path: string, definitions: string): string {
  if (isStored(path) || isAbsolute(path)) return path;
  const from = join(dirname(resolve(definitions)), path);
  return relative(process.cwd(), from) || from;
}

/** A table in one file, so that each row has one place in it. */
export async function oneFile(
  dataset: Dataset,
  { tables, folder, signal }: Datasets,
  name: string,
): Promise<LocalTable> {
  const [file, ...more] = dataset.files;
  if (file === undefined) throw new Error(`${dataset.name} has no files`);
  if (more.length === 0) {
    const { columns } = dataset.shape ?? (await tables.shape([file], signal));
    return { file, columns };
  }
  const to = join(folder, `${name}.parquet`);
  const { columns } = await tables.snapshot({ files: dataset.files, format: 'parquet', to }, signal);
  return { file: to, columns };
}
