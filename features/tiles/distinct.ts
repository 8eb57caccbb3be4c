/**
 * How many different values: exact up to {@link MOST_EXACT} in a tile, beyond that HyperLogLog of 1,024 registers, which is off by 3.3 %
 * (one standard deviation). Values are told apart by 64 bits of their SHA-1, which decides both.
 */
import { createHash } from 'node:crypto';
import { type Reader, type TileValue, Writer } from './bytes.ts';

const MOST_EXACT = 128;
const PRECISION = 10;
const REGISTERS = 2 ** PRECISION;

/** Hashes as texts of eight bytes, or registers. */
export type Distinct = ReadonlySet<string> | Uint8Array;

export function distinctOf(value: TileValue): Distinct {
  const bytes = new Writer();
  bytes.value(value);
  return new Set([createHash('sha1').update(bytes.done()).digest().toString('latin1', 0, 8)]);
}

/** @param most of one tile; several together may have more */
export function union(a: Distinct, b: Distinct, most = MOST_EXACT): Distinct {
  if (a instanceof Set && b instanceof Set) {
    const both = new Set([...a, ...b]);
    return both.size <= most ? both : registersOf(both);
  }
  const [one, other] = [registersOf(a), registersOf(b)];
  return one.map((rank, index) => Math.max(rank, other[index] ?? 0));
}

export function sizeOf(distinct: Distinct): bigint {
  if (!(distinct instanceof Uint8Array)) return BigInt(distinct.size);
  let sum = 0;
  let empty = 0;
  for (const rank of distinct) {
    sum += 2 ** -rank;
    if (rank === 0) empty++;
  }
  const raw = ((0.7213 / (1 + 1.079 / REGISTERS)) * REGISTERS * REGISTERS) / sum;
  const few = empty > 0 && raw <= 2.5 * REGISTERS;
  return BigInt(Math.round(few ? REGISTERS * Math.log(REGISTERS / empty) : raw));
}

export function writeDistinct(distinct: Distinct, to: Writer): void {
  to.byte(distinct instanceof Uint8Array ? 1 : 0);
  if (distinct instanceof Uint8Array) {
    to.raw(distinct);
    return;
  }
  to.count(distinct.size);
  for (const hash of [...distinct].sort()) to.raw(Buffer.from(hash, 'latin1'));
}

export function readDistinct(from: Reader): Distinct {
  if (from.byte() === 1) return new Uint8Array(from.raw(REGISTERS));
  return new Set(Array.from({ length: from.count() }, () => from.raw(8).toString('latin1')));
}

function registersOf(distinct: Distinct): Uint8Array {
  if (distinct instanceof Uint8Array) return distinct;
  const registers = new Uint8Array(REGISTERS);
  for (const hash of distinct) {
    const bytes = Buffer.from(hash, 'latin1');
    const register = bytes.readUInt32BE(0) >>> (32 - PRECISION);
    const left = bytes.readUInt32BE(4);
    // Of 32 bits: beyond some billion values it would count too few.
    const rank = Math.clz32(left) + 1;
    registers[register] = Math.max(registers[register] ?? 0, rank);
  }
  return registers;
}
