/**
 * A row of an online store, as bytes. Of two rows of one entity the newer one is the one whose bytes are greater: they begin with the
 * event's time, then the time of writing (none is the oldest), big-endian and with the sign turned, so that bytes sort as times do.
 * Rows of the same times differ in their values only, and there the greater bytes win, so that no order of arrival decides.
 */

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
  const names = [...values.keys()].sort();
  const parts: Buffer[] = [times(event, created), counted(names.length)];
  for (const name of names) {
    pushText(parts, name);
    pushValue(parts, values.get(name) ?? null);
  }
  return Buffer.concat(parts);
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

function times(event: bigint, created: bigint | null): Buffer {
  const head = Buffer.alloc(TIMES);
  head.writeBigUInt64BE(BigInt.asUintN(64, event) ^ SIGN, 0);
  head.writeBigUInt64BE(created === null ? 0n : BigInt.asUintN(64, created) ^ SIGN, 8);
  return head;
}

function counted(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}

function pushText(parts: Buffer[], value: string): void {
  const bytes = Buffer.from(value, 'utf8');
  parts.push(counted(bytes.length), bytes);
}

function pushValue(parts: Buffer[], value: OnlineValue): void {
  const number = Buffer.alloc(9);
  switch (typeof value) {
    case 'boolean':
      parts.push(Buffer.of(value ? tag.true : tag.false));
      return;
    case 'bigint':
      number[0] = tag.int;
      number.writeBigInt64BE(value, 1);
      parts.push(number);
      return;
    case 'number':
      number[0] = tag.float;
      number.writeDoubleBE(value, 1);
      parts.push(number);
      return;
    case 'string':
      parts.push(Buffer.of(tag.text));
      pushText(parts, value);
      return;
  }
  if (value === null) parts.push(Buffer.of(tag.null));
  else if (value instanceof Uint8Array) parts.push(Buffer.of(tag.bytes), counted(value.length), Buffer.from(value));
  else {
    parts.push(Buffer.of(tag.list), counted(value.length));
    for (const item of value) pushValue(parts, item);
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
