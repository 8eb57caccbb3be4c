/**
 * Searches the slices, of one column or two together, where a candidate is worst. Looking at thousands of slices finds bad
 * ones by chance: so one half of the holdout, of whole independent units, is searched, and only the other half says how bad what was found is.
 */
import { figure } from '#contracts/data.ts';
import type { WorstSlice, WorstSlices } from '#contracts/worst-slices.ts';
import { holm, upperTail } from '#decisions/gate/chance.ts';
import { LEAST_UNITS } from '#decisions/gate/units.ts';
import type { ReadColumns } from '#ports/tables.ts';
import { jackknife, studentInterval } from '../statistics/jackknife.ts';
import type { Metric } from '../statistics/metric.ts';
import { grouped, singleRows, type Units, unitsAt } from '../statistics/units.ts';
import type { Counting } from './own-errors.ts';
import type { PairedRows } from './rows.ts';
import { type CutColumn, cutColumns, type NamedColumn, NOTHING } from './slice-cells.ts';

export interface WorstSlicesRequest {
  /** In the order in which they are taken. */
  readonly columns: readonly NamedColumn[];
  readonly minimumRows: number;
}

const LISTED = 5;
/** Of the ranked slices, those that are looked at for the list: neighbours of one that is on it are passed over. */
const RANKED = 100;
/** Rows of the searched half, at most: enough to find a slice, not for more than a second. */
const SEARCHED = 500_000;
/** Of two slices with a larger share of rows in common one is listed. */
const ALIKE = 0.7;
const LEVEL = 0.05;
const GROUPS = 50;

/** Null: the task's models say nothing that has a mean over rows, or there are too few independent units for two halves. */
export async function worstSlices(
  { columns, minimumRows }: WorstSlicesRequest,
  holdout: string,
  paired: PairedRows,
  metrics: readonly Metric[],
  counting: Counting,
  read: ReadColumns,
): Promise<WorstSlices | null> {
  const { kept } = paired;
  const units = counting.units ?? singleRows(kept.length);
  const worse = worseByRow(metrics, paired);
  if (!worse || units.count < 2 * LEAST_UNITS || kept.length < 2 * minimumRows) return null;
  const { cut, skipped } = await cutColumns(columns, holdout, kept, read);
  const halves = grouped(units, 2, counting.seed).of;
  const [searched, other] = [0, 1].map((half) => rowsOf(halves, half)) as [Int32Array, Int32Array];
  const some = thinned(searched);
  const { ranked, looked } = search(cut, worse.values, some, (minimumRows / 2) * (some.length / searched.length));
  const chosen = apart(ranked, some);
  const told = chosen.map((cell) => ({ cell, ...confirm(cell, worse.values, other, units, counting) }));
  const rejects = holm(
    told.map(({ p }) => p),
    LEVEL,
  );
  return {
    metric: worse.metric.name,
    columns: cut.map(({ column }) => column),
    skipped,
    looked,
    minimumRows,
    confidence: counting.confidence,
    slices: told
      .map(
        ({ cell, p: _, ...rest }, at): WorstSlice => ({
          where: cell.parts.map(({ cut: { column, values }, code }) => ({ column, value: values[code] as string })),
          rows: searched.filter(within(cell)).length + rest.confirmedOn,
          searched: figure(-cell.mean),
          ...rest,
          confirmed: rejects[at] as boolean,
        }),
      )
      .sort((a, b) => Number(b.confirmed) - Number(a.confirmed) || Number(a.difference) - Number(b.difference)),
  };
}

/** By row how much worse the candidate is than the champion, in the metric's unit; without one, than it is on the whole. */
function worseByRow(metrics: readonly Metric[], { candidate, champion }: PairedRows) {
  // The first is the one that is compared by; of the others those that say more than right or wrong.
  const [lead] = metrics;
  const order = [
    ...metrics.filter((metric) => metric === lead),
    ...metrics.filter(({ name }) => name !== 'accuracy'),
    ...metrics,
  ];
  for (const metric of order) {
    const own = metric.byRow?.(candidate);
    const theirs = champion && metric.byRow?.(champion);
    if (!own || (champion && !theirs)) continue;
    const sign = metric.higherIsBetter ? -1 : 1;
    const usual = theirs ? 0 : own.reduce((sum, value) => sum + value, 0) / own.length;
    return { metric, values: own.map((value, row) => sign * (value - (theirs ? (theirs[row] as number) : usual))) };
  }
  return null;
}

interface Cell {
  readonly parts: readonly { readonly cut: CutColumn; readonly code: number }[];
  /** How much worse, by row. */
  readonly mean: number;
  /** Less two standard errors: what is large and sure comes first. */
  readonly least: number;
}

