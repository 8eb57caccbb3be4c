/** `ratchet features history`. */
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { getHistoricalFeatures } from '#activities/features/history/get-history.ts';
import type { LocalTable } from '#activities/features/plan-views.ts';
import { grouped } from '#contracts/grouped.ts';
import { readingOf as readingIn } from '#contracts/reading.ts';
import { resolveFeatures } from '#features/resolve.ts';
import { type Dataset, type Datasets, isStored, withDatasets } from '../../kit/datasets.ts';
import { refuseUnwritable } from '../../kit/given-file.ts';
import { createOutput } from '../../kit/output.ts';
import { readingOf } from '../../kit/reading-options.ts';
import type { HistoryOptions } from './options.ts';
import { readDefinitions } from './read-definitions.ts';

export async function writeHistory(options: HistoryOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await refuseUnwritable('--out', options.out);
  const defined = await readDefinitions(options.definitions);
  const { views } = resolveFeatures(defined.document, options);
  const names = [
    { name: options.entities, format: options.format, reading: readingOf(options) },
    ...views.map(({ view: { source } }) => ({
      name: placed(source.path, options.definitions),
      format: source.format,
      reading: readingIn(source),
    })),
  ];
  const answer = await withDatasets(names, { out }, async (opened) => {
    const [entities, ...sources] = opened.datasets;
    if (!entities) throw new Error('no rows were opened');
    const tables = new Map<string, LocalTable>();
    for (const [index, { view }] of views.entries()) {
      const source = sources[index];
      if (source) tables.set(view.name, await oneFile(source, opened, `source-${index}`));
    }
    if (out.live) out.note(`joining ${views.length} views …`);
    const made = await getHistoricalFeatures(
      {
        defined,
        features: options.features,
        service: options.service,
        entities: await oneFile(entities, opened, 'rows'),
        sources: tables,
        time: options.time,
        fullNames: options.fullNames,
        folder: opened.folder,
      },
      resolve(options.out),
      opened.tables,
      opened.signal,
    );
    return { ...made, notes: opened.notes };
  });
  out.object({ ...answer, out: options.out, service: serviceOf(defined.document.services, options.service) });
  out.print(`${options.out}: ${grouped(answer.rows)} rows, ${answer.features.length} features`);
  for (const [view, share] of Object.entries(answer.matched))
    out.print(`  ${view}: ${(share * 100).toFixed(1)} % of the rows found one${share === 0 ? nothingFound : ''}`);
  if (answer.withoutTime > 0)
    out.print(`  ${grouped(answer.withoutTime)} rows have no ${options.time}, and so no features`);
  for (const note of answer.notes) out.note(note);
}

const nothingFound =
  '. Are the keys of one kind, the times of one zone, and was the source loaded at once, so that `created` is after all of them (availableAfter)?';

const serviceOf = (services: readonly { name: string; version: string }[], name: string | undefined) => {
  const found = services.find((each) => each.name === name);
  return found ? { name: found.name, version: found.version } : null;
};

/** As a person would name it from here: paths of sources are of the folder of the definitions. */
function placed(path: string, definitions: string): string {
  if (isStored(path) || isAbsolute(path)) return path;
  const from = join(dirname(resolve(definitions)), path);
  return relative(process.cwd(), from) || from;
}

/** A table in one file, so that each row has one place in it. */
async function oneFile(dataset: Dataset, { tables, folder, signal }: Datasets, name: string): Promise<LocalTable> {
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
