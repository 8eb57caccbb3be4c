/** Estimated and realized performance, and drift of single columns, beside NannyML 0.13.1. */
import { type Agreement, disagreements } from '../nannyml/agreement.ts';
import { comparePerformance, performanceCases } from '../nannyml/performance.ts';
import { compareUnivariate, univariateCases } from '../nannyml/univariate.ts';
import type { GoldenRow, GoldenSection } from './section.ts';

export const section: GoldenSection = {
  title: 'NannyML: CBPE, realized performance, univariate drift',
  rows: async () => {
    const rows: GoldenRow[] = [];
    for (const one of performanceCases) rows.push(...(await comparePerformance(one)).map(rowOf));
    for (const one of univariateCases) rows.push(...(await compareUnivariate(one)).map(rowOf));
    return rows;
  },
};

function rowOf(agreement: Agreement): GoldenRow {
  const { what, compared, largest, tolerance } = agreement;
  return {
    name: `${agreement.case}: ${what}`,
    cases: compared,
    largest,
    tolerance: String(tolerance),
    beyond: disagreements([agreement]).map(() => `${largest}`),
  };
}
