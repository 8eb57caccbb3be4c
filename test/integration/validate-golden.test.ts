/** Great Expectations' own suites on its own data: the same verdict and the same figures, expectation by expectation. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { definitions } from '#activities/data/expectations/registry.ts';
import { suiteOf } from '#activities/data/expectations/suite.ts';
import type { DataWorkplace } from '../conformance/data-workplace.ts';
import { createDataWorkplace } from '../conformance/data-workplace.ts';

const golden = (name: string) => fileURLToPath(new URL(`../golden/great_expectations/${name}`, import.meta.url));

const Suite = z.object({
  expectations: z.array(z.object({ id: z.string(), type: z.string(), kwargs: z.record(z.string(), z.json()) })),
});
const Results = z.object({
  validation_result: z.object({
    results: z.array(
      z.object({
        success: z.boolean(),
        expectation_config: z.object({ id: z.string() }),
        result: z.record(z.string(), z.json()),
      }),
    ),
  }),
});

/** Later work: rows chosen by a condition. */
const notYet = (kwargs: Record<string, unknown>) => 'row_condition' in kwargs;
/** Theirs refuses a list with `str` for a column that it calls `str`, and takes `str` alone. Ours takes both. */
const theirMistake = (type: string, kwargs: Record<string, unknown>) =>
  type === 'expect_column_values_to_be_in_type_list' && JSON.stringify(kwargs.type_list)?.includes('"str"');

let place: DataWorkplace;
beforeAll(async () => {
  place = await createDataWorkplace();
});
afterAll(() => place.close());

describe.each([
  ['edge', 70],
  ['traffic', 40],
  ['flights', 25],
])('%s', (name, least) => {
  test('judges as Great Expectations does', async () => {
    const suite = Suite.parse(JSON.parse(await readFile(golden(`${name}.suite.json`), 'utf8'))).expectations;
    const { results } = Results.parse(
      JSON.parse(await readFile(golden(`${name}.SUMMARY.result.json`), 'utf8')),
    ).validation_result;
    const known = new Map(results.map((result) => [result.expectation_config.id, result]));
    const checked = suite.filter(
      ({ type, kwargs }) => definitions.has(type) && !notYet(kwargs) && !theirMistake(type, kwargs),
    );
    expect(checked.length).toBeGreaterThanOrEqual(least);

    const file = golden(`${name}.parquet`);
    const ours = suiteOf(
      checked.map(({ type, kwargs: { batch_id: _, ...kwargs } }) => ({ type, kwargs, severity: 'fail' as const })),
    );
    const table = await place.tables.inspect(file);
    const answers = await place.tables.measure({ file, measures: ours.measures(table) });
    const judged = ours.judge(answers, table);

    const differences = checked.flatMap(({ id, type, kwargs }, index) => {
      const theirs = known.get(id);
      const mine = judged[index];
      if (!theirs || !mine) return [`${type}: no result`];
      const wrong: string[] = [];
      if (mine.success !== theirs.success) wrong.push(`success ${mine.success}, not ${theirs.success}`);
      const { unexpected_count: count, unexpected_percent: percent, observed_value: observed } = theirs.result;
      if (count !== undefined && mine.unexpectedCount !== count)
        wrong.push(`${mine.unexpectedCount} unexpected, not ${count}`);
      if (percent !== undefined && !close(mine.unexpectedPercent, percent))
        wrong.push(`${mine.unexpectedPercent} %, not ${percent} %`);
      if (typeof observed === 'number' && !close(mine.observed, observed))
        wrong.push(`observed ${String(mine.observed)}, not ${observed}`);
      return wrong.length > 0 ? [`${type} ${JSON.stringify(kwargs)}: ${wrong.join('; ')} (${mine.message})`] : [];
    });
    expect(differences).toEqual([]);
  });
});

function close(mine: unknown, theirs: unknown): boolean {
  if (typeof mine !== 'number' || typeof theirs !== 'number') return (mine ?? null) === (theirs ?? null);
  return Math.abs(mine - theirs) <= 1e-9 * Math.max(1, Math.abs(theirs));
}
