/** `ratchet features skew`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { comparedFeatures, measureSkew, type Skew } from '#activities/features/skew/measure-skew.ts';
import { UserError } from '#contracts/failures.ts';
import { grouped } from '#contracts/grouped.ts';
import { samplesWithin } from '#features/samples.ts';
import pc from '../../kit/color.ts';
import { withDatasets } from '../../kit/datasets.ts';
import { createOutput, type Output, table } from '../../kit/output.ts';
import { projectRoot } from '../../kit/project.ts';
import { sourcesOf, sourceTables } from './open-sources.ts';
import { readDefinitions } from './read-definitions.ts';
import { type SamplePlace, samplePlace } from './sample-place.ts';

export interface SkewOptions {
  service: string;
  /** ISO: vectors of [from, to). */
  from: string;
  to: string;
  share: number;
  samples?: string;
  definitions: string;
  json?: boolean;
}

export async function showSkew(options: SkewOptions): Promise<void> {
  const { service, from, to } = options;
  if (from >= to) throw new UserError('InvalidInput', `--from ${from} is not before --to ${to}`);
  const out = createOutput(options.json ?? false);
  const defined = await readDefinitions(options.definitions);
  const { views } = comparedFeatures(defined, service);
  const version = defined.document.services.find(({ name }) => name === service)?.version ?? '';
  const place = samplePlace(options.samples, projectRoot());
  if (!place)
    throw new UserError(
      'InvalidInput',
      'no place of sampled vectors is known: name the folder with --samples, or RATCHET_STORE, or work where ratchet dev has run',
    );
  try {
    const files = [];
    for await (const file of place.list(service)) files.push(file);
    const { own, others } = samplesWithin(files, { version, from, to });
    if (own.length === 0) throw nothingSampled(options, place, others);
    const measured = await withDatasets(sourcesOf(views, options.definitions), { out }, async (opened) => {
      const samples: string[] = [];
      for (const [index, { key }] of own.entries()) {
        const file = join(opened.folder, `sample-${index}.jsonl`);
        await writeFile(file, await place.get(key));
        samples.push(file);
      }
      if (out.live) out.note(`computing what history says of ${own.length} files of vectors …`);
      const sources = await sourceTables(views, opened.datasets, opened);
      const { folder, tables, signal } = opened;
      return measureSkew({ defined, service, samples, window: { from, to }, sources, folder }, tables, signal);
    });
    if (measured.vectors === 0) throw nothingSampled(options, place, others);
    show(measured, options, others, out);
  } finally {
    await place.close();
  }
}

function nothingSampled({ service, from, to }: SkewOptions, place: SamplePlace, others: ReadonlyMap<string, number>) {
  const elsewhere =
    others.size === 0
      ? ''
      : `; there are vectors of other versions of its definitions: ${[...others.keys()].join(', ')}`;
  return new UserError(
    'DataInvalid',
    `no vector of ${service} was sampled from ${from} to ${to} in ${place.at}${elsewhere}. ratchet features serve samples what is asked by the service's name`,
  );
}

function show(measured: Skew, { share }: SkewOptions, others: ReadonlyMap<string, number>, out: Output): void {
  const over = measured.features.filter(({ differ, vectors }) => differ / vectors > share);
  out.object({ ...measured, share, skewed: over.map(({ feature }) => feature) });
  out.print(
    `${measured.service} ${measured.version.slice(0, 19)}: ${grouped(measured.vectors)} vectors served from ${measured.window.from} to ${measured.window.to}`,
  );
  const rows = measured.features.map(({ feature, vectors, differ, missing, extra, nulls }) => [
    feature,
    grouped(differ),
    `${((100 * differ) / vectors).toFixed(2)} %`,
    grouped(missing),
    grouped(extra),
    `${((100 * nulls) / vectors).toFixed(2)} %`,
  ]);
  out.print(table(['feature', 'differ', 'share', 'only in history', 'only served', 'no value'], rows, [1, 2, 3, 4, 5]));
  for (const { feature, examples } of over) {
    out.print(`${pc.bold(feature)} differs, for example`);
    for (const { of, served, recomputed } of examples)
      out.print(
        `  ${Object.entries(of)
          .map(([name, value]) => `${name} ${value}`)
          .join(', ')}: served ${served ?? 'nothing'}, history has ${recomputed ?? 'nothing'}`,
      );
  }
  for (const [version, files] of others)
    out.note(`${files} files of vectors were served by other definitions (${version}) and are not compared`);
  if (over.length > 0) process.exitCode = 1;
}
