/** Feature vectors of many entities: read in one round trip, each value with what is true of it now. */
import { type WindowValues, wantedParts, windowValues } from '#features/tiles/read.ts';
import { entityKey, type KeyValue } from '#ports/online-key.ts';
import { decodeRow, type OnlineValue, type OnlineVector } from '#ports/online-row.ts';
import type { OnlineStore } from '#ports/online-store.ts';
import type { Catalogue, ServedOnDemand, ServedType, ServedView } from './catalogue.ts';
import { type Asked, type AskedView, type Question, understood } from './question.ts';
import { Refusal } from './refusal.ts';
import { type Dialect, fits, fromJson } from './values.ts';

/**
 * PRESENT: the value of the newest row. NULL_VALUE: that row has null there. NOT_FOUND: there is no row, or it is older than this
 * feature. OUTSIDE_MAX_AGE: the newest row is older than the view's ttl; its value is beside it, for whoever looks at this.
 */
type Status = 'PRESENT' | 'NULL_VALUE' | 'NOT_FOUND' | 'OUTSIDE_MAX_AGE';

export interface Cell {
  readonly value: OnlineValue;
  readonly status: Status;
  /** µs since 1970 UTC of the row; null where there is none, of keys and of what is computed. */
  readonly event: bigint | null;
}

export interface Vectors {
  readonly rows: number;
  /** Join keys first, then features in the order that they were asked for. */
  readonly columns: readonly { readonly name: string; readonly type: ServedType; readonly cells: readonly Cell[] }[];
  readonly question: Question;
  /** Join keys and fields of the request, a value for each row. */
  readonly given: Given;
  /** The moment that they are of. */
  readonly at: Date;
}

/** What is told of each view that was read, for figures; ages in seconds. */
export type Told = (
  view: string,
  statuses: Readonly<Record<'hit' | 'miss' | 'expired', number>>,
  ages: readonly number[],
) => void;

export interface Reading {
  readonly catalogue: Catalogue;
  readonly store: OnlineStore;
  readonly dialect: Dialect;
  /** ms since 1970. */
  now(): number;
  /** Asked before anything is read: may the caller see these? */
  allow?(question: Question): void;
  told?: Told;
}

interface Kept {
  readonly row: OnlineVector | null;
  readonly windows: WindowValues | null;
}
/** What is kept of each view, for each row of the question. */
type Found = ReadonlyMap<string, readonly Kept[]>;
/** By name, a value for each row. */
type Given = ReadonlyMap<string, readonly OnlineValue[]>;

/** @throws Refusal; UserError of the store */
export async function readVectors(asked: Asked, reading: Reading): Promise<Vectors> {
  const { catalogue, dialect, store } = reading;
  const question = understood(catalogue, asked);
  reading.allow?.(question);
  const given: Given = new Map(
    [...question.given].map(([name, type]) => [
      name,
      (asked.entities[name] ?? []).map((value, row) => fromJson(type, value, `entities.${name}[${row}]`, dialect)),
    ]),
  );
  const at = new Date(reading.now());
  const now = BigInt(at.getTime()) * 1_000n;
  const found = await keptOf(question, given, store, Number(now));
  const computed = new Map<ServedOnDemand, readonly ReadonlyMap<string, OnlineValue>[]>();
  for (const { from } of question.columns)
    if (from.kind === 'onDemand' && !computed.has(from.of))
      computed.set(from.of, computedBy(from.of, question.rows, catalogue, { given, found, now }, at));
  const columns = [
    ...question.keys.map((name) => ({
      name,
      type: question.given.get(name) ?? 'string',
      cells: (given.get(name) ?? []).map(own),
    })),
    ...question.columns.map(({ name, type, from }) => ({
      name,
      type,
      cells:
        from.kind === 'view'
          ? (found.get(from.view.name) ?? []).map((kept) => cellOf(from.view, from.feature, kept, now))
          : (computed.get(from.of) ?? []).map((outputs) => own(outputs.get(from.output) ?? null)),
    })),
  ];
  if (reading.told) tell(question, found, now, reading.told);
  return { rows: question.rows, columns, question, given, at };
}

/** What is not from a row: given, or computed. */
const own = (value: OnlineValue): Cell => ({ value, status: value === null ? 'NULL_VALUE' : 'PRESENT', event: null });

const isOver = ({ ttl }: ServedView, { event }: OnlineVector, now: bigint) => ttl !== null && now - event > ttl;

function cellOf(view: ServedView, feature: string, { row: vector, windows }: Kept, now: bigint): Cell {
  if (view.windows?.windows.has(feature)) return windowCell(windows, feature);
  const value = vector?.values.get(feature);
  const type = view.features.get(feature);
  if (!vector || value === undefined || type === undefined || !fits(type, value))
    return { value: null, status: 'NOT_FOUND', event: null };
  const status = isOver(view, vector, now) ? 'OUTSIDE_MAX_AGE' : value === null ? 'NULL_VALUE' : 'PRESENT';
  return { value, status, event: vector.event };
}

