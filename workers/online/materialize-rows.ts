/** What the data host does of a materialisation: it opens the online store itself, reads, encodes and writes. */
import { stat } from 'node:fs/promises';
import {
  type MaterializeRead,
  type MaterializeRows,
  type MaterializeUnread,
  type RowsWritten,
  stampOf,
} from '#activities/features/materialize/data-host.ts';
import { each } from '#contracts/each.ts';
import { tilePlan } from '#features/tiles/plan.ts';
import { fileKey, fileRow, MATERIALIZED, readFile, viewRow } from '#ports/materialized.ts';
import type { NewestRows, WindowEvents } from '#ports/newest-rows.ts';
import { entityKey, type KeyValue } from '#ports/online-key.ts';
import { rowEncoder } from '#ports/online-row.ts';
import type { OnlineRow, OnlineStore } from '#ports/online-store.ts';
import type { OpenTable, ReadColumns, TableScan } from '#ports/tables.ts';
import { type WindowEvent, windowChanges } from '#ports/window-events.ts';
import { type OnlinePlace, openPlace } from './place.ts';

/** Rows of one write: an LMDB commit takes the time of an fsync, and a reader of Redis waits for what is before it. */
const TOGETHER = 10_000;
const AT_ONCE = 1_000;
const STATS_AT_ONCE = 32;

async function inStore<T>(place: OnlinePlace, work: (store: OnlineStore) => Promise<T>): Promise<T> {
  const store = await openPlace(place);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Places in `files` of those that were not read as they are now. */
export function unread({ place, view, definition, files, now }: MaterializeUnread<OnlinePlace>): Promise<number[]> {
  return inStore(place, async (store) => {
    const found: number[] = [];
    for (let from = 0; from < files.length; from += AT_ONCE) {
      const some = files.slice(from, from + AT_ONCE);
      const rows = await store.read(some.map(({ label }) => ({ key: fileKey(view, label), views: [MATERIALIZED] })));
      for (const [index, { version }] of some.entries()) {
        const read = readFile(rows[index]?.[0]);
        const isRead =
          read?.version === version && read.definition === definition && (read.again === null || read.again > now);
        if (!isRead) found.push(from + index);
      }
    }
    return found;
  });
}

/** Writes the newest rows of the files and the events of windows, waits until the store has them, and writes that they were read. */
export function materializeRows(
  given: MaterializeRows<OnlinePlace>,
  _read: ReadColumns,
  open: OpenTable,
): Promise<RowsWritten> {
  const { place, view, files, cursor, now } = given;
  return inStore(place, async (store) => {
    const table = await open(files);
    const written = await newestOf(given, table, store);
    const events = await eventsOf(given, table, store);
    if (cursor) {
      const again = written.ahead > 0 ? now : null;
      const rows = (await stillAsListed(cursor)).map(({ label, version }) =>
        fileRow(view, label, { version, definition: cursor.definition, again, rows: written.rows }, now),
      );
      await store.write(rows);
    }
    return { ...written, events };
  });
}

async function newestOf(
  { view, names, request }: MaterializeRows<OnlinePlace>,
  table: TableScan,
  store: OnlineStore,
): Promise<Omit<RowsWritten, 'events'>> {
  const encode = rowEncoder(names.features);
  let written = 0;
  let older = 0;
  const batches = createBatches<OnlineRow>(async (rows) => {
    const answer = await store.write(rows);
    written += answer.written;
    older += answer.older;
  });
  const facts = await table.newestRows(request, async (some) => {
    // Windows alone have no newest row.
    if (names.features.length > 0) await batches.add(encoded({ view, names }, encode, some));
  });
  await batches.end();
  return { ...facts, written, older };
}

/** @returns how many events there were that windows may see */
async function eventsOf(
  { names, request, windows, now }: MaterializeRows<OnlinePlace>,
  table: TableScan,
  store: OnlineStore,
): Promise<number> {
  const plan = windows && tilePlan(windows.view);
  if (!windows || !plan) return 0;
  const batches = createBatches<WindowEvent>(async (events) => {
    await store.write([], windowChanges(plan, events, now));
  });
  const { keys, time, created, knownByCreated, from, to, until } = request;
  const asked = { keys, time, created, knownByCreated, from, to, until, columns: windows.columns };
  const since = now - BigInt(plan.longest + plan.delay);
  const events = await table.windowEvents({ ...asked, since }, (some) => batches.add(eventsIn(names.keys, some)));
  await batches.end();
  return events;
}

/** The next batch is read while one is written. */
function createBatches<T>(write: (batch: readonly T[]) => Promise<void>) {
  let batch: T[] = [];
  let underway: Promise<void> = Promise.resolve();
  const flush = async () => {
    const full = batch;
    batch = [];
    await underway;
    underway = write(full);
    // Told to whoever waits next.
    underway.catch(() => {});
  };
  return {
    add: async (some: Iterable<T>) => {
      for (const each of some) batch.push(each);
      if (batch.length >= TOGETHER) await flush();
    },
    end: async () => {
      await flush();
      await underway;
    },
  };
}

export function materialized({ place, view, at }: { place: OnlinePlace; view: string; at: bigint }): Promise<void> {
  return inStore(place, async (store) => {
    await store.write([viewRow(view, at)]);
  });
}

function* encoded(
  { view, names: { keys } }: Pick<MaterializeRows<OnlinePlace>, 'view' | 'names'>,
  encode: ReturnType<typeof rowEncoder>,
  { rows, keys: ids, features, times, created }: NewestRows,
): Generator<OnlineRow> {
  for (let row = 0; row < rows; row++)
    yield {
      view,
      key: keyOf(keys, ids, row),
      row: encode(times[row] ?? 0n, created[row] ?? null, (place) => features[place]?.[row] ?? null),
    };
}

const keyOf = (names: readonly string[], ids: NewestRows['keys'], row: number): Uint8Array =>
  // None of them is null: such rows are left out.
  entityKey(names.map((name, index) => [name, ids[index]?.[row] as KeyValue]));

function* eventsIn(
  names: readonly string[],
  { rows, keys, values, times, created, ordinals }: WindowEvents,
): Generator<WindowEvent> {
  for (let row = 0; row < rows; row++)
    yield {
      ...{ key: keyOf(names, keys, row), time: times[row] ?? 0n, created: created[row] ?? null },
      values: values.map((column) => column[row] ?? null),
      ordinal: ordinals[row] ?? 0,
    };
}

/** What changed while it was read is read again the next time: nobody knows which of its rows were seen. */
async function stillAsListed({ files }: MaterializeRead): Promise<MaterializeRead['files']> {
  const same = await each(STATS_AT_ONCE, files, async ({ path, stamp }) => {
    if (path === null) return true;
    const now = await stat(path).catch(() => null);
    return now !== null && stampOf(now.size, now.ctime) === stamp;
  });
  return files.filter((_, index) => same[index]);
}