function search(cut: readonly CutColumn[], worse: Float64Array, rows: Int32Array, minimumRows: number) {
  const cells: Cell[] = [];
  let looked = 0;
  const take = (first: CutColumn, second: CutColumn | null): void => {
    const wide = second?.values.length ?? 1;
    const [count, sum, squares] = tally(first, second, worse, rows);
    for (let at = 0; at < count.length; at++) {
      const [n, total] = [count[at] as number, sum[at] as number];
      if (n < minimumRows) continue;
      looked++;
      const mean = total / n;
      const variance = Math.max(0, ((squares[at] as number) - n * mean ** 2) / (n - 1));
      const least = mean - 2 * Math.sqrt(variance / n);
      if (mean <= 0) continue;
      const parts = [
        { cut: first, code: Math.floor(at / wide) },
        ...(second ? [{ cut: second, code: at % wide }] : []),
      ];
      cells.push({ parts, mean, least });
    }
  };
  for (const [at, first] of cut.entries()) {
    take(first, null);
    for (const second of cut.slice(at + 1)) take(first, second);
  }
  // Of equal ones the simpler, which stands first.
  return {
    looked,
    ranked: cells.sort((a, b) => b.least - a.least || a.parts.length - b.parts.length).slice(0, RANKED),
  };
}

/** Rows, sums and sums of squares by value, or by pair of values. */
function tally(first: CutColumn, second: CutColumn | null, worse: Float64Array, rows: Int32Array) {
  const wide = second?.values.length ?? 1;
  const size = first.values.length * wide;
  const [count, sum, squares] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  const [a, b] = [first.codes, second?.codes ?? null];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const one = a[row] as number;
    const other = b === null ? 0 : (b[row] as number);
    if (one === NOTHING || other === NOTHING) continue;
    const at = one * wide + other;
    const value = worse[row] as number;
    count[at] = (count[at] as number) + 1;
    sum[at] = (sum[at] as number) + value;
    squares[at] = (squares[at] as number) + value * value;
  }
  return [count, sum, squares] as const;
}

/** The first few that do not speak of the same rows. */
function apart(ranked: readonly Cell[], rows: Int32Array): Cell[] {
  const chosen: { cell: Cell; members: Uint8Array; size: number }[] = [];
  for (const cell of ranked) {
    if (chosen.length === LISTED) break;
    const isWithin = within(cell);
    const members = new Uint8Array(rows.length);
    const common = chosen.map(() => 0);
    let size = 0;
    for (let at = 0; at < rows.length; at++) {
      if (!isWithin(rows[at] as number)) continue;
      members[at] = 1;
      size++;
      for (const [k, known] of chosen.entries()) common[k] = (common[k] as number) + (known.members[at] as number);
    }
    if (chosen.every((known, k) => (common[k] as number) <= ALIKE * Math.min(size, known.size)))
      chosen.push({ cell, members, size });
  }
  return chosen.map(({ cell }) => cell);
}

const within =
  ({ parts }: Cell) =>
  (row: number): boolean =>
    parts.every(({ cut, code }) => cut.codes[row] === code);

/** What the half that was not searched says, with the error of whole units; in the direction of better. */
function confirm(cell: Cell, worse: Float64Array, half: Int32Array, units: Units, counting: Counting) {
  const index = half.filter(within(cell));
  const values = Float64Array.from(index, (row) => worse[row] as number);
  const weights = Float64Array.from(index, (row) => counting.weights?.[row] ?? 1);
  const mean = (of: ArrayLike<number>): number => {
    let [sum, total] = [0, 0];
    for (let at = 0; at < values.length; at++) {
      sum += (of[at] as number) * (values[at] as number);
      total += of[at] as number;
    }
    return -sum / total;
  };
  const [estimate] = jackknife([mean], weights, grouped(unitsAt(units, index), GROUPS, counting.seed));
  if (!estimate || index.length === 0)
    return { confirmedOn: 0, difference: 'NaN' as const, lower: 'NaN' as const, upper: 'NaN' as const, units: 0, p: 1 };
  const { lower, upper } = studentInterval(estimate, counting.confidence);
  const few = estimate.units < LEAST_UNITS;
  return {
    confirmedOn: index.length,
    difference: figure(estimate.value),
    ...{ lower: figure(lower), upper: figure(upper), units: estimate.units },
    p: few ? 1 : upperTail(-estimate.value / estimate.standardError, estimate.units),
  };
}

function rowsOf(halves: Int32Array, half: number): Int32Array {
  const rows: number[] = [];
  for (let row = 0; row < halves.length; row++) if (halves[row] === half) rows.push(row);
  return Int32Array.from(rows);
}

/** Evenly spread. */
const thinned = (rows: Int32Array): Int32Array =>
  rows.length <= SEARCHED
    ? rows
    : Int32Array.from({ length: SEARCHED }, (_, at) => rows[Math.floor((at * rows.length) / SEARCHED)] as number);
