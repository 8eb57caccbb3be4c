/** The two sides of a column, brought to one grid or one list of categories. */
import { createHash } from 'node:crypto';
import type { DriftSide } from '#contracts/drift.ts';
import type { CategoryCounts } from '../statistics/drift/category-counts.ts';
import { moments, type Sample } from '../statistics/drift/sample.ts';
import { coarsen } from './cells.ts';
import { byCodePoint } from './profile/columns.ts';
import type { NumberColumn, ProfileColumn, TextColumn } from './profile/profile.ts';

export interface NumberSides {
  readonly reference: Sample;
  readonly current: Sample;
  /** Width of the cells; 0 when both are exact. */
  readonly step: number;
}

/** Both in the wider of their grids; cells are represented by their middles. */
export function numberSides(reference: NumberColumn, current: NumberColumn): NumberSides {
  const step = Math.max(reference.step, current.step);
  return { reference: sampleOf(reference, step), current: sampleOf(current, step), step };
}

const wholeNumber = /INT/;

function sampleOf(column: NumberColumn, step: number): Sample {
  const { values, counts } = coarsen(column, step);
  let size = 0;
  for (let i = 0; i < counts.length; i++) size += counts[i]!;
  // pandas makes floating point of whole numbers with nulls.
  const integers = step === 0 && wholeNumber.test(column.type) && column.nulls === 0;
  if (step === 0) return { values, counts, size, integers };
  const middles = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) middles[i] = values[i]! + step / 2;
  return { values: middles, counts, size, integers };
}

export interface TextSides extends CategoryCounts {
  /** Names of the categories; empty for buckets. */
  readonly names: readonly string[];
  readonly buckets: boolean;
}

/** Categories of both in the order of their code points; buckets when either side has them. Null: one side keeps none. */
export function textSides(reference: TextColumn, current: TextColumn): TextSides | null {
  if (reference.kept === 'none' || current.kept === 'none') return null;
  if (reference.kept === 'buckets' || current.kept === 'buckets') return bucketSides(reference, current);
  const names: string[] = [];
  const [a, b]: [number[], number[]] = [[], []];
  let [i, j] = [0, 0];
  while (i < reference.values.length || j < current.values.length) {
    const [x, y] = [reference.values[i], current.values[j]];
    const order = x === undefined ? 1 : y === undefined ? -1 : byCodePoint(x, y);
    names.push((order <= 0 ? x : y)!);
    a.push(order <= 0 ? reference.counts[i++]! : 0);
    b.push(order >= 0 ? current.counts[j++]! : 0);
  }
  return { names, buckets: false, ...sized(Float64Array.from(a), Float64Array.from(b)) };
}

function bucketSides(reference: TextColumn, current: TextColumn): TextSides {
  const [a, b] = [bucketsOf(reference), bucketsOf(current)];
  // Buckets that neither side fills are no categories.
  const used = a.map((count, i) => (count + b[i]! > 0 ? 1 : 0));
  return {
    names: [],
    buckets: true,
    ...sized(
      a.filter((_, i) => used[i]),
      b.filter((_, i) => used[i]),
    ),
  };
}

/** Rows by the lowest two bytes of the text's MD5, as the scan counts them. */
export function bucketsOf(column: TextColumn): Float64Array {
  if (column.kept === 'buckets') return column.counts;
  const buckets = new Float64Array(65_536);
  for (const [index, value] of column.values.entries()) {
    const digest = createHash('md5').update(value, 'utf8').digest();
    buckets[bucketOfDigest(digest)]! += column.counts[index]!;
  }
  return buckets;
}

/** DuckDB's `md5_number_lower(text) % 65536`: the last eight bytes, little end first. */
const bucketOfDigest = (digest: Buffer): number => digest.readUInt16LE(8);

function sized(reference: Float64Array, current: Float64Array) {
  const sum = (counts: Float64Array) => counts.reduce((total, count) => total + count, 0);
  return { reference, current, referenceSize: sum(reference), currentSize: sum(current) };
}

/** The figures of one side. @param sample its numbers, null for what has none */
export function sideOf(column: ProfileColumn, rows: number, sample: Sample | null): DriftSide {
  const base = { rows, nulls: column.nulls, infinite: column.of === 'numbers' ? column.infinite : 0 };
  if (column.of !== 'numbers' || !sample || sample.size === 0) {
    const distinct = column.of === 'texts' ? column.distinct : 0;
    return { ...base, distinct, mean: null, std: null, min: null, max: null };
  }
  const { mean, squares } = moments(sample);
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  return {
    ...base,
    distinct: sample.values.length,
    mean: finite(mean),
    std: finite(Math.sqrt(squares / sample.size)),
    min: column.min,
    max: column.max,
  };
}
