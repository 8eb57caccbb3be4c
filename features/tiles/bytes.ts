/** Bytes of what windows keep: written in one form only, so that equal states are equal bytes. */

/** `bigint`: int64, also of timestamps (µs since 1970 UTC) and dates (days since 1970). */
export type TileValue = null | boolean | bigint | number | string;

const tag = { null: 0, false: 1, true: 2, int: 3, float: 4, text: 5, long: 6 } as const;

export class Writer {
  #buffer = Buffer.allocUnsafe(256);
  #at = 0;

  byte(value: number): void {
    const at = this.#room(1);
    this.#buffer[at] = value;
  }
  count(value: number): void {
    const at = this.#room(4);
    this.#buffer.writeUInt32BE(value, at);
  }
  float(value: number): void {
    const at = this.#room(8);
    this.#buffer.writeDoubleBE(value, at);
  }
  bytes(value: Uint8Array): void {
    this.count(value.length);
    this.raw(value);
  }
  raw(value: Uint8Array): void {
    const at = this.#room(value.length);
    this.#buffer.set(value, at);
  }
  value(value: TileValue): void {
    switch (typeof value) {
      case 'boolean':
        this.byte(value ? tag.true : tag.false);
        return;
      case 'bigint':
        if (BigInt.asIntN(64, value) === value) {
          this.byte(tag.int);
          const at = this.#room(8);
          this.#buffer.writeBigInt64BE(value, at);
        } else {
          this.byte(tag.long);
          this.byte(value < 0n ? 1 : 0);
          this.bytes(Buffer.from((value < 0n ? -value : value).toString(16), 'latin1'));
        }
        return;
      case 'number':
        this.byte(tag.float);
        // One NaN, one zero.
        this.float(Number.isNaN(value) ? Number.NaN : value + 0);
        return;
      case 'string':
        this.byte(tag.text);
        this.bytes(Buffer.from(value, 'utf8'));
        return;
    }
    this.byte(tag.null);
  }
  done(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#at));
  }
  /** Where they go. It may be another buffer then: ask before it is named. */
  #room(length: number): number {
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#at, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, from);
      this.#buffer = larger;
    }
    return from;
  }
}

export class Reader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  skip(length: number): void {
    this.#at += length;
  }
  text(encoding: 'utf8' | 'latin1'): string {
    const length = this.count();
    const from = this.#take(length);
    return this.#buffer.toString(encoding, from, from + length);
  }
  byte(): number {
    return this.#buffer.readUInt8(this.#take(1));
  }
  count(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }
  float(): number {
    return this.#buffer.readDoubleBE(this.#take(8));
  }
  /** They are where they were: valid as long as what is read. */
  bytes(): Buffer {
    return this.raw(this.count());
  }
  raw(length: number): Buffer {
    const from = this.#take(length);
    return this.#buffer.subarray(from, from + length);
  }
  value(): TileValue {
    const kind = this.byte();
    switch (kind) {
      case tag.null:
        return null;
      case tag.false:
        return false;
      case tag.true:
        return true;
      case tag.int:
        return this.#buffer.readBigInt64BE(this.#take(8));
      case tag.float:
        return this.float();
      case tag.text:
        return this.text('utf8');
      case tag.long: {
        const negative = this.byte() === 1;
        const value = BigInt(`0x${this.text('latin1')}`);
        return negative ? -value : value;
      }
    }
    throw new RangeError(`${kind} is no kind of value: these bytes are no part of a window`);
  }
  integer(): bigint {
    const value = this.value();
    if (typeof value === 'bigint') return value;
    throw new RangeError('a whole number was to be here: these bytes are no part of a window');
  }
  #take(length: number): number {
    const from = this.#at;
    this.#at += length;
    return from;
  }
}
