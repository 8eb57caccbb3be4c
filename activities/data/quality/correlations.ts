import type { Sample } from '#activities/ports/summary.ts';
import { cramerV, pearson, rankedColumn, spearman } from '#activities/statistics/correlation.ts';
import type { Correlations } from '#contracts/quality.ts';

/** Pearson and Spearman of numbers, Cramér's V of categories; methods with fewer than two columns are left out. */
export function correlations(current: Sample, reference: Sample | null): Correlations[] {
  const both = <T>(of: (sample: Sample) => readonly T[]) => [of(current), reference && of(reference)] as const;
  const [numbers, before] = both((sample) => sample.numbers.map(({ name, values }) => ({ name, values })));
  const [categories, categoriesBefore] = both((sample) => sample.categories);
  const ranked = (columns: typeof numbers) => columns.map(({ name, values }) => ({ name, ...rankedColumn(values) }));
  const linear = (a: (typeof numbers)[number], b: (typeof numbers)[number]) => pearson(a.values, b.values);
  const found = [
    { method: 'pearson', ...matrices(numbers, before, linear), leftOut: current.leftOut.numbers },
    {
      method: 'spearman',
      ...matrices(ranked(numbers), before && ranked(before), spearman),
      leftOut: current.leftOut.numbers,
    },
    { method: 'cramer_v', ...matrices(categories, categoriesBefore, cramerV), leftOut: current.leftOut.categories },
  ] as const;
  return found.filter(({ columns }) => columns.length > 1).map((each) => ({ ...each }));
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
