/** `ratchet features history`. */
import { resolve } from 'node:path';
import { getHistoricalFeatures } from '#activities/features/history/get-history.ts';
import { UserError } from '#contracts/failures.ts';
import { grouped } from '#contracts/grouped.ts';
import { resolveFeatures } from '#features/resolve.ts';
import { withDatasets } from '../../kit/datasets.ts';
import { refuseUnwritable } from '../../kit/given-file.ts';
import { createOutput } from '../../kit/output.ts';
import { readingOf } from '../../kit/reading-options.ts';
import { oneFile, sourcesOf, sourceTables } from './open-sources.ts';
import type { HistoryOptions } from './options.ts';
import { readDefinitions } from './read-definitions.ts';

export async function writeHistory(options: HistoryOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  const other = /\.(csv|tsv|json|jsonl|ndjson)(\.\w+)?$/i.exec(options.out);
  if (other)
    throw new UserError(
      'InvalidInput',
      `--out ${options.out} names another format, and Parquet is written: name it ${options.out.slice(0, other.index)}.parquet`,
    );
  await refuseUnwritable('--out', options.out);
  const defined = await readDefinitions(options.definitions);
  const { views } = resolveFeatures(defined.document, options);
  const names = [
    { name: options.entities, format: options.format, reading: readingOf(options) },
    ...sourcesOf(views, options.definitions),
  ];
  const answer = await withDatasets(names, { out }, async (opened) => {
    const [entities, ...sources] = opened.datasets;
    if (!entities) throw new Error('no rows were opened');
    if (out.live) out.note(`joining ${views.length} views …`);
    const made = await getHistoricalFeatures(
      {
        defined,
        features: options.features,
        service: options.service,
        entities: await oneFile(entities, opened, 'rows'),
        sources: await sourceTables(views, sources, opened),
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
