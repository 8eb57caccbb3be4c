/** Validation beside Great Expectations: every decision, figure and example of every expectation, in four result formats. */
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { cases, compare } from '../great_expectations/cases.ts';
import type { GoldenSection } from './section.ts';

export const section: GoldenSection = {
  title: 'Validation beside Great Expectations 1.24.1',
  rows: async () => {
    const tables = createTablesInProcess();
    try {
      const rows = [];
      for (const [set, format] of cases) {
        const { expectations, types, figures, largest, differences, excused } = await compare(set, format, tables);
        rows.push({
          name: `${set}, ${format}: ${expectations} expectations of ${types} types`,
          cases: figures,
          largest,
          tolerance: 'decisions and counts exact, figures rel 1e-9',
          beyond: differences,
          ...(excused ? { excused } : {}),
        });
      }
      return rows;
    } finally {
      await tables.close();
    }
  },
};
