import type { Correlations } from '#contracts/quality.ts';
import type { Sample } from '#ports/summary.ts';
import { cramerV, pearson, rankedColumn, spearman } from '../statistics/correlation.ts';
import { PearsonSums } from '../statistics/pearson-sums.ts';

/**
 * Pearson and Spearman of numbers, Cramér's V of categories; methods with fewer than two columns are left out. Pearson's r is
 * that of all rows: what a few values far out do to it no choice of the rows can know. The others carry their error.
 */
export async function correlations(current: Sample, reference: Sample | null): Promise<Correlations[]> {
  const found = ofRows(current, reference);
  const linear = found.find(({ method }) => method === 'pearson');
  const [of, before] = [await allRows(current), reference && (await allRows(reference))];
  if (linear && of) linear.current = matrix(current.numbers, of);
  if (linear?.reference && reference && before) {
    const there = current.numbers.map(({ name }) => reference.numbers.find((one) => one.name === name) ?? null);
    linear.reference = matrix(there, before);
  }
  const errors = [current, reference].flatMap((sample) =>
    sample && sample.rows < sample.of ? [errorsOf(sample)] : [],
  );
  if (errors.length === 0) return found;
  return found.map((each) => {
    if (each.method === 'pearson') return each;
    const known = errors.flatMap((error) => error[each.method] ?? []);
    return { ...each, standardError: known.length === 0 ? null : Math.max(...known) };
  });
}

/** Pearson's r over all rows of a table of which the sample has some; null where it has all. */
async function allRows(sample: Sample) {
  if (!sample.scanNumbers) return null;
  const sums = new PearsonSums(sample.numbers.map(({ mean }) => mean ?? 0));
  await sample.scanNumbers((columns, rows) => sums.add(columns, rows));
  type Named = Sample['numbers'][number];
  const place = (column: Named) => sample.numbers.findIndex(({ name }) => name === column.name);
  return (a: Named, b: Named) => sums.correlation(place(a), place(b));
}

/** Of the rows of the samples themselves. */
function ofRows(current: Sample, reference: Sample | null): Correlations[] {
  const both = <T>(of: (sample: Sample) => readonly T[]) => [of(current), reference && of(reference)] as const;
  const [numbers, before] = both((sample) => sample.numbers.map(({ name, values }) => ({ name, values })));
  const [categories, categoriesBefore] = both((sample) => sample.categories);
  const ranked = (columns: typeof numbers) => columns.map(({ name, values }) => ({ name, ...rankedColumn(values) }));
  const linear = (a: (typeof numbers)[number], b: (typeof numbers)[number]) => pearson(a.values, b.values);
  const found: Correlations[] = [
    { method: 'pearson', ...matrices(numbers, before, linear), ...tooMany(current.leftOut.numbers) },
    {
      method: 'spearman',
      ...matrices(ranked(numbers), before && ranked(before), spearman),
      ...tooMany(current.leftOut.numbers),
    },
    { method: 'cramer_v', ...matrices(categories, categoriesBefore, cramerV), ...tooMany(current.leftOut.categories) },
  ];
  return found.filter(({ columns }) => columns.length > 1);
}

const tooMany = (names: readonly string[]) => ({ leftOut: names.length, leftOutColumns: [...names] });

/** Parts of a sample that its errors are told from. */
const PARTS = 10;

/**
 * The largest standard error among the correlations of a sample, by method: what each is in ten random tenths of the rows
 * differs by √10 of its error in all of them (random groups; Wolter, Introduction to Variance Estimation, ch. 2). Formulas for
 * normal data, such as 1/√rows, tell too little where values are tied.
 */
function errorsOf(sample: Sample): Partial<Record<Correlations['method'], number>> {
  const parts = Array.from({ length: PARTS }, (_, part) => ofRows(partOf(sample, part), null));
  const errors: Partial<Record<Correlations['method'], number>> = {};
  for (const { method, columns } of parts[0] ?? []) {
    const matrices = parts.map((found) => found.find((each) => each.method === method)?.current ?? []);
    const cells = columns.flatMap((_, i) => columns.slice(0, i).map((_column, j) => [i, j] as const));
    const spreads = cells.flatMap(([i, j]) => {
      const values = matrices.flatMap((matrix) => matrix[i]?.[j] ?? []);
      return values.length < 2 ? [] : [deviation(values) / Math.sqrt(PARTS)];
    });
    if (spreads.length > 0) errors[method] = Math.max(...spreads);
  }
  return errors;
}

/** A tenth of the rows, by a hash of their place: neighbours in a file are often alike. */
function partOf(sample: Sample, part: number): Sample {
  const rows: number[] = [];
  for (let row = 0; row < sample.rows; row++)
    if ((Math.imul(row + 1, 0x9e3779b1) >>> 16) % PARTS === part) rows.push(row);
  const cut = <C extends { readonly values: Float64Array }>(columns: readonly C[]): C[] =>
    columns.map((column) => ({
      ...column,
      values: Float64Array.from(rows, (row) => column.values[row] ?? Number.NaN),
    }));
  return {
    ...sample,
    rows: rows.length,
    of: rows.length,
    numbers: cut(sample.numbers),
    categories: cut(sample.categories),
  };
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

/** The reference's columns in the order of the current ones; null where it lacks one. */
function matrices<C extends { readonly name: string }>(
  current: readonly C[],
  reference: readonly C[] | null,
  of: (a: C, b: C) => number | null,
) {
  return {
    columns: current.map(({ name }) => name),
    current: matrix(current, of),
    reference:
      reference &&
      matrix(
        current.map(({ name }) => reference.find((one) => one.name === name) ?? null),
        of,
      ),
  };
}

function matrix<C>(columns: readonly (C | null)[], of: (a: C, b: C) => number | null): (number | null)[][] {
  const cells = columns.map(() => columns.map((): number | null => null));
  for (const [i, a] of columns.entries())
    for (const [j, b] of columns.entries()) {
      if (j > i || a === null || b === null) continue;
      const value = i === j ? 1 : of(a, b);
      (cells[i] as (number | null)[])[j] = value;
      (cells[j] as (number | null)[])[i] = value;
    }
  return cells;
}
