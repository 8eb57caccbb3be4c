/** Sources of views as a command reads them: paths are of the folder of the definitions. */
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { LocalTable } from '#activities/features/plan-views.ts';
import { queryTable } from '#activities/features/sources/query-table.ts';
import { readingOf } from '#contracts/reading.ts';
import type { Resolved } from '#features/resolve.ts';
import { type FileSource, isFiles, type Source } from '#features/source.ts';
import { databasesOf } from '#workers/databases.ts';
import { type Dataset, type Datasets, isStored, type NamedData } from '../../kit/datasets.ts';

type Views = Resolved['views'];

/** The files that views are read from, those behind their SQL included. @param definitions the file that defines them */
export const sourcesOf = (views: Views, definitions: string): NamedData[] =>
  filesBehind(views).map((source) => ({
    name: placed(source.path, definitions),
    format: source.format,
    reading: readingOf(source),
  }));

const filesBehind = (views: Views): FileSource[] => views.flatMap(({ view }) => filesOf(view.source));

function filesOf(source: Source): FileSource[] {
  if (isFiles(source)) return [source];
  return 'sql' in source ? Object.values(source.sql.tables).filter((table) => isFiles(table)) : [];
}

/** @param datasets of {@link sourcesOf}, in their order */
export async function sourceTables(
  views: Views,
  datasets: readonly Dataset[],
  opened: Datasets,
): Promise<Map<string, LocalTable>> {
  const behind = new Map(filesBehind(views).map((source, index) => [source, datasets[index]]));
  const datasetOf = (source: FileSource): Dataset => {
    const found = behind.get(source);
    if (!found) throw new Error(`nobody has opened ${source.path}`);
    return found;
  };
  const { tables: queries, folder, signal } = opened;
  const tables = new Map<string, LocalTable>();
  for (const [index, { view }] of views.entries()) {
    const { source, name } = view;
    if (isFiles(source)) {
      tables.set(name, await oneFile(datasetOf(source), opened, `source-${index}`));
      continue;
    }
    const file = join(folder, `source-${index}.parquet`);
    const open = async (table: FileSource) => datasetOf(table).files;
    const deps = { databases: databasesOf(process.env), queries };
    const { columns } = await queryTable(source, file, { folder, open }, deps, signal);
    tables.set(name, { file, columns });
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
