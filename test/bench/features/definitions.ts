/** The definitions that the tables of tables.ts are read by, as a module in their folder and here. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineFeatures, entity, featureService, featureView, mean } from 'ratchet-ml';
import type { FeatureTables } from './tables.ts';

type Shape = Pick<FeatureTables, 'views' | 'features'>;

const columnsOf = ({ features }: Shape, view: number): string[] =>
  Array.from({ length: features }, (_, n) => `f${view * features + n}`);

/** `availableAfter: '0s'`: as Feast takes it. */
export function definitions(shape: Shape) {
  const key = entity({ name: 'key', joinKeys: { key: 'int64' } });
  const views = Array.from({ length: shape.views }, (_, view) =>
    featureView({
      name: `view_${view}`,
      entities: [key],
      ...{ source: `view_${view}.parquet`, timestamp: 'at', created: 'created', availableAfter: '0s' },
      features: Object.fromEntries(columnsOf(shape, view).map((column) => [column, 'float64' as const])),
    }),
  );
  const features = views.flatMap((view, index) => columnsOf(shape, index).map((column) => `${view.name}:${column}`));
  return defineFeatures({ entities: [key], views, services: [featureService({ name: 'all', features })] });
}

/** Five windows over the one column of one view. */
export function windows() {
  const key = entity({ name: 'key', joinKeys: { key: 'int64' } });
  const lengths = ['1h', '1d', '7d', '28d', '90d'] as const;
  const view = featureView({
    name: 'view_0',
    entities: [key],
    ...{ source: 'view_0.parquet', timestamp: 'at' },
    columns: { f0: 'float64' },
    features: Object.fromEntries(lengths.map((length) => [`mean_${length}`, mean('f0', length)])),
  });
  const features = lengths.map((length) => `view_0:mean_${length}`);
  return defineFeatures({ entities: [key], views: [view], services: [featureService({ name: 'all', features })] });
}

/** `features.ts` as a project would have it. */
export function writeDefinitions(folder: string, shape: Shape): void {
  const { document } = definitions(shape);
  writeFileSync(
    join(folder, 'features.ts'),
    `export default { kind: 'features', compute: {}, document: ${JSON.stringify(document)} };\n`,
  );
}
