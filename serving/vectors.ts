/** Feature vectors of many entities: read in one round trip, each value with what is true of it now. */
import { entityKey, type KeyValue } from '#ports/online-key.ts';
import { decodeRow, type OnlineValue, type OnlineVector } from '#ports/online-row.ts';
import type { OnlineStore } from '#ports/online-store.ts';
import type { Catalogue, ServedOnDemand, ServedType, ServedView } from './catalogue.ts';
import { type Asked, type Question, understood } from './question.ts';
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

/** Rows of each view, one of each row of the question. */
type Found = ReadonlyMap<string, readonly (OnlineVector | null)[]>;
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
  const found = await rowsOf(question, given, store);
  const at = new Date(reading.now());
  const now = BigInt(at.getTime()) * 1_000n;
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
          ? (found.get(from.view.name) ?? []).map((vector) => cellOf(from.view, from.feature, vector, now))
          : (computed.get(from.of) ?? []).map((outputs) => own(outputs.get(from.output) ?? null)),
    })),
  ];
  if (reading.told) tell(question, found, now, reading.told);
  return { rows: question.rows, columns, question, given, at };
}

/** What is not from a row: given, or computed. */
const own = (value: OnlineValue): Cell => ({ value, status: value === null ? 'NULL_VALUE' : 'PRESENT', event: null });

const isOver = ({ ttl }: ServedView, { event }: OnlineVector, now: bigint) => ttl !== null && now - event > ttl;

function cellOf(view: ServedView, feature: string, vector: OnlineVector | null, now: bigint): Cell {
  const value = vector?.values.get(feature);
  const type = view.features.get(feature);
  if (!vector || value === undefined || type === undefined || !fits(type, value))
    return { value: null, status: 'NOT_FOUND', event: null };
  const status = isOver(view, vector, now) ? 'OUTSIDE_MAX_AGE' : value === null ? 'NULL_VALUE' : 'PRESENT';
  return { value, status, event: vector.event };
}

async function rowsOf({ rows, views }: Question, given: Given, store: OnlineStore): Promise<Found> {
  const found = new Map<string, (OnlineVector | null)[]>(views.map(({ name }) => [name, Array(rows).fill(null)]));
  const wanted = new Map<string, { key: Uint8Array; views: string[]; at: { view: string; row: number }[][] }>();
  for (const view of views)
    for (let row = 0; row < rows; row++) {
      const key = keyOf(view, (name) => given.get(name)?.[row] ?? null, `row ${row}`);
      const name = Buffer.from(key).toString('latin1');
      const entity = wanted.get(name) ?? { key, views: [], at: [] };
      const place = entity.views.indexOf(view.name);
      if (place < 0) {
        entity.views.push(view.name);
        entity.at.push([{ view: view.name, row }]);
      } else entity.at[place]?.push({ view: view.name, row });
      wanted.set(name, entity);
    }
  const entities = [...wanted.values()];
  const answers = await store.read(entities);
  for (const [index, { at }] of entities.entries())
    for (const [place, places] of at.entries()) {
      const bytes = answers[index]?.[place];
      const vector = bytes ? decodeRow(bytes) : null;
      for (const { view, row } of places) {
        const column = found.get(view);
        if (column) column[row] = vector;
      }
    }
  return found;
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
      const cell = served && cellOf(served, feature, found.get(view)?.[row] ?? null, now);
      // A value that is too old is none.
      vector.set(name, cell?.status === 'PRESENT' ? cell.value : null);
    }
    for (const name of onDemand.request.keys()) vector.set(name, given.get(name)?.[row] ?? null);
    return onDemand.compute(vector, at);
  });
}

function tell({ views }: Question, found: Found, now: bigint, told: Told): void {
  for (const view of views) {
    const counts = { hit: 0, miss: 0, expired: 0 };
    const ages: number[] = [];
    for (const vector of found.get(view.name) ?? []) {
      if (!vector) counts.miss++;
      else {
        counts[isOver(view, vector, now) ? 'expired' : 'hit']++;
        ages.push(Number(now - vector.event) / 1e6);
      }
    }
    told(view.name, counts, ages);
  }
}
