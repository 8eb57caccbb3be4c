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
import { fileKey, fileRow, MATERIALIZED, readFile, viewRow } from '#ports/materialized.ts';
import type { NewestRows } from '#ports/newest-rows.ts';
import { entityKey, type KeyValue } from '#ports/online-key.ts';
import { rowEncoder } from '#ports/online-row.ts';
import type { OnlineRow, OnlineStore } from '#ports/online-store.ts';
import type { OpenTable, ReadColumns } from '#ports/tables.ts';
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

/** Writes the newest rows of the files, waits until the store has them, and writes that they were read. */
export function materializeRows(
  { place, view, files, request, names, cursor, now }: MaterializeRows<OnlinePlace>,
  _read: ReadColumns,
  open: OpenTable,
): Promise<RowsWritten> {
  return inStore(place, async (store) => {
    const table = await open(files);
    const encode = rowEncoder(names.features);
    let written = 0;
    let older = 0;
    let batch: OnlineRow[] = [];
    let underway: Promise<void> = Promise.resolve();
    const write = async (rows: readonly OnlineRow[]) => {
      const answer = await store.write(rows);
      written += answer.written;
      older += answer.older;
    };
    const facts = await table.newestRows(request, async (some) => {
      for (const row of encoded({ view, names }, encode, some)) batch.push(row);
      if (batch.length < TOGETHER) return;
      const full = batch;
      batch = [];
      // The next rows are read while these are written.
      await underway;
      underway = write(full);
      underway.catch(() => {});
    });
    await underway;
    await write(batch);
    if (cursor) {
      const again = facts.ahead > 0 ? now : null;
      const rows = (await stillAsListed(cursor)).map(({ label, version }) =>
        fileRow(view, label, { version, definition: cursor.definition, again, rows: facts.rows }, now),
      );
      await store.write(rows);
    }
    return { ...facts, written, older };
  });
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
      // None of them is null: such rows are left out.
      key: entityKey(keys.map((name, index) => [name, ids[index]?.[row] as KeyValue])),
      row: encode(times[row] ?? 0n, created[row] ?? null, (place) => features[place]?.[row] ?? null),
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
