/**
 * What was materialised, kept in the online store beside the rows: a store that is lost has lost this as well, and is filled again.
 * Rows of a view of our own, written after those that they speak of were acknowledged.
 */
import { digestOf } from '#features/digest.ts';
import { entityKey } from './online-key.ts';
import { decodeRow, encodeRow, type OnlineValue, type OnlineVector } from './online-row.ts';
import type { OnlineRow } from './online-store.ts';

/** No view of a project is called so. */
export const MATERIALIZED = '#materialized';

/** A file that was read whole. */
export interface ReadFile {
  /** Another one for other bytes. */
  readonly version: string;
  /** Of what the view makes of a row; another one for other columns or types. */
  readonly definition: string;
  /** µs since 1970 UTC from which on it is to be read again, because it holds rows from after its reading; null: never. */
  readonly again: bigint | null;
  readonly rows: number;
}

/** Longer names are known by their digest: a key has room for 1,500 bytes. */
const LONGEST_NAME = 1_000;

export function fileKey(view: string, label: string): Uint8Array {
  const name = Buffer.byteLength(label, 'utf8') <= LONGEST_NAME ? label : digestOf(label);
  return entityKey([
    ['file', name],
    ['view', view],
  ]);
}

/** @param now µs since 1970 UTC: of two readings the later one counts */
export const fileRow = (view: string, label: string, read: ReadFile, now: bigint): OnlineRow => ({
  view: MATERIALIZED,
  key: fileKey(view, label),
  row: encodeRow({
    event: now,
    created: null,
    values: new Map<string, OnlineValue>([
      ['version', read.version],
      ['definition', read.definition],
      ['again', read.again],
      ['rows', BigInt(read.rows)],
    ]),
  }),
});

/** null where the row says nothing that is understood here: its file is read again. */
export function readFile(row: Uint8Array | null | undefined): ReadFile | null {
  const values = row && decodeRow(row).values;
  const version = values?.get('version');
  const definition = values?.get('definition');
  const again = values?.get('again') ?? null;
  if (typeof version !== 'string' || typeof definition !== 'string') return null;
  if (again !== null && typeof again !== 'bigint') return null;
  return { version, definition, again, rows: Number(values?.get('rows') ?? 0) };
}

/** Of the view as a whole. */
export const viewKey = (view: string): Uint8Array => entityKey([['view', view]]);

/** Says that the view is as its source was at `at`, µs since 1970 UTC. */
export const viewRow = (view: string, at: bigint): OnlineRow => ({
  view: MATERIALIZED,
  key: viewKey(view),
  row: encodeRow({ event: at, created: null, values: new Map() }),
});

/** µs since 1970 UTC of the source that the view is as new as; null: it was never materialised as a whole. */
export function materializedAt(row: Uint8Array | null | undefined): bigint | null {
  const read: OnlineVector | null = row ? decodeRow(row) : null;
  return read?.event ?? null;
}