const nothing: Kept = { row: null, windows: null };

/** Of nothing a count is 0, and present: only where there is no value an entity that was never seen is told from others. */
function windowCell(windows: WindowValues | null, feature: string): Cell {
  const value = windows?.values.get(feature) ?? null;
  const event = windows?.newest ?? null;
  if (value === null) return { value, status: event === null ? 'NOT_FOUND' : 'NULL_VALUE', event: micros(event) };
  return { value, status: 'PRESENT', event: micros(event) };
}

const micros = (time: number | null): bigint | null => (time === null ? null : BigInt(time));

interface Wanted {
  readonly key: Uint8Array;
  readonly parts: string[];
  readonly uses: Map<AskedView, number[]>;
}

async function keptOf({ rows, views }: Question, given: Given, store: OnlineStore, now: number): Promise<Found> {
  const found = new Map(views.map(({ view }) => [view.name, Array<Kept>(rows).fill(nothing)]));
  const parts = new Map(views.map((asked) => [asked, partsOf(asked, now)]));
  const wanted = new Map<string, Wanted>();
  for (const asked of views)
    for (let row = 0; row < rows; row++) {
      const key = keyOf(asked.view, (name) => given.get(name)?.[row] ?? null, `row ${row}`);
      const name = Buffer.from(key).toString('latin1');
      const entity: Wanted = wanted.get(name) ?? { key, parts: [], uses: new Map() };
      const uses = entity.uses.get(asked);
      if (uses) uses.push(row);
      else {
        entity.uses.set(asked, [row]);
        entity.parts.push(...(parts.get(asked) ?? []));
      }
      wanted.set(name, entity);
    }
  const entities = [...wanted.values()];
  const answers = await store.read(entities.map(({ key, parts: names }) => ({ key, views: names })));
  for (const [index, { uses }] of entities.entries()) {
    let from = 0;
    for (const [asked, places] of uses) {
      const to = from + (parts.get(asked)?.length ?? 0);
      const kept = keptIn(asked, answers[index]?.slice(from, to) ?? [], now);
      from = to;
      const column = found.get(asked.view.name);
      if (column) for (const row of places) column[row] = kept;
    }
  }
  return found;
}

function partsOf({ view, row, windows }: AskedView, now: number): string[] {
  const rows = row ? [view.name] : [];
  return view.windows && windows.length > 0 ? [...rows, ...wantedParts(view.windows, windows, now)] : rows;
}

function keptIn({ view, row, windows }: AskedView, answers: readonly (Uint8Array | null)[], now: number): Kept {
  const bytes = row ? answers[0] : null;
  return {
    row: bytes ? decodeRow(bytes) : null,
    windows:
      view.windows && windows.length > 0 ? windowValues(view.windows, windows, answers.slice(row ? 1 : 0), now) : null,
  };
}

/** @throws Refusal unprocessable for a key that is null or too long */
export function keyOf(view: ServedView, given: (name: string) => OnlineValue, where: string): Uint8Array {
  const values = [...view.keys.keys()].map((name): [string, KeyValue] => {
    const value = given(name);
    if (typeof value === 'bigint' || typeof value === 'string' || typeof value === 'boolean') return [name, value];
    throw new Refusal('unprocessable', `${where}: ${name} is null.`, 'Name the entity: each join key has a value.');
  });
  return entityKey(values);
}

function computedBy(
  onDemand: ServedOnDemand,
  rows: number,
  { views }: Catalogue,
  { given, found, now }: { given: Given; found: Found; now: bigint },
  at: Date,
): ReadonlyMap<string, OnlineValue>[] {
  return Array.from({ length: rows }, (_, row) => {
    const vector = new Map<string, OnlineValue>();
    for (const [name, { view, feature }] of onDemand.inputs) {
      const served = views.get(view);
      const cell = served && cellOf(served, feature, found.get(view)?.[row] ?? nothing, now);
      // A value that is too old is none.
      vector.set(name, cell?.status === 'PRESENT' ? cell.value : null);
    }
    for (const name of onDemand.request.keys()) vector.set(name, given.get(name)?.[row] ?? null);
    return onDemand.compute(vector, at);
  });
}

function tell({ views }: Question, found: Found, now: bigint, told: Told): void {
  for (const { view } of views) {
    const counts = { hit: 0, miss: 0, expired: 0 };
    const ages: number[] = [];
    for (const { row, windows } of found.get(view.name) ?? []) {
      const event = row?.event ?? micros(windows?.newest ?? null);
      if (event === null) counts.miss++;
      else {
        counts[row && isOver(view, row, now) ? 'expired' : 'hit']++;
        ages.push(Number(now - event) / 1e6);
      }
    }
    told(view.name, counts, ages);
  }
}
