/**
 * A row of an online store, as bytes. Of two rows of one entity the newer one is the one whose bytes are greater: they begin with the
 * event's time, then the time of writing (none is the oldest), big-endian and with the sign turned, so that bytes sort as times do.
 * Rows of the same times differ in their values only, and there the greater bytes win, so that no order of arrival decides.
 */
import { ByteWriter } from './byte-writer.ts';

/** `bigint`: int64, also of timestamps (µs since 1970 UTC) and dates (days since 1970). Null is a value; what is absent has no entry. */
export type OnlineValue = null | boolean | bigint | number | string | Uint8Array | readonly OnlineValue[];

export interface OnlineVector {
  /** µs since 1970 UTC. */
  readonly event: bigint;
  /** When it was written, µs since 1970 UTC; null: not known, older than any that is. */
  readonly created: bigint | null;
  readonly values: ReadonlyMap<string, OnlineValue>;
}

const TIMES = 16;
const SIGN = 1n << 63n;
const tag = { null: 0, false: 1, true: 2, int: 3, float: 4, text: 5, bytes: 6, list: 7 } as const;

/** @throws RangeError for an integer that int64 does not hold */
export function encodeRow({ event, created, values }: OnlineVector): Uint8Array {
  const names = [...values.keys()];
  return rowEncoder(names)(event, created, (place) => values.get(names[place] ?? '') ?? null);
}

/**
 * {@link encodeRow} of many rows that have the same names.
 * @returns takes an event's time, the time of its writing, and what says the value of the name at a place
 */
export function rowEncoder(
  names: readonly string[],
): (event: bigint, created: bigint | null, valueAt: (place: number) => OnlineValue) => Uint8Array {
  const fields = [...names.entries()]
    .sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([place, name]) => ({ place, name: Buffer.from(name, 'utf8') }));
  return (event, created, valueAt) => {
    const bytes = new ByteWriter();
    bytes.time(event);
    if (created === null) bytes.zeros(8);
    else bytes.time(created);
    bytes.count(fields.length);
    for (const { place, name } of fields) {
      bytes.count(name.length);
      bytes.bytes(name);
      pushValue(bytes, valueAt(place));
    }
    return bytes.written();
  };
}

/** @throws RangeError for bytes that are no row */
export function decodeRow(bytes: Uint8Array): OnlineVector {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const created = buffer.readBigUInt64BE(8);
  const values = new Map<string, OnlineValue>();
  const reader = { buffer, at: TIMES };
  for (let left = count(reader); left > 0; left--) values.set(text(reader), value(reader));
  return {
    event: BigInt.asIntN(64, buffer.readBigUInt64BE(0) ^ SIGN),
    created: created === 0n ? null : BigInt.asIntN(64, created ^ SIGN),
    values,
  };
}

/** Does `row` replace `kept`? */
export const isNewer = (row: Uint8Array, kept: Uint8Array | null | undefined): boolean =>
  !kept || Buffer.compare(row, kept) > 0;

function pushValue(bytes: ByteWriter, value: OnlineValue): void {
  switch (typeof value) {
    case 'boolean':
      bytes.byte(value ? tag.true : tag.false);
      return;
    case 'bigint':
      bytes.byte(tag.int);
      bytes.int64(value);
      return;
    case 'number':
      bytes.byte(tag.float);
      bytes.float64(value);
      return;
    case 'string':
      bytes.byte(tag.text);
      bytes.text(value);
      return;
  }
  if (value === null) bytes.byte(tag.null);
  else if (value instanceof Uint8Array) {
    bytes.byte(tag.bytes);
    bytes.count(value.length);
    bytes.bytes(value);
  } else {
    bytes.byte(tag.list);
    bytes.count(value.length);
    for (const item of value) pushValue(bytes, item);
  }
}

interface Reader {
  readonly buffer: Buffer;
  at: number;
}

const take = (reader: Reader, length: number): number => {
  const from = reader.at;
  reader.at += length;
  return from;
};
const count = (reader: Reader): number => reader.buffer.readUInt32BE(take(reader, 4));

function text(reader: Reader): string {
  const length = count(reader);
  const from = take(reader, length);
  return reader.buffer.toString('utf8', from, from + length);
}

function value(reader: Reader): OnlineValue {
  const { buffer } = reader;
  const kind = buffer.readUInt8(take(reader, 1));
  switch (kind) {
    case tag.null:
      return null;
    case tag.false:
      return false;
    case tag.true:
      return true;
    case tag.int:
      return buffer.readBigInt64BE(take(reader, 8));
    case tag.float:
      return buffer.readDoubleBE(take(reader, 8));
    case tag.text:
      return text(reader);
    case tag.bytes: {
      const length = count(reader);
      const from = take(reader, length);
      return new Uint8Array(buffer.subarray(from, from + length));
    }
    case tag.list:
      return Array.from({ length: count(reader) }, () => value(reader));
  }
  throw new RangeError(`${kind} is no kind of value: these bytes are no row of an online store`);
}
