/** NannyML's drift of single columns beside ours. */
import { chunksOf } from '#measures/performance/chunks.ts';
import type { categoryMethods } from '#activities/watch/univariate/category-methods.ts';
import type { numberMethods } from '#activities/watch/univariate/number-methods.ts';
import { type ColumnDrift, driftOfCategories, driftOfNumbers } from '#activities/watch/univariate/univariate-drift.ts';
import { createTablesInProcess } from '#adapters/duckdb/in-process.ts';
import type { EstimateOptions } from '#contracts/estimate.ts';
import { type Agreement, comparison } from './agreement.ts';
import { goldenCase, goldenFile } from './case.ts';

interface UnivariateCase {
  readonly name: string;
  readonly data: string;
  readonly golden: string;
  readonly chunk: EstimateOptions['chunk'];
  readonly numbers: readonly string[];
  readonly categories: readonly string[];
}

export const univariateCases: readonly UnivariateCase[] = [
  {
    ...{ name: 'drift of employment, 20 chunks', data: 'employment', golden: 'drift_employment_MA_number20.json' },
    chunk: { by: 'number', value: 20 },
    numbers: ['AGEP', 'predicted_probability', 'prediction'],
    categories: ['SCHL', 'MAR', 'RELP', 'SEX'],
  },
  {
    ...{ name: 'drift of car loan, size 5000', data: 'car_loan', golden: 'drift_synthetic_car_loan_size5000.json' },
    chunk: { by: 'size', value: 5000 },
    numbers: ['car_value', 'loan_length', 'y_pred_proba', 'y_pred'],
    categories: ['salary_range', 'repaid_loan_on_prev_car', 'size_of_downpayment'],
  },
];
const ofNumbers: readonly (keyof typeof numberMethods)[] = [
  ...['kolmogorov_smirnov', 'jensen_shannon', 'wasserstein', 'hellinger'],
];
const ofCategories: readonly (keyof typeof categoryMethods)[] = ['chi2', 'jensen_shannon', 'l_infinity', 'hellinger'];

export async function compareUnivariate(one: UnivariateCase): Promise<Agreement[]> {
  const tables = createTablesInProcess();
  try {
    const { rows: theirs } = goldenCase(one.golden);
    const { compare, rows } = comparison(one.name);
    const decide = (column: string, made: ColumnDrift) => {
      for (const [at, { value, alert }] of [...made.reference, ...made.chunks].entries()) {
        const key = `${column}|${made.method}`;
        compare(`${made.method} value`, value, theirs[at]?.[`${key}|value`]);
        compare(`${made.method} limits`, made.limits?.upper, theirs[at]?.[`${key}|upper_threshold`]);
        compare(`${made.method} alerts`, alert, theirs[at]?.[`${key}|alert`]);
      }
    };
    const file = (side: string) => goldenFile(`${one.data}_${side}.parquet`);
    const cut = (count: number) => chunksOf(count, null, one.chunk);
    for (const column of one.numbers) {
      const [reference, analysis] = await Promise.all(
        ['reference', 'analysis'].map(async (side) => {
          const read = await tables.columns(file(side), { [column]: 'number' });
          return read.columns[column] as Float64Array;
        }),
      );
      if (!reference || !analysis) throw new Error(`${column} was not read`);
      const ranges = { reference: cut(reference.length), analysis: cut(analysis.length) };
      for (const method of ofNumbers) decide(column, driftOfNumbers(method, reference, analysis, ranges));
    }
    for (const column of one.categories) {
      const read = async (side: string) =>
        (await tables.columns(file(side), { [column]: 'text' } as Record<string, 'text'>)).columns[column];
      const [reference, analysis] = [await read('reference'), await read('analysis')];
      if (!reference || !analysis) throw new Error(`${column} was not read`);
      const ranges = { reference: cut(reference.codes.length), analysis: cut(analysis.codes.length) };
      for (const method of ofCategories) decide(column, driftOfCategories(method, reference, analysis, ranges));
    }
    return rows();
  } finally {
    await tables.close();
  }
}
