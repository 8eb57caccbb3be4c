/** The four cells of a binary confusion matrix: counted with labels, expected without. */
export interface Cells {
  readonly tp: number;
  readonly fp: number;
  readonly tn: number;
  readonly fn: number;
}

export const total = ({ tp, fp, tn, fn }: Cells): number => tp + fp + tn + fn;

/** A label is 1 or 0; a row with NaN in either is left out. */
export function countedCells(label: Float64Array, predicted: Float64Array, start: number, stop: number): Cells {
  return summed(label, predicted, start, stop);
}

/**
 * What the cells will be when each row is positive with its probability: confidence-based performance estimation
 * (NannyML's CBPE). `probability` must be calibrated; a row with NaN in either is left out.
 */
export function expectedCells(probability: Float64Array, predicted: Float64Array, start: number, stop: number): Cells {
  return summed(probability, predicted, start, stop);
}

/** A label is a probability that is certain, so both are one sum. */
function summed(positive: Float64Array, predicted: Float64Array, start: number, stop: number): Cells {
  let tp = 0;
  let fp = 0;
  let tn = 0;
  let fn = 0;
  for (let row = start; row < stop; row++) {
    const p = positive[row] as number;
    const says = predicted[row] as number;
    if (Number.isNaN(p)) continue;
    if (says === 1) {
      tp += p;
      fp += 1 - p;
    } else if (says === 0) {
      tn += 1 - p;
      fn += p;
    }
  }
  return { tp, fp, tn, fn };
}
