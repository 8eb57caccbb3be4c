/** Fairness through an evaluation: what is asked, what the evidence holds, and what of it travels. */
import { describe, expect, it } from 'vitest';
import { checkInput } from '#activities/model/evaluate/check-input.ts';
import { evidenceOf, referenceTo } from '#activities/model/evaluate/evidence.ts';
import { Evidence } from '#contracts/evidence.ts';
import type { Json } from '#contracts/json.ts';
import { jsonBytes } from '#contracts/json.ts';
import { evaluate } from '#contracts/stages/evaluate.ts';
import { type Figures, type FiguresRequest, measureModels } from '#measures/evaluation/figures.ts';
import { SimulatedStages } from '#pipelines/testing/stages.ts';
import type { ReadColumns } from '#ports/tables.ts';
import { normals } from '../simulate/watch-world.ts';
import { rules } from './gate-evidence.ts';

const ROWS = 3_000;
const normal = normals(11);
const drawn = Array.from({ length: ROWS }, (_, row) => {
  const y = normal() > 0.2 ? 1 : 0;
  return { y, p: y * 0.3 + 0.35 + normal() * 0.2, sex: row % 3 === 0 ? 'F' : 'M', customer: Math.floor(row / 20) };
});
const texts = (of: readonly string[]) => {
  const values = [...new Set(of)].filter((value) => value !== '').sort();
  return { codes: Int32Array.from(of, (value) => values.indexOf(value)), values };
};
const columns: Record<string, Float64Array | ReturnType<typeof texts>> = {
  y: texts(drawn.map(({ y }) => String(y))),
  sex: texts(drawn.map(({ sex }, row) => (row % 50 === 0 ? '' : sex))),
  race: texts(drawn.map((_, row) => (row % 100 === 1 ? 'rare' : row % 2 === 0 ? 'a' : 'b'))),
  wide: texts(drawn.map((_, row) => `group ${row % 60}`)),
  customer: texts(drawn.map(({ customer }) => String(customer))),
  weight: Float64Array.from(drawn, (_, row) => row % 4),
  own: Float64Array.from(drawn, ({ p }) => p),
  theirs: Float64Array.from(drawn, ({ p }, row) => p - (row % 7) / 50),
};
const read = (async (_: string, wanted: Record<string, string>) => ({
  rows: ROWS,
  columns: Object.fromEntries(Object.keys(wanted).map((name) => [name, columns[name]])),
})) as unknown as ReadColumns; // what is read depends on `wanted` in a way that only the real reader's type says
const said = (column: string) => ({
  ...{ file: 'scores', rows: ROWS, value: null, label: null },
  probabilities: ['0', '1'].map((label) => ({ label, column })),
});
const nothing = { all: false, places: [], windows: [], unknown: [] };
const measured = (more: Partial<FiguresRequest> = {}): Promise<Figures> =>
  measureModels(
    {
      ...{
        holdout: 'h',
        target: 'y',
        task: 'binary',
        threshold: 0.5,
        candidate: said('own'),
        champion: said('theirs'),
      },
      ...{ compare: ['accuracy'], compareBy: 'bootstrap', weight: null, slices: [], minimumSliceRows: 100 },
      seen: { times: null, candidate: nothing, champion: nothing },
      dependence: { by: 'rows', times: null, groupBy: null, block: null },
      bootstrap: { resamples: 100, confidence: 0.95, seed: 0 },
      fairness: { attributes: ['sex', ['sex', 'race']], minimumGroupRows: 100 },
      ...more,
    },
    read,
  );

const model = { kind: 'model', runId: 'r', uri: 'models:/m-1', digest: 'sha256:m', environment: null, trainedOn: null };
const champion = { kind: 'champion', model: 'm', version: '3', runId: 'r', uri: 'models:/m/3', digest: 'sha256:c' };
const dataset = {
  ...{ kind: 'dataset', uri: 's3://r/h', digest: 'md5:h', format: 'parquet', rows: ROWS, bytes: 1 },
  columns: ['y', 'sex', 'race'].map((name) => ({ name, type: 'VARCHAR' })),
};
const input = (more: object = {}) =>
  evaluate.input.parse({ candidate: model, champion, holdout: dataset, target: 'y', ...more });
const evidenceFrom = (figures: Figures) =>
  evidenceOf(input(), { candidate: nothing, champion: nothing }, figures, { candidate: null, champion: null });
const stored = { uri: 's3://r/e', digest: 'sha256:e', html: 's3://r/e.html' };

