/** Metrics that are functions of the four cells: how they are read, when they are defined, how much chance moves them. */
import { type Cells, total } from './cells.ts';
import { type MetricFacts, positive, shareBounds } from './metric.ts';

export interface CellMetric extends MetricFacts {
  /** 0 where it divides by 0, as scikit-learn does. */
  of(cells: Cells): number;
  /** False: NannyML calls the realized value undefined here. */
  defined(counted: Cells): boolean;
  /** Standard error of the value on a chunk of `rows`, from the whole reference's cells. NaN when undefined. */
  samplingError(reference: Cells, rows: number): number;
}

const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
const always = () => true;
/** Labels and predictions each hold both classes. */
const bothClasses = ({ tp, fp, tn, fn }: Cells) => tp + fn > 0 && tn + fp > 0 && tp + fp > 0 && tn + fn > 0;

/** Of a share `hits` / `of` that concerns `of` of all rows: √(p·(1 − p)) / √(rows · their share), times `scale`. */
function ofShare(hits: number, of: number, all: number, rows: number, scale = 1): number {
  const p = hits / of;
  return (scale * Math.sqrt(p * (1 - p))) / Math.sqrt(rows * (of / all));
}

const facts = (name: string, label: string): MetricFacts => ({
  name,
  label,
  higherIsBetter: true,
  possible: shareBounds,
});

export const f1: CellMetric = {
  ...facts('f1', 'F1'),
  of: ({ tp, fp, fn }) => ratio(tp, tp + 0.5 * (fp + fn)),
  defined: bothClasses,
  samplingError: (cells, rows) => {
    const { tp, fp, fn } = cells;
    return ofShare(tp, tp + fp + fn, total(cells), rows, (tp + fp + fn) / (tp + 0.5 * (fp + fn)));
  },
};

/** F1 of one class against the rest: NannyML leaves the scale of its error out here. */
export const f1OfClass: CellMetric = {
  ...f1,
  samplingError: (cells, rows) => ofShare(cells.tp, cells.tp + cells.fp + cells.fn, total(cells), rows),
};

export const precision: CellMetric = {
  ...facts('precision', 'Precision'),
  of: ({ tp, fp }) => ratio(tp, tp + fp),
  defined: bothClasses,
  samplingError: (cells, rows) => ofShare(cells.tp, cells.tp + cells.fp, total(cells), rows),
};

export const recall: CellMetric = {
  ...facts('recall', 'Recall'),
  of: ({ tp, fn }) => ratio(tp, tp + fn),
  defined: bothClasses,
  samplingError: (cells, rows) => ofShare(cells.tp, cells.tp + cells.fn, total(cells), rows),
};

export const specificity: CellMetric = {
  ...facts('specificity', 'Specificity'),
  of: ({ tn, fp }) => ratio(tn, tn + fp),
  defined: ({ tn, fp }) => tn + fp > 0,
  samplingError: (cells, rows) => ofShare(cells.tn, cells.tn + cells.fp, total(cells), rows),
};

export const accuracy: CellMetric = {
  ...facts('accuracy', 'Accuracy'),
  of: (cells) => ratio(cells.tp + cells.tn, total(cells)),
  defined: always,
  samplingError: (cells, rows) => ofShare(cells.tp + cells.tn, total(cells), total(cells), rows),
};

/** A count of rows: grows with the chunk, and so does its error. */
const part = (cell: keyof Cells, name: string, label: string): CellMetric => ({
  name,
  label,
  higherIsBetter: null,
  possible: positive,
  of: (cells) => cells[cell],
  defined: always,
  samplingError: (cells, rows) => ofShare(cells[cell], total(cells), total(cells), rows, rows),
});

/** The parts of `confusion_matrix`, in NannyML's order. */
export const confusionParts: readonly CellMetric[] = [
  part('tp', 'true_positive', 'True positives'),
  part('tn', 'true_negative', 'True negatives'),
  part('fp', 'false_positive', 'False positives'),
  part('fn', 'false_negative', 'False negatives'),
];

/** What a row of each cell is worth; a chunk's value is their sum. */
export function businessValue(worth: Cells): CellMetric {
  const sum = (cells: Cells, value: (worth: number) => number) =>
    cells.tp * value(worth.tp) + cells.fp * value(worth.fp) + cells.tn * value(worth.tn) + cells.fn * value(worth.fn);
  return {
    name: 'business_value',
    label: 'Business value',
    higherIsBetter: true,
    possible: { lower: null, upper: null },
    of: (cells) => sum(cells, (value) => value),
    defined: always,
    samplingError: (cells, rows) => {
      const all = total(cells);
      const mean = sum(cells, (value) => value) / all;
      return Math.sqrt(sum(cells, (value) => (value - mean) ** 2) / all) * Math.sqrt(rows);
    },
  };
}
