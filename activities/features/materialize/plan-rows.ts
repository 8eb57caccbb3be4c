/** A view held against the columns of its source: what is read of them, or a message that says what is missing. */
import type { Column } from '#contracts/data.ts';
import { UserError } from '#contracts/failures.ts';
import { howTimesAreWritten } from '#contracts/reading.ts';
import { digestOf } from '#features/digest.ts';
import type { FeatureDocument } from '#features/document.ts';
import type { FeatureView, PlainFeature } from '#features/feature-view.ts';
import { joinKeysOf } from '#features/resolve.ts';
import { type FileSource, isFiles, sourceName } from '#features/source.ts';
import { tilePlan } from '#features/tiles/plan.ts';
import type { ValueType } from '#features/value-types.ts';
import { MissingColumn } from '#measures/nearest.ts';
import type { NewestRowsRequest, TypedColumn } from '#ports/newest-rows.ts';
import { isTimeType } from '../columns-in-scope.ts';
import { fits, otherType } from '../history/fits.ts';

export interface PlannedRows {
  readonly names: { readonly keys: readonly string[]; readonly features: readonly string[] };
  readonly request: Omit<NewestRowsRequest, 'from' | 'to' | 'until'>;
  /** Columns that the view's windows read, in the order of its {@link tilePlan}; null: it has none. */
  readonly windows: readonly TypedColumn[] | null;
}

/** Values of the newest row, in their order: what is kept of each entity. */
const valuesOf = (view: FeatureView): [string, PlainFeature][] =>
  Object.entries(view.features).flatMap(([name, feature]) =>
    'aggregate' in feature ? [] : [[name, feature] as const],
  );

/** @throws UserError InvalidInput where nothing of the view is kept online */
export function refuseNotOnline(view: FeatureView): void {
  if (!view.online)
    throw new UserError(
      'InvalidInput',
      `the view ${view.name} is defined with online: false: nothing of it is kept online`,
    );
}

/** Of what the view makes of a row: what was read under another one is read again. */
export function definitionOf(document: FeatureDocument, view: FeatureView): string {
  // Where files lie says nothing of their rows; what is asked of a database does.
  const reading = isFiles(view.source) ? without(view.source) : view.source;
  return digestOf({
    ...{ keys: joinKeysOf(document, view), timestamp: view.timestamp, created: view.created ?? null, reading },
    known: knownByCreated(view),
    windows: tilePlan(view)?.prefix ?? null,
    values: Object.fromEntries(valuesOf(view).map(([name, { column, type }]) => [name, { column, type }])),
  });
}

const without = ({ path: _, ...reading }: FileSource) => reading;

/** What says when a row was written says from when on it is known, unless the view says otherwise. */
const knownByCreated = ({ created, availableAfter }: FeatureView): boolean =>
  created !== undefined && (availableAfter ?? 'created') === 'created';

/** @throws UserError InvalidInput for a column that is missing or of another type than declared */
export function planRows(document: FeatureDocument, view: FeatureView, columns: readonly Column[]): PlannedRows {
  const source = `the view ${view.name}, ${sourceName(view.source)}`;
  const found = (place: string, name: string): Column => {
    const column = columns.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (!column) throw new MissingColumn(`${source}, ${place}`, name, columns);
    return column;
  };
  const typed = (place: string, name: string, type: ValueType): TypedColumn => {
    const column = found(place, name);
    if (fits(type, column.type)) return { column: column.name, type };
    throw otherType(source, column, type, place);
  };
  const time = (place: string, name: string): string => {
    const column = found(place, name);
    if (isTimeType(column.type)) return column.name;
    throw new UserError(
      'InvalidInput',
      `${source}: ${place} (${column.name}) is ${column.type}, not a date or timestamp; ${howTimesAreWritten(column.name)}`,
    );
  };
  const keys = Object.entries(joinKeysOf(document, view));
  const values = valuesOf(view);
  const windows = tilePlan(view);
  return {
    names: { keys: keys.map(([name]) => name), features: values.map(([name]) => name) },
    request: {
      keys: keys.map(([name, type]) => typed(`a join key of ${view.entities.join(', ')}`, name, type)),
      features: values.map(([name, { column, type }]) => typed(name, column, type)),
      time: time('the timestamp', view.timestamp),
      created: view.created === undefined ? null : time('created', view.created),
      knownByCreated: knownByCreated(view),
    },
    windows: windows?.columns.map(([name, type]) => typed('a window', name, type)) ?? null,
  };
}
