/** The stage featurize: data and views → train and holdout, Parquet to Parquet. */
import { join } from 'node:path';
import type { DatasetRef } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import type { TableFacts, Tables } from '#ports/tables.ts';
import { createDatasetCache, type DatasetCacheDependencies } from '../data/dataset-cache.ts';
import type { StageWork } from '../stage.ts';
import { localTables } from './local-tables.ts';
import { expressionsOf, planFeaturize } from './plan-featurize.ts';
import { originsOf } from './rows-origin.ts';
import { emptyPart, unlabelledPart } from './windows.ts';

export interface FeaturizeDependencies extends DatasetCacheDependencies {
  readonly tables: Pick<Tables, 'parse' | 'featurize' | 'snapshot' | 'md5'>;
}

export function createFeaturize(deps: FeaturizeDependencies): StageWork<'featurize'> {
  const cache = createDatasetCache(deps);

  return async (input, { signal, workdir, progress }) => {
    const local = localTables(cache, deps.tables, { signal, workdir });
    const facts = await deps.tables.parse(expressionsOf(input), input.time ?? null, signal);
    const [data, ...views] = await Promise.all([
      local(input.data, 'data'),
      ...input.views.map((view) => local(view.data, `view-${view.name}`)),
    ]);
    const request = planFeaturize(input, data!, views, facts, {
      train: join(workdir, 'train.parquet'),
      holdout: join(workdir, 'holdout.parquet'),
      ...(input.time === undefined ? {} : { times: join(workdir, 'holdout-times.parquet') }),
    });

    progress(`joining ${input.data.rows.toLocaleString('en-US')} rows to ${views.length} views`);
    const result = await deps.tables.featurize(request, signal);
    if (result.withoutTime > 0)
      throw new UserError(
        'DataInvalid',
        `${result.withoutTime.toLocaleString('en-US')} rows have no ${request.time}, so they have no place in time: leave them out with \`where: '${request.time} IS NOT NULL'\`, or mend them`,
      );
    for (const part of ['train', 'holdout'] as const)
      if (result[part].rows === 0) throw emptyPart(part, input.split, request.split, result.range, request.where);
    for (const part of ['train', 'holdout'] as const)
      if (result.labelled?.[part] === 0) throw unlabelledPart(part, input, request.split, result);

    const keep = async (path: string, { rows, bytes, md5, columns }: TableFacts): Promise<DatasetRef> => {
      const { uri } = await cache.keep(path, md5, signal);
      return { kind: 'dataset', uri, digest: `md5:${md5}`, format: 'parquet', rows, bytes, columns: [...columns] };
    };
    const [trainRows, holdoutRows, times] = await Promise.all([
      keep(request.train, result.train),
      keep(request.holdout, result.holdout),
      request.times && result.times ? keep(request.times, result.times) : null,
    ]);
    const origins = originsOf(input, result, times && { uri: times.uri, digest: times.digest });
    const served = input.data.service ? { service: input.data.service } : {};
    const train: DatasetRef = { ...trainRows, origin: origins.train, ...served };
    const holdout: DatasetRef = { ...holdoutRows, origin: origins.holdout, ...served };
    const found = Object.entries(result.matched).map(
      ([view, share]) => `, ${view} found for ${(share * 100).toFixed(1)} %`,
    );
    progress(
      `${train.rows.toLocaleString('en-US')} rows to train on, ${holdout.rows.toLocaleString('en-US')} held out${found.join('')}`,
    );
    return { train, holdout, matched: result.matched };
  };
}
