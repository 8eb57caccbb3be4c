import type { Weights } from './metric.ts';
import type { MulticlassRows } from './rows.ts';

/** A confusion matrix by weight, row after row: `cells[truth * classes + predicted]`, with the sums of its rows and columns. */
interface ClassCounts {
  readonly cells: Float64Array;
  readonly truth: Float64Array;
  readonly predicted: Float64Array;
  readonly right: number;
  readonly total: number;
}

type Counting = (weights: Weights) => ClassCounts;
// Four metrics read the same matrix: counted once for each model and each weighting.
const known = new WeakMap<MulticlassRows, Counting>();

export function classCounts(rows: MulticlassRows): Counting {
  const ready = known.get(rows);
  if (ready) return ready;
  const { classes } = rows;
  const cell = rows.y.map((y, i) => y * classes + (rows.predicted[i] as number));
  let latest: { weights: Weights; counts: ClassCounts } | null = null;
  const counting: Counting = (weights) => {
    if (latest?.weights !== weights) latest = { weights, counts: summed(count(cell, classes, weights), classes) };
    return latest.counts;
  };
  known.set(rows, counting);
  return counting;
}

function count(cell: Int32Array, classes: number, weights: Weights): Float64Array {
  const cells = new Float64Array(classes * classes);
  for (let i = 0; i < cell.length; i++) {
    const at = cell[i] as number;
    cells[at] = (cells[at] as number) + (weights[i] as number);
  }
  return cells;
}

function summed(cells: Float64Array, classes: number): ClassCounts {
  const truth = new Float64Array(classes);
  const predicted = new Float64Array(classes);
  let right = 0;
  let total = 0;
  for (let y = 0; y < classes; y++)
    for (let p = 0; p < classes; p++) {
      const weight = cells[y * classes + p] as number;
      truth[y] = (truth[y] as number) + weight;
      predicted[p] = (predicted[p] as number) + weight;
      total += weight;
      if (y === p) right += weight;
    }
  return { cells, truth, predicted, right, total };
}
