/** Great Expectations' own suites on its own data: the same decisions, figures and examples, expectation by expectation. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import type { Tables } from '#ports/tables.ts';
import { cases, compare } from '../golden/great_expectations/cases.ts';

let tables: Tables;
beforeAll(() => {
  tables = createTablesInProcess();
});
afterAll(() => tables.close());

test.each(cases)('%s, %s', async (set, format) => {
  const { expectations, differences } = await compare(set, format, tables);
  expect(expectations).toBeGreaterThan(50);
  expect(differences).toEqual([]);
});

test('a comparison can fail', async () => {
  const { differences } = await compare('traffic', 'SUMMARY', {
    inspect: tables.inspect,
    measure: async (request, signal) =>
      (await tables.measure(request, signal)).map((answer) =>
        'unexpected' in answer ? { ...answer, unexpected: answer.unexpected + 1 } : answer,
      ),
  });
  expect(differences.length).toBeGreaterThan(20);
});
