/** Scores and labels kept as counts of cells: a year of hourly looks at a hundred thousand rows takes moments. */
import { normalCdf } from '#measures/statistics/drift/normal-cdf.ts';
import { normalQuantile } from '#measures/statistics/normal-quantile.ts';

const CELLS = 128;
/** Where positives lie one deviation above the others: P(positive above negative) = Φ(1/√2), Bamber 1975. */
export const TRUE_AUC = normalCdf(Math.SQRT1_2);
/** A fifth of the rows is positive. */
const CUT = normalQuantile(0.8);

/** Negatives by cell of their score, then positives. */
export type Scored = Uint32Array<ArrayBuffer>;
export const noScores = (): Scored => new Uint32Array(2 * CELLS);

/** @param apart standard deviations that the positives' scores lie above the others' */
export function addScored(normal: () => number, rows: number, apart: number, into: Scored): Scored {
  for (let row = 0; row < rows; row++) {
    const positive = normal() > CUT;
    const score = normal() + (positive ? apart : 0);
    const cell = Math.max(0, Math.min(CELLS - 1, Math.floor((score + 4) * 14)));
    const at = positive ? CELLS + cell : cell;
    into[at] = (into[at] as number) + 1;
  }
  return into;
}

/** ROC AUC with its standard error, ties counted half (DeLong, DeLong & Clarke-Pearson 1988). */
export function aucOf(scores: Scored): { value: number; error: number } {
  const [negatives, positives] = [scores.subarray(0, CELLS), scores.subarray(CELLS)];
  const sum = (counts: Uint32Array) => counts.reduce((total, count) => total + count, 0);
  const [n, m] = [sum(negatives), sum(positives)];
  // Of each cell: the share of negatives below a positive there, and of positives above a negative there.
  let [below, above] = [0, m];
  let [mean, ofPositives, ofNegatives] = [0, 0, 0];
  for (let cell = 0; cell < CELLS; cell++) {
    const [a, b] = [negatives[cell] as number, positives[cell] as number];
    above -= b;
    const [won, lost] = [(below + a / 2) / n, (above + b / 2) / m];
    mean += (b * won) / m;
    ofPositives += (b * won * won) / m;
    ofNegatives += (a * lost * lost) / n;
    below += a;
  }
  return { value: mean, error: Math.sqrt((ofPositives - mean ** 2) / (m - 1) + (ofNegatives - mean ** 2) / (n - 1)) };
}
