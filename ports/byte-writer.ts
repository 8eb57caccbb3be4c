/** Bytes one after another, big-endian. All writers of a process write into one place, one at a time: nothing waits between. */
let place = Buffer.allocUnsafe(64 * 1024);

export class ByteWriter {
  #at = 0;

  byte(value: number): void {
    this.#room(1);
    place[this.#at++] = value;
  }

  zeros(count: number): void {
    this.#room(count);
    place.fill(0, this.#at, this.#at + count);
    this.#at += count;
  }

  count(value: number): void {
    this.#room(4);
    this.#at = place.writeUInt32BE(value, this.#at);
  }

  /** @throws RangeError for an integer that it does not hold */
  int64(value: bigint): void {
    this.#room(8);
    this.#at = place.writeBigInt64BE(value, this.#at);
  }

  /** An int64 with its sign turned, so that bytes sort as numbers do; what it does not hold is cut. */
  time(value: bigint): void {
    const from = this.#at;
    this.int64(BigInt.asIntN(64, value));
    place[from] = (place[from] ?? 0) ^ 0x80;
  }

  float64(value: number): void {
    this.#room(8);
    this.#at = place.writeDoubleBE(value, this.#at);
  }

  bytes(value: Uint8Array): void {
    this.#room(value.length);
    place.set(value, this.#at);
    this.#at += value.length;
  }

  /** Its length in bytes, then UTF-8. */
  text(value: string): void {
    // A code unit takes three bytes at most.
    this.#room(4 + value.length * 3);
    const length = place.write(value, this.#at + 4, 'utf8');
    place.writeUInt32BE(length, this.#at);
    this.#at += 4 + length;
  }

  /** A copy of its own. */
  written(): Buffer {
    return Buffer.from(place.subarray(0, this.#at));
  }

  #room(more: number): void {
    if (this.#at + more <= place.length) return;
    const larger = Buffer.allocUnsafe(Math.max(place.length * 2, this.#at + more));
    place.copy(larger, 0, 0, this.#at);
    place = larger;
  }
}
