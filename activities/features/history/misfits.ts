/** A view held against the columns of its source, before any row is read. */
import type { Entity } from '#features/entity.ts';
import type { FeatureView } from '#features/feature-view.ts';
import { sourceName } from '#features/source.ts';
import type { FeatureType } from '#features/value-types.ts';
import { MissingColumn } from '#measures/nearest.ts';
import type { TableHeader } from '#ports/tables.ts';
import { fits, otherType } from './fits.ts';

/**
 * What only rows tell (the type of a CSV's column, further columns of JSON lines) is not judged.
 * @throws UserError InvalidInput for a column that is missing (with the nearest there is), or of another type than declared
 */
export function refuseMisfits(
  view: Omit<FeatureView, never>,
  joinKeys: Entity['joinKeys'],
  { columns, complete }: TableHeader,
): void {
  const place = `the view ${view.name}, ${sourceName(view.source)}`;
  for (const { column, type, what } of wantedOf(view, joinKeys)) {
    const found = columns.find(({ name }) => name.toLowerCase() === column.toLowerCase());
    if (!found && !complete) continue;
    if (!found) throw new MissingColumn(`${place}, ${what}`, column, columns);
    if (type !== null && found.type !== null && !fits(type, found.type)) throw otherType(place, found, type, what);
  }
}

interface Wanted {
  readonly column: string;
  /** null: any. */
  readonly type: FeatureType | null;
  readonly what: string;
}

function wantedOf(view: Omit<FeatureView, never>, joinKeys: Entity['joinKeys']): Wanted[] {
  const declared: Record<string, FeatureType> = { ...view.columns };
  const features = Object.entries(view.features);
  for (const [, feature] of features) if (!('aggregate' in feature)) declared[feature.column] = feature.type;
  const typed = (column: string, what: string): Wanted => ({ column, type: declared[column] ?? null, what });
  return [
    ...Object.entries(joinKeys).map(([column, type]) => ({ column, type, what: 'a join key' })),
    { column: view.timestamp, type: 'timestamp' as const, what: 'the timestamp' },
    ...(view.created === undefined ? [] : [{ column: view.created, type: null, what: 'created' }]),
    ...features.flatMap(([name, feature]) => {
      if (!('aggregate' in feature)) return [typed(feature.column, name)];
      const read = 'column' in feature ? [typed(feature.column, name)] : [];
      return [...read, ...Object.keys(feature.where ?? {}).map((column) => typed(column, `${name}, where`))];
    }),
  ];
}
