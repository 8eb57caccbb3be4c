/** Features that are asked for, held against the tables that there are: a join by names, or a message that says what is missing. */
import { milliseconds } from '#contracts/duration.ts';
import { UserError } from '#contracts/failures.ts';
import { howTimesAreWritten } from '#contracts/reading.ts';
import type { Resolved } from '#features/resolve.ts';
import { sourceName } from '#features/source.ts';
import type { FeatureType } from '#features/value-types.ts';
import { MissingColumn } from '#measures/nearest.ts';
import type { HistoryRequest, HistoryView } from '#ports/history.ts';
import type { HeaderColumn } from '#ports/tables.ts';
import { isTimeType } from '../columns-in-scope.ts';
import type { LocalTable } from '../plan-views.ts';
import { fits, otherType } from './fits.ts';

export interface AskedColumn {
  /** `view:feature` or `name:output`. */
  readonly reference: string;
  /** In the result. */
  readonly name: string;
  readonly type: FeatureType;
}
export interface PlannedHistory {
  readonly views: readonly HistoryView[];
  readonly time: string;
  /** What the caller asked for, in order. */
  readonly asked: readonly AskedColumn[];
  /** Reference of a view's feature → its column in what is joined, all that is needed. */
  readonly joined: ReadonlyMap<string, { readonly column: string; readonly type: FeatureType }>;
  /** Field of the request → the column of the rows. */
  readonly request: ReadonlyMap<string, string>;
}

type View = Resolved['views'][number];

/** A table of which a type may not be known yet: what is not known is not judged. */
export interface KnownTable {
  readonly file: string;
  readonly columns: readonly HeaderColumn[];
}

/**
 * @param rows the table of entities and times
 * @param sources by view
 * @throws UserError InvalidInput for a column that is missing or of another type than declared, and for names that meet
 */
export function planHistory(
  resolved: Resolved,
  rows: Pick<KnownTable, 'columns'>,
  sources: ReadonlyMap<string, KnownTable>,
  options: { readonly time: string; readonly fullNames: boolean },
): PlannedHistory {
  const time = timeOf('the rows', rows.columns, options.time, 'name the column of the moments: --time');
  const joined = new Map<string, { column: string; type: FeatureType }>();
  const views = resolved.views.map((resolvedView) => {
    const source = sources.get(resolvedView.view.name);
    if (!source) throw new Error(`nobody has opened the source of ${resolvedView.view.name}`);
    return viewOf(resolvedView, rows.columns, source, joined);
  });
  const request = new Map<string, string>();
  for (const [field, type] of Object.entries(resolved.request)) {
    const column = found('the rows, a field of the request', rows.columns, field);
    if (!fits(type, column.type)) throw otherType('the rows', column, type, `the request field ${field}`);
    request.set(field, column.name);
  }
  const asked = resolved.columns.map(({ reference, view, feature, type }) => ({
    reference,
    name: options.fullNames ? `${view}__${feature}` : feature,
    type,
  }));
  const taken = new Map(rows.columns.map(({ name }) => [name.toLowerCase(), 'a column of the rows']));
  for (const { name, reference } of asked) {
    const other = taken.get(name.toLowerCase());
    if (other)
      throw new UserError(
        'InvalidInput',
        `${reference}: the result has ${name} already (${other}); ${options.fullNames ? 'rename that column' : 'full names (view__feature) tell them apart: --full-names'}`,
      );
    taken.set(name.toLowerCase(), reference);
  }
  return { views, time: time.name, asked, joined, request };
}

function viewOf(
  { view, joinKeys, features }: View,
  rows: readonly HeaderColumn[],
  { file, columns }: KnownTable,
  joined: Map<string, { column: string; type: FeatureType }>,
): HistoryView {
  const place = `the view ${view.name}`;
  const source = `${place}, ${sourceName(view.source)}`;
  const time = timeOf(source, columns, view.timestamp, 'name it as `timestamp`').name;
  const on = Object.entries(joinKeys).map(([key, type]): [string, string] => {
    const here = found(`the rows, a join key of ${view.entities.join(', ')}`, rows, key);
    const there = found(`${source}, a join key`, columns, key);
    if (!fits(type, here.type)) throw otherType('the rows', here, type, `a join key of ${view.entities.join(', ')}`);
    if (!fits(type, there.type)) throw otherType(source, there, type, `a join key of ${view.entities.join(', ')}`);
    return [here.name, there.name];
  });
  const created = view.created === undefined ? null : found(`${source}, created`, columns, view.created);
  // What says when a row was written says from when on it is known.
  const availableAfter = view.availableAfter ?? (created ? 'created' : '0s');
  if (created?.type && availableAfter === 'created' && !isTimeType(created.type))
    throw new UserError(
      'InvalidInput',
      `${source}: created (${created.name}) is ${created.type}, not a date or timestamp, and says from when on a row is known; ${howTimesAreWritten(created.name)}; or say availableAfter: '0s'`,
    );
  const bring: [string, string][] = [];
  const windows: HistoryView['windows'][number][] = [];
  const declared: Record<string, HistoryView['columns'][string]> = { ...view.columns };
  for (const feature of Object.values(view.features))
    if (!('aggregate' in feature)) declared[feature.column] = feature.type;
  const checked = (name: string, column: string) => {
    const type = declared[column];
    const there = found(`${source}, ${name}`, columns, column);
    if (type !== undefined && !fits(type, there.type)) throw otherType(source, there, type, name);
    return there.name;
  };
  for (const [name, feature] of Object.entries(features)) {
    const column = `__ratchet_f${joined.size}`;
    joined.set(`${view.name}:${name}`, { column, type: feature.type });
    if ('aggregate' in feature) {
      if ('column' in feature) checked(name, feature.column);
      for (const other of Object.keys(feature.where ?? {})) checked(`${name}, where`, other);
      windows.push({ feature, name: column });
    } else bring.push([checked(name, feature.column), column]);
  }
  return {
    name: view.name,
    file,
    time,
    created: created?.name ?? null,
    on,
    bring,
    windows,
    columns: declared,
    maxAge: view.ttl === '0' ? null : milliseconds(view.ttl),
    availableAfter: availableAfter === 'created' ? 'created' : milliseconds(availableAfter),
  };
}

function found(place: string, columns: readonly HeaderColumn[], name: string): HeaderColumn {
  const column = columns.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (!column) throw new MissingColumn(place, name, columns);
  return column;
}

function timeOf(place: string, columns: readonly HeaderColumn[], name: string, what: string): HeaderColumn {
  const column = columns.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (!column) throw new UserError('InvalidInput', `${new MissingColumn(place, name, columns).message}; ${what}`);
  if (column.type === null || isTimeType(column.type)) return column;
  throw new UserError(
    'InvalidInput',
    `${place}: the time ${column.name} is ${column.type}, not a date or timestamp; ${howTimesAreWritten(column.name)}`,
  );
}

/** What is joined, before anything is computed of it: all columns of the rows, and those of the views by names of ours. */
export function requestOf(planned: PlannedHistory, rows: LocalTable, to: string): HistoryRequest {
  return {
    file: rows.file,
    time: planned.time,
    views: planned.views,
    select: [
      ...rows.columns.map(({ name }) => ({ from: name, name, type: null })),
      ...[...planned.joined.values()].map(({ column, type }) => ({ from: column, name: column, type })),
    ],
    to,
  };
}