describe('the evidence', () => {
  it('has the groups of both models, largest first, small and missing ones counted', async () => {
    const { fairness } = evidenceFrom(await measured());
    expect(fairness).toMatchObject({ minimumGroupRows: 100, by: 'rows' });
    const [sex, both] = fairness?.attributes ?? [];
    expect(sex).toMatchObject({ columns: ['sex'], missing: 60, small: [], leftOut: { groups: 0, rows: 0 } });
    expect(sex?.groups.map(({ values, rows }) => [values, rows])).toEqual([
      [['M'], 1960],
      [['F'], 980],
    ]);
    expect(both?.groups).toHaveLength(4);
    expect(both?.smallInAll).toEqual({ groups: 2, rows: 30 });
    for (const { candidate, champion: before } of sex?.groups ?? [])
      expect([candidate, before].map((rates) => Object.keys(rates ?? {}).length)).toEqual([5, 5]);
    expect(sex?.candidate.equal_opportunity).toEqual({ difference: expect.any(Number), ratio: expect.any(Number) });
    expect(sex?.champion).not.toEqual(sex?.candidate);
  });

  it('counts by the weights and the units of the comparison', async () => {
    const dependence = { by: 'clusters', times: null, groupBy: 'customer', block: null } as const;
    const [plain, weighted, clustered] = [
      await measured(),
      await measured({ weight: 'weight' }),
      await measured({ dependence }),
    ].map(({ fairness }) => fairness);
    const rateOf = (of: typeof plain) => of?.attributes[0]?.uncertainty?.selection_rate;
    expect(clustered?.by).toBe('clusters');
    expect(rateOf(plain)?.units).toEqual([1960, 980, 1960, 980]);
    expect(rateOf(clustered)?.units).toEqual([150, 150, 150, 150]);
    // A quarter of the weights is 0.
    expect(rateOf(weighted)?.units[0]).toBeLessThan(1960 * 0.8);
    expect(weighted?.attributes[0]?.groups[0]?.candidate).not.toEqual(plain?.attributes[0]?.groups[0]?.candidate);
    expect(plain?.attributes[0]?.groups).toEqual(clustered?.attributes[0]?.groups);
  });

  it('has none where it was not asked for, and is read where it has none', async () => {
    const evidence = evidenceFrom(await measured({ fairness: null }));
    expect(evidence).not.toHaveProperty('fairness');
    expect(referenceTo(evidence, stored)).not.toHaveProperty('fairness');
    expect(Evidence.parse(JSON.parse(JSON.stringify(evidence)))).toEqual(evidence);
  });

  it('judges fifty groups at most, and counts the rest', async () => {
    const { fairness } = await measured({ fairness: { attributes: ['wide'], minimumGroupRows: 1 } });
    expect(fairness?.attributes[0]?.groups).toHaveLength(50);
    expect(fairness?.attributes[0]?.leftOut).toEqual({ groups: 10, rows: 500 });
  });
});

describe('the reference', () => {
  it('carries the groups without what intervals are from', async () => {
    const evidence = evidenceFrom(await measured());
    const { fairness } = referenceTo(evidence, stored);
    expect(fairness?.attributes.map(({ groups }) => groups.length)).toEqual([2, 4]);
    expect(fairness?.attributes[0]).not.toHaveProperty('uncertainty');
    expect(evidence.fairness?.attributes[0]).toHaveProperty('uncertainty');
  });
  it('leaves many groups behind', async () => {
    const evidence = evidenceFrom(await measured({ fairness: { attributes: ['wide'], minimumGroupRows: 1 } }));
    const reference = referenceTo(evidence, stored);
    expect(reference).not.toHaveProperty('fairness');
    expect(jsonBytes(reference)).toBeLessThan(40 * 1024);
  });
});

describe('what is asked', () => {
  it.each<[object, RegExp]>([
    [
      { fairness: { attributes: ['age'] } },
      /`fairness` attribute "age" is no column of the holdout, which has y, sex, race/,
    ],
    [{ fairness: { attributes: [['sex', 'age']] } }, /attribute "age" is no column/],
    [
      { task: 'regression', fairness: { attributes: ['sex'] } },
      /rates of classes between groups, and a regression has none/,
    ],
  ])('%j is told before a model is fetched', (more, says) => {
    expect(() => checkInput(input(more))).toThrow(says);
  });
  it('is taken where the columns are there', () => {
    const asked = input({ fairness: { attributes: ['sex', ['sex', 'race']] } });
    expect(() => checkInput(asked)).not.toThrow();
    expect(asked.fairness?.minimumGroupRows).toBe(100);
    expect(evaluate.input.safeParse({ ...asked, fairness: { attributes: [] } }).success).toBe(false);
  });
});

it('a simulated gate, whose models score no rows, leaves the rule out', () => {
  const stages = new SimulatedStages({
    ...{ candidate: () => ({ roc_auc: 0.7 }), champion: ({ metrics }) => metrics, interval: 0.01 },
  });
  const run = { asOf: '2026-03-01T00:00:00.000Z' };
  const call = (step: string, given: object) =>
    stages.answer({ step, input: given as Json, run } as Parameters<SimulatedStages['answer']>[0]) as Record<
      string,
      Json
    >; // stage outputs are objects
  const { evidence } = call('evaluate', { candidate: { ...model, runId: run.asOf } });
  const fairness = [{ attribute: 'sex', criterion: 'equal_opportunity' as const, maxDifference: 0.1 }];
  expect(call('gate', { report: evidence, rules: rules({ fairness }) })).toMatchObject({ passed: true });
  const others = {
    ...({
      signature: 'identical',
      stability: { changed: 0 },
      calibration: { ece: 0.1 },
      holdout: 'fresh',
      looks: { most: 2 },
    } as const),
    floors: { roc_auc: { limit: 0.6, confidence: 0.95 } },
  };
  expect(call('gate', { report: evidence, rules: rules(others) })).toMatchObject({ passed: true });
});
