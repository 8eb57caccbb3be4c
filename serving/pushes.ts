/** Rows that are written: held against the view's definition first, all of them or none. */
import { encodeRow, type OnlineValue } from '#ports/online-row.ts';
import type { OnlineRow, OnlineStore, OnlineWritten } from '#ports/online-store.ts';
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
  return writing.store.write(views.flatMap((view) => onlineRows(view, columns, writing)));
}

function onlineRows(view: ServedView, columns: Columns, { dialect, now }: Writing): OnlineRow[] {
  const wanted = [...view.keys.keys(), ...view.features.keys(), view.timestamp];
  const absent = wanted.filter((name) => !Object.hasOwn(columns, name));
  if (absent.length > 0)
    throw new Refusal(
      'unprocessable',
      `The rows for ${view.name} have no ${absent.join(', ')}.`,
      'Give all join keys, features and the timestamp, with null where a feature has no value.',
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
  const arrived = now();
  return Array.from({ length: rows }, (_, row) => rowOf(view, columns, row, dialect, arrived));
}

function rowOf(view: ServedView, columns: Columns, row: number, dialect: Dialect, arrived: number): OnlineRow {
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
  return {
    view: view.name,
    key: keyOf(view, (name) => keys.get(name) ?? null, `row ${row}`),
    row: encodeRow({ event, created, values: typed(view.features) }),
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
