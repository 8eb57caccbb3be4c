/** Rows that are written: held against the view's definition first, all of them or none. */
import { encodeRow, type OnlineValue } from '#ports/online-row.ts';
import type { OnlineRow, OnlineStore, OnlineWritten } from '#ports/online-store.ts';
import { type WindowEvent, windowChanges } from '#ports/window-events.ts';
import type { Catalogue, ServedView } from './catalogue.ts';
import { MOST_ROWS, viewOf } from './question.ts';
import { Refusal, unknown } from './refusal.ts';
import { type Dialect, fromJson, instant } from './values.ts';
import { keyOf } from './vectors.ts';

/** Columns of equal length, by name. */
export type Columns = Readonly<Record<string, readonly unknown[]>>;

export interface Writing {
  readonly catalogue: Catalogue;
  readonly store: OnlineStore;
  readonly dialect: Dialect;
  now(): number;
  /** Asked before anything is written: may the caller write to it? */
  allow?(view: ServedView): void;
}

/** An event that is further ahead would keep every later one out. */
const AHEAD_MS = 5 * 60_000;

/** @throws Refusal unprocessable for a name of no push source and no view */
export function viewsOfSource(catalogue: Catalogue, source: string): ServedView[] {
  const names = catalogue.pushSources.get(source) ?? (catalogue.views.has(source) ? [source] : null);
  if (names) return names.map((name) => viewOf(catalogue, name));
  const known = new Set([...catalogue.pushSources.keys(), ...catalogue.views.keys()]);
  throw unknown('push source', source, known, 'PushSourceNotFoundException', 'unprocessable');
}

/** @throws Refusal; UserError of the store */
export async function pushRows(
  views: readonly ServedView[],
  columns: Columns,
  writing: Writing,
): Promise<OnlineWritten> {
  for (const view of views) writing.allow?.(view);
  const arrived = writing.now();
  const told = views.map((view) => ({ view, rows: rowsOf(view, columns, writing.dialect, arrived) }));
  return writing.store.write(
    told.flatMap(({ view, rows }) => (view.features.size > 0 ? rows.map(({ row }) => row) : [])),
    told.flatMap(({ view, rows }) =>
      view.windows
        ? windowChanges(
            view.windows,
            rows.map(({ event }) => event),
            BigInt(arrived) * 1_000n,
          )
        : [],
    ),
  );
}

interface Row {
  readonly row: OnlineRow;
  /** Of the view's windows. */
  readonly event: WindowEvent;
}

function rowsOf(view: ServedView, columns: Columns, dialect: Dialect, arrived: number): Row[] {
  const read = view.windows?.columns.map(([name]) => name) ?? [];
  const wanted = [...new Set([...view.keys.keys(), ...view.features.keys(), ...read, view.timestamp])];
  const absent = wanted.filter((name) => !Object.hasOwn(columns, name));
  if (absent.length > 0)
    throw new Refusal(
      'unprocessable',
      `The rows for ${view.name} have no ${absent.join(', ')}.`,
      'Give all join keys, features, the columns that windows read and the timestamp, with null where one has no value.',
    );
  const rows = columns[view.timestamp]?.length ?? 0;
  if (rows > MOST_ROWS)
    throw new Refusal(
      'too-large',
      `${rows} rows are pushed at once, and ${MOST_ROWS} are the most.`,
      'Push in several requests.',
    );
  const uneven = wanted.find((name) => columns[name]?.length !== rows);
  if (uneven !== undefined)
    throw new Refusal(
      'unprocessable',
      `${uneven} has ${columns[uneven]?.length} values, and ${view.timestamp} ${rows}.`,
      'Give each column a value for each row.',
    );
  return Array.from({ length: rows }, (_, row) => rowOf(view, columns, row, dialect, arrived));
}

function rowOf(view: ServedView, columns: Columns, row: number, dialect: Dialect, arrived: number): Row {
  const given = (name: string) => columns[name]?.[row];
  const typed = (types: ServedView['features']) =>
    new Map<string, OnlineValue>(
      [...types].map(([name, type]) => [name, fromJson(type, given(name) ?? null, `${name}[${row}]`, dialect)]),
    );
  const keys = typed(view.keys);
  const event = moment(given(view.timestamp), `${view.timestamp}[${row}]`, dialect, arrived);
  const written = view.created === null ? null : (given(view.created) ?? null);
  const created =
    view.created === null || written === null
      ? BigInt(arrived) * 1_000n
      : moment(written, `${view.created}[${row}]`, dialect, arrived);
  const key = keyOf(view, (name) => keys.get(name) ?? null, `row ${row}`);
  return {
    row: { view: view.name, key, row: encodeRow({ event, created, values: typed(view.features) }) },
    event: {
      ...{ key, time: event },
      // Where the view has no time of writing, arrival decides nothing.
      created: view.created === null ? null : created,
      values: [...typed(new Map(view.windows?.columns ?? [])).values()],
    },
  };
}

function moment(given: unknown, path: string, dialect: Dialect, arrived: number): bigint {
  const at = instant(given, path, dialect);
  if (at <= BigInt(arrived + AHEAD_MS) * 1_000n) return at;
  throw new Refusal(
    'unprocessable',
    `${path} is ${given}, more than five minutes ahead of this clock (${new Date(arrived).toISOString()}).`,
    'Correct it: until that time nothing newer could be written.',
  );
}
