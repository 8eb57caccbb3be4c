/**
 * Concept drift where there is none: halves of one table, by chance or sorted by a feature, which is the hardest shift of P(X)
 * while P(Y|X) is one and the same. The rule's least effect was not chosen on these data.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTablesInProcess } from '#adapters/duckdb/host/in-process.ts';
import { DuckDBInstance } from '#adapters/duckdb/host/sdk.ts';
import { type DriftFinding, EstimateOptions } from '#contracts/estimate.ts';
import { estimatePerformance } from '#measures/performance/estimate-performance.ts';
import { goldenFile } from '../golden/nannyml/case.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratchet-concept-'));
const tables = createTablesInProcess();
let make: Awaited<ReturnType<Awaited<ReturnType<typeof DuckDBInstance.create>>['connect']>>;
beforeAll(async () => {
  make = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(async () => {
  make.closeSync();
  await tables.close();
  rmSync(folder, { recursive: true, force: true });
});

const flights = { file: '../controls/flights_reference', target: 'late', prediction: 'prediction', score: 'score' };
const employment = {
  ...{ file: 'employment_reference', target: 'employed', prediction: 'prediction', score: 'predicted_probability' },
};

/** @param label SQL of the analysis' label */
async function concept(
  { file, ...roles }: typeof flights,
  { seed, order, label = roles.target }: { seed: number; order: string; label?: string },
): Promise<DriftFinding['concept']> {
  const rows = `(SELECT *, hash(file_row_number + ${seed}) AS h FROM read_parquet('${goldenFile(`${file}.parquet`)}', file_row_number = true))`;
  const side = async (name: string, half: number, by: string, target: string) => {
    const to = join(folder, `${name}.parquet`);
    const select = `SELECT * REPLACE (${target} AS ${roles.target}) FROM ${rows} WHERE h % 2 = ${half} ORDER BY ${by}`;
    await make.run(`COPY (${select}) TO '${to}' (FORMAT parquet)`);
    return { name, file: to };
  };
  const sides = {
    reference: await side('reference', 0, 'h', roles.target),
    analysis: await side('analysis', 1, order, label),
    targets: null,
  };
  const options = EstimateOptions.parse({
    ...{ problem: 'binary', metrics: ['accuracy'], chunk: { by: 'number', value: 10 } },
    ...roles,
  });
  const errorModel = { expect: () => Promise.reject(new Error('no regression here')) };
  const { drift } = await estimatePerformance(sides, options, { tables, errorModel }, folder);
  return drift.concept;
}

describe('the concept', () => {
  it.each([
    ['flights', flights, [1, 2, 3, 4, 5, 6, 7, 8]],
    ['employment', employment, [1, 2]],
  ] as const)('of two halves of %s by chance is one', async (_, data, seeds) => {
    for (const seed of seeds)
      expect([seed, await concept(data, { seed, order: 'h' })]).toMatchObject([seed, { seen: false }]);
  });

  it('of employment stays one, however the rows are sorted', async () => {
    for (const order of ['AGEP, h', 'RELP, h', 'SCHL, h'])
      expect([order, await concept(employment, { seed: 1, order })]).toMatchObject([order, { seen: false }]);
  });

  it('is another when one label in ten is given whatever the row', async () => {
    const label = 'CASE WHEN (h // 2) % 10 = 0 THEN 1 ELSE employed END';
    expect(await concept(employment, { seed: 1, order: 'h', label })).toMatchObject({ seen: true });
  });
});
