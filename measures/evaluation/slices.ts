import { figure } from '#contracts/data.ts';
import type { Evidence } from '#contracts/evidence.ts';
import type { ReadColumns, TextColumn } from '#ports/tables.ts';
import { type Metric, ones, rowCount, type Weights } from '../statistics/metric.ts';
import { numbersAt, pick, type Rows } from '../statistics/rows.ts';
import { unitsAt } from '../statistics/units.ts';
import { type Counting, sliceErrors } from './own-errors.ts';

/** Values of one column that become slices: the largest. */
const SLICES_PER_COLUMN = 50;
/** Longer values are cut: a slice is named, not quoted. */
const VALUE_LENGTH = 120;

export interface SlicesRequest {
  readonly holdout: string;
  readonly columns: readonly string[];
  readonly minimumRows: number;
  readonly metrics: readonly Metric[];
  /** How differences and their errors are counted. */
  readonly counting: Counting;
}
interface Paired {
  readonly candidate: Rows;
  readonly champion: Rows | null;
  readonly kept: Int32Array;
}

/** Figures of both models by the values of each column, largest first; rows without a value are the slice `(missing)`. */
export async function measureSlices(
  { holdout, columns, minimumRows, metrics, counting }: SlicesRequest,
  rows: Paired,
  read: ReadColumns,
): Promise<Pick<Evidence, 'slices' | 'slicesLeftOut'> & { untested: string[] }> {
  const slices: Evidence['slices'] = [];
  const slicesLeftOut: Evidence['slicesLeftOut'] = [];
  const untested: string[] = [];
  for (const column of columns) {
    const groups = await groupsOf(column, holdout, rows.kept, read);
    const why = groups.length === 0 ? null : nothingToCompare(groups, minimumRows);
    if (why !== null) untested.push(`not tested by slices: ${column}: ${why}`);
    for (const { value, index } of groups.slice(0, SLICES_PER_COLUMN)) {
      slices.push({
        column,
        value: value.slice(0, VALUE_LENGTH),
        rows: index.length,
        ...(index.length >= minimumRows ? measured(metrics, rows, index, counting) : withoutFigures(rows)),
      });
    }
    const rest = groups.slice(SLICES_PER_COLUMN);
    const count = rest.reduce((sum, { index }) => sum + index.length, 0);
    if (rest.length > 0) slicesLeftOut.push({ column, values: rest.length, rows: count });
  }
  return { slices, slicesLeftOut, untested };
}

const withoutFigures = ({ champion }: Paired) => ({ candidate: {}, champion: champion && {} });

function measured(metrics: readonly Metric[], { candidate, champion }: Paired, index: Int32Array, all: Counting) {
  const { weights, units } = all;
  const counting = {
    ...all,
    weights: weights && numbersAt(weights, index),
    units: units && unitsAt(units, index),
  };
  const own = pick(candidate, index);
  const theirs = champion && pick(champion, index);
  return {
    candidate: figuresOf(metrics, own, counting.weights),
    champion: theirs && figuresOf(metrics, theirs, counting.weights),
    ...sliceErrors(metrics, own, theirs, counting),
  };
}

const MISSING = '(missing)';

/** Why the slices of a column say nothing that all rows together do not; null where they may. */
function nothingToCompare(groups: readonly { value: string; index: Int32Array }[], minimumRows: number): string | null {
  const [largest] = groups;
  if (!largest) return null;
  if (groups.length === 1) return largest.value === MISSING ? 'it has no value' : 'it has one value only';
  if (largest.index.length >= minimumRows) return null;
  return `none of its ${groups.length.toLocaleString('en-US')} values has ${minimumRows.toLocaleString('en-US')} rows`;
}

/** Metrics that the models' output carries; NaN where the rows do not define one. */
export function figuresOf(
  metrics: readonly Metric[],
  rows: Rows,
  weighted: Weights | null = null,
): Evidence['candidate']['metrics'] {
  const weights = weighted ?? ones(rowCount(rows));
  return Object.fromEntries(
    metrics.flatMap((metric) => {
      const measure = metric.prepare(rows);
      if (!measure) return [];
      return [[metric.name, figure(weights.length === 0 ? Number.NaN : measure(weights))] as const];
    }),
  );
}

/** Kept rows (as indices into them) by value, most rows first, ties by value. */
async function groupsOf(
  column: string,
  holdout: string,
  kept: Int32Array,
  read: ReadColumns,
): Promise<{ value: string; index: Int32Array }[]> {
  const { columns } = await read(holdout, { [column]: 'text' });
  const { codes, values } = columns[column] as TextColumn;
  const members: number[][] = Array.from({ length: values.length + 1 }, () => []);
  for (const [at, row] of kept.entries()) members[(codes[row] as number) + 1]?.push(at);
  const groups = members.map((index, code) => ({
    value: code === 0 ? MISSING : (values[code - 1] as string),
    index: Int32Array.from(index),
  }));
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return groups
    .filter(({ index }) => index.length > 0)
    .sort((a, b) => b.index.length - a.index.length || compare(a.value, b.value));
}
