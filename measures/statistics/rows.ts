/** What metrics are computed from: labels and predictions as typed arrays, one entry a row, without NaN. */

/** `y` is 1 for the positive class; `score` its probability (or any score that rises with it); positive from `threshold` on. */
export interface BinaryRows {
  readonly task: 'binary';
  readonly y: Uint8Array;
  readonly score: Float64Array;
  readonly threshold: number;
}
export interface RegressionRows {
  readonly task: 'regression';
  readonly y: Float64Array;
  readonly predicted: Float64Array;
}
/** Classes are numbered from 0. `probabilities` holds `classes` values a row, row after row; null when the model gives labels only. */
export interface MulticlassRows {
  readonly task: 'multiclass';
  readonly classes: number;
  readonly y: Int32Array;
  readonly predicted: Int32Array;
  readonly probabilities: Float64Array | null;
}
export type Rows = BinaryRows | RegressionRows | MulticlassRows;
export type Task = Rows['task'];

/** The rows at `index`, in that order: a slice. */
export function pick<R extends Rows>(rows: R, index: Int32Array): R;
export function pick(rows: Rows, index: Int32Array): Rows {
  if (rows.task === 'binary')
    return { ...rows, y: take(rows.y, index, Uint8Array), score: take(rows.score, index, Float64Array) };
  if (rows.task === 'regression')
    return { ...rows, y: take(rows.y, index, Float64Array), predicted: take(rows.predicted, index, Float64Array) };
  return {
    ...rows,
    y: take(rows.y, index, Int32Array),
    predicted: take(rows.predicted, index, Int32Array),
    probabilities: rows.probabilities && takeWide(rows.probabilities, index, rows.classes),
  };
}

/** The rows of both, one after the other; of one task, and for several classes of the same ones. */
export function joined(first: Rows, second: Rows): Rows {
  if (first.task === 'binary' && second.task === 'binary')
    return {
      ...first,
      y: together(first.y, second.y, Uint8Array),
      score: together(first.score, second.score, Float64Array),
    };
  if (first.task === 'regression' && second.task === 'regression')
    return {
      ...first,
      y: together(first.y, second.y, Float64Array),
      predicted: together(first.predicted, second.predicted, Float64Array),
    };
  if (first.task === 'multiclass' && second.task === 'multiclass')
    return {
      ...first,
      y: together(first.y, second.y, Int32Array),
      predicted: together(first.predicted, second.predicted, Int32Array),
      probabilities:
        first.probabilities &&
        second.probabilities &&
        together(first.probabilities, second.probabilities, Float64Array),
    };
  throw new TypeError(`rows of a ${first.task} and a ${second.task} task`);
}

/**
 * Bytes from values. For the other way round a typed array's own `map` does: `from` with a function walks an iterator
 * and takes ten times as long.
 */
export function bytesOf(values: ArrayLike<number>, each: (value: number, index: number) => number): Uint8Array {
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = each(values[i] as number, i);
  return bytes;
}

/** Values of the rows at `index`, in that order. */
export const numbersAt = (values: Float64Array, index: Int32Array): Float64Array => take(values, index, Float64Array);

function together<A extends Numbers>(first: A, second: A, make: new (length: number) => A): A {
  const all = new make(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

type Numbers = Uint8Array | Int32Array | Float64Array;
function take<A extends Numbers>(values: A, index: Int32Array, make: new (length: number) => A): A {
  const taken = new make(index.length);
  for (let i = 0; i < index.length; i++) taken[i] = values[index[i] as number] as number;
  return taken;
}

function takeWide(values: Float64Array, index: Int32Array, width: number): Float64Array {
  const taken = new Float64Array(index.length * width);
  for (let i = 0; i < index.length; i++) {
    const from = (index[i] as number) * width;
    taken.set(values.subarray(from, from + width), i * width);
  }
  return taken;
}
